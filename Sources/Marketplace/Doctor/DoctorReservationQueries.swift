internal import Store

extension DoctorCheck {
    static let reservationViolations: SQL = """
        select slot.task_id || ' slot ' || slot.slot_no as example
          from slot
          join allotment as aside using (requester_id, allotment_id)
          join assignment
            on assignment.requester_id = slot.requester_id and assignment.assignment_id = slot.assignment_id
         where slot.allotment_id is not null
           and case aside.kind
                   when 'pack' then slot.state = 'leased' and assignment.worker_id is distinct from aside.holder_id
                   when 'gold' then false
                   when 'award' then
                       (assignment.worker_id, assignment.pay_minor, assignment.fee_minor)
                       is distinct from (aside.holder_id, aside.pay_minor, aside.fee_minor)
                   else not exists (
                       select from allotment_member as member
                         left join team_member
                           on team_member.team_id = member.team_id and team_member.worker_id = assignment.worker_id
                          and team_member.in_force @> assignment.leased_at
                        where member.requester_id = aside.requester_id and member.allotment_id = aside.allotment_id
                          and (member.worker_id = assignment.worker_id or team_member.worker_id is not null))
               end
         union all
        select award.award_id::text
          from award
          join allotment as aside using (requester_id, allotment_id)
          left join slot
            on slot.requester_id = award.requester_id
           and slot.allotment_id in (award.allotment_id, award.rest_allotment_id)
         group by award.requester_id, award.award_id, award.state, award.units, aside.ends_at
        having count(slot.task_id) <> count(distinct slot.task_id)
            -- What was accepted is kept until its time is over.
            or count(slot.task_id)
               <> case when award.state = 'awarded' or award.state = 'accepted' and aside.ends_at is not null
                       then award.units else 0 end
         union all
        select award.worker_id::text
          from award
          join slot
            on slot.requester_id = award.requester_id
           and slot.allotment_id in (award.allotment_id, award.rest_allotment_id)
         group by award.worker_id, slot.requester_id, slot.task_id
        having count(*) > 1
        """
}
