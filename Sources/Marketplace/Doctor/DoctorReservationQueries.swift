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
                   else not exists (
                       select from allotment_member as member
                         left join team_member
                           on team_member.team_id = member.team_id and team_member.worker_id = assignment.worker_id
                          and team_member.in_force @> assignment.leased_at
                        where member.requester_id = aside.requester_id and member.allotment_id = aside.allotment_id
                          and (member.worker_id = assignment.worker_id or team_member.worker_id is not null))
               end
        """
}
