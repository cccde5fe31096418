internal import Store

extension DoctorCheck {
    /// That no offer is made twice on the same terms is a constraint; that there are no more turns than tasks, and none
    /// after a worker declined for more than the moment, is not.
    static let offerViolations: SQL = """
        select offer.offer_id::text as example
          from offer
          join batch using (requester_id, batch_id)
         where offer.turn_no > batch.task_count
            or offer.turn_no > 1
               and not exists (select from offer as earlier
                                where earlier.requester_id = offer.requester_id
                                  and earlier.batch_id = offer.batch_id and earlier.worker_id = offer.worker_id
                                  and earlier.terms_hash = offer.terms_hash and earlier.turn_no = offer.turn_no - 1)
            or exists (select from offer as declined
                        where declined.requester_id = offer.requester_id and declined.batch_id = offer.batch_id
                          and declined.worker_id = offer.worker_id and declined.terms_hash = offer.terms_hash
                          and declined.state = 'declined' and declined.decline_reason is distinct from 'not_now'
                          and declined.turn_no < offer.turn_no)
        union all
        select offer.offer_id::text
          from offer
          left join assignment using (requester_id, assignment_id)
         where offer.state = 'accepted'
           and (assignment.batch_id, assignment.worker_id) is distinct from (offer.batch_id, offer.worker_id)
        """

    /// What is learnt from, and what hours are shared out by, against the offers themselves.
    static let offerCountViolations: SQL = """
        select coalesce(known.worker_id, told.worker_id)::text as example
          from offer_response as known
          full join (select offer.worker_id, rate.profession, offer.hour_band,
                            \(fragment: Transaction.payBand(of: "offer")) as pay_band,
                            count(*) filter (where offer.state = 'accepted') as accepted,
                            count(*) filter (where offer.state = 'declined') as declined,
                            count(*) filter (where offer.state = 'lapsed') as lapsed
                       from offer
                       join batch using (requester_id, batch_id)
                       join rate using (rate_id)
                      where offer.state in ('accepted', 'declined', 'lapsed')
                      group by 1, 2, 3, 4) as told
            on told.worker_id = known.worker_id and told.profession = known.profession
           and told.hour_band = known.hour_band and told.pay_band = known.pay_band
         where (known.accepted, known.declined, known.lapsed)
               is distinct from (told.accepted, told.declined, told.lapsed)
        union all
        select coalesce(week.worker_id, asked.worker_id)::text
          from worker_week as week
          full join (select worker_id, week_starts_on, sum(expected_minutes) as minutes
                       from offer group by 1, 2) as asked
            on asked.worker_id = week.worker_id and asked.week_starts_on = week.week_starts_on
         where coalesce(week.offered_minutes, -1) <> coalesce(asked.minutes, 0)
        """
}
