internal import Store

extension DoctorCheck {
    /// That the first turn is the requester's and that they alternate is a constraint; that none is missing is not, nor
    /// that the offer says what its last turn does.
    static let directOfferViolations: SQL = """
        with stands as (
            select direct_offer.*, turn.side, turn.amount_minor, turn.quantity as turn_quantity, turn.answer_by,
                   turn.deadline,
                   (select count(*) from direct_offer_turn as every
                     where every.requester_id = direct_offer.requester_id
                       and every.direct_offer_id = direct_offer.direct_offer_id) as turns,
                   (select count(*) from direct_offer_lease as lease
                     where lease.requester_id = direct_offer.requester_id
                       and lease.direct_offer_id = direct_offer.direct_offer_id) as leases
              from direct_offer
              left join direct_offer_turn as turn
                on turn.requester_id = direct_offer.requester_id and turn.direct_offer_id = direct_offer.direct_offer_id
               and turn.turn_no = direct_offer.turn_count
        )
        select direct_offer_id::text as example
          from stands
         where turns <> turn_count or turn_quantity is distinct from quantity or leases <> taken
            or ends_at is distinct from case when agreed_at is null then answer_by else deadline end
            or (agreed_by = worker_id) is distinct from (side = 'requester') and agreed_at is not null
            or agreed_at >= answer_by
        union all
        select lease.assignment_id::text
          from direct_offer_lease as lease
          join stands using (requester_id, direct_offer_id)
          join assignment using (requester_id, assignment_id)
         where assignment.batch_id <> stands.batch_id or assignment.worker_id <> stands.worker_id
            or assignment.pay_minor <> stands.amount_minor
            or (assignment.terms ->> 'pay_minor')::bigint is distinct from stands.amount_minor
            or assignment.terms -> 'rate_trace' ->> 'direct_offer' is distinct from stands.direct_offer_id::text
            or assignment.leased_at < stands.agreed_at or assignment.leased_at >= stands.deadline
        """
}
