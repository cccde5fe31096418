internal import Store

extension DoctorCheck {
    /// As of the instant of the lease or the offer; what began or ended at that very instant may count either way.
    static let barredViolations: SQL = """
        with taken as materialized (
            select assignment_id as id, requester_id, batch_id, task_id, worker_id, leased_at as taken_at
              from assignment
             union all
            select offer_id, requester_id, batch_id, null, worker_id, offered_at from offer where state = 'open'
        )
        select taken.id::text as example
          from taken
          join batch using (requester_id, batch_id)
         where not exists (
                   select from unnest(batch.workforces) as taken_from
                    where case when taken_from = 'crowd'
                               then not exists (select from team_member
                                                 where team_member.worker_id = taken.worker_id
                                                   and lower(in_force) < taken_at
                                                   and coalesce(upper(in_force), 'infinity') > taken_at)
                               else exists (select from team_member join team using (team_id)
                                             where team_member.worker_id = taken.worker_id
                                               and team.kind::text = taken_from::text
                                               and lower(in_force) <= taken_at
                                               and coalesce(upper(in_force), 'infinity') >= taken_at)
                          end)
         union all
        select taken.id::text
          from taken
          join exclusion using (requester_id, worker_id)
         where lower(in_force) < taken_at and coalesce(upper(in_force), 'infinity') > taken_at
         union all
        select taken.id::text
          from taken
          join interest using (worker_id)
          join batch using (requester_id, batch_id)
         where lower(in_force) < taken_at and coalesce(upper(in_force), 'infinity') > taken_at
           and (exists (select from project_party
                         where project_party.requester_id = taken.requester_id
                           and project_party.project_id = batch.project_id
                           and project_party.party = interest.party)
                or exists (select from task_party
                            where task_party.requester_id = taken.requester_id
                              and task_party.task_id = taken.task_id
                              and task_party.party = interest.party))
        """

    /// What the exclusion constraints say, for all that is effective-dated by worker or team.
    static let oneAtATimeViolations: SQL = """
        select what as example
          from (select what, lower(in_force)
                             < max(coalesce(upper(in_force), 'infinity'))
                                   over (partition by what order by lower(in_force)
                                         rows between unbounded preceding and 1 preceding) as is_doubled
                  from (select 'team of ' || worker_id as what, in_force from team_member
                         union all
                        select 'tier of ' || worker_id || ' as ' || profession, in_force from tier_period
                         union all
                        select 'exclusion of ' || worker_id || ' by ' || requester_id, in_force from exclusion
                         union all
                        select 'capacity of ' || team_id || ' in ' || profession, in_force from team_capacity)
                       as period) as compared
         where is_doubled
        """

    static let tierGroundViolations: SQL = """
        select tier_period.worker_id || ' ' || tier_period.profession as example
          from tier_period
          join principal on principal.principal_id = tier_period.decided_by
          left join tier_rule using (tier_rule_id)
         where tier_period.reasons = '' or tier_period.decided_by = tier_period.worker_id
            or (ground <> 'import' and principal.kind <> 'person')
            or (ground = 'rule'
                and not coalesce(
                    tier_rule.profession = tier_period.profession and tier_rule.tier = tier_period.tier
                    and lower(tier_rule.in_force) <= lower(tier_period.in_force)
                    and ((is_automatic and published_by = decided_by)
                         or exists (select from tier_proposal
                                     where tier_proposal.worker_id = tier_period.worker_id
                                       and tier_proposal.tier_rule_id = tier_period.tier_rule_id
                                       and tier_proposal.state = 'granted'
                                       and tier_proposal.closed_by = tier_period.decided_by)), false))
        """

    /// By the audit log: a paper that is verified again needs its second person again, and what was true then is no
    /// longer in its columns. What was imported was vouched for elsewhere.
    static let fourEyesViolations: SQL = """
        select tier_period.worker_id || ' ' || tier_period.profession as example
          from tier_period
         where tier >= 'expert' and ground <> 'import'
           and not exists (
               select from credential
                 join credential_kind using (kind)
                 join audit_event as verified
                   on verified.subject_id = credential.credential_id
                  and verified.action in ('credential_verified', 'credential_reverified')
                 join audit_event as confirmed
                   on confirmed.subject_id = credential.credential_id and confirmed.action = 'credential_confirmed'
                where credential.worker_id = tier_period.worker_id
                  and credential.profession = tier_period.profession and is_licence
                  and verified.occurred_at <= confirmed.occurred_at
                  and confirmed.occurred_at <= lower(tier_period.in_force)
                  and verified.actor_id <> confirmed.actor_id)
        """

    /// Answers count until 30 seconds after the limit: ``ExamAttempt/graceSeconds``.
    static let examLimitViolations: SQL = """
        select exam_attempt_id::text as example
          from (select exam_attempt.*, minutes, attempts_max, cooldown_hours,
                       count(*) over (partition by exam_id, worker_id) as attempts,
                       lag(finished_at) over (partition by key, worker_id order by started_at, exam_attempt_id)
                           as finished_before
                  from exam_attempt join exam using (exam_id)) as attempt
         where attempts > attempts_max or attempt_no > attempts_max
            or started_at < finished_before + cooldown_hours * interval '1 hour'
            or due_at > started_at + minutes * interval '1 minute' + interval '1 second'
            or (finished_at > due_at + interval '31 seconds' and answers <> '{}')
        """
}
