-- What a claim of a named batch and a submission run, as PostgreSQL's log has it of `guildhall serve`; `:name` where a
-- value goes, with its type where PostgreSQL could not tell it. `Benchmarks --only edge` compares this with what the
-- program runs today. Read by edge_peer.py.

-- name: caller
select principal_id, access_token_id, scopes::text[] as scope_names,
       coalesce(last_used_at < now()::timestamptz - interval '10 minutes', true)
       as is_noteworthy
  from access_token
 where token_hash = :token_hash
   and revoked_at is null
   and expires_at > now();

-- name: note_use
with noted as materialized (
    select token_hash from access_token
     where token_hash = :token_hash
       and coalesce(last_used_at < now()::timestamptz - interval '10 minutes', true)
       for no key update skip locked
)
update access_token set last_used_at = now()
  from noted where access_token.token_hash = noted.token_hash;

-- name: take_key
select pg_try_advisory_xact_lock(:lock::bigint) as taken;

-- name: kept_answer
select fingerprint, status, answer from idempotency_key
 where principal_id = :principal and route = :route and key = :key;

-- name: lock_worker
select worker_id, state, weekly_minutes_max, time_zone, coalesce(place, country) as place
  from worker where worker_id = :worker for no key update;

-- name: clock
select clock_timestamp() as instant;

-- name: settings
select set_config('enable_seqscan', 'off', true), set_config('plan_cache_mode', 'force_generic_plan', true);

-- name: standing
select exists (select from role_grant
                where principal_id = :worker and role = 'worker' and requester_id is null
                  and in_force @> :now::timestamptz) as is_worker,
       exists (select from role_grant where principal_id = :worker and role = 'reviewer') as reviews,
       coalesce((select live_leases from worker_load where worker_id = :worker), 0) as live_leases,
       coalesce((select committed_minutes from worker_day
                  where worker_id = :worker and on_day = :day), 0) as minutes_of_day,
       coalesce((select committed_minutes from worker_week
                  where worker_id = :worker and week_starts_on = :monday), 0) as minutes_of_week;

-- name: limits
select policy.weekly_minutes_max, policy.daily_minutes_max, policy.tasks_at_once_max,
       policy.offer_notice_minutes, policy.rest_minutes, policy.window_weeks, policy.window_minutes_average,
       bound_weeks.weeks_ago, bound_weeks.week_minutes, bound_work.reserved_at, bound_work.reserved_minutes
  from (
    select worker.worker_id, worker.time_zone,
           least(worker.weekly_minutes_max, min(hours_policy.weekly_minutes_max)) as weekly_minutes_max,
           coalesce(least(worker.daily_minutes_max, min(hours_policy.daily_minutes_max)), 10080)
               as daily_minutes_max,
           worker.tasks_at_once_max, worker.offer_notice_minutes,
           max(hours_policy.rest_minutes) as rest_minutes,
           array_agg(hours_policy.window_weeks) filter (where hours_policy.window_weeks is not null) as window_weeks,
           array_agg(hours_policy.window_minutes_average) filter (where hours_policy.window_weeks is not null)
               as window_minutes_average
      from worker
      left join hours_policy
        on (hours_policy.region = worker.place
            or hours_policy.region is null
               and (hours_policy.country is null or hours_policy.country = worker.country))
           and hours_policy.in_force @> :now::timestamptz
     where worker.worker_id = :worker
     group by worker.worker_id
 ) as policy
  left join lateral (
     select array_agg((date_trunc('week', :now::timestamptz at time zone policy.time_zone)::date
                       - week.week_starts_on) / 7) as weeks_ago,
            array_agg(week.committed_minutes) as week_minutes
       from worker_week as week
      where policy.window_weeks is not null and week.worker_id = policy.worker_id
        and week.week_starts_on
            between date_trunc('week', :now::timestamptz at time zone policy.time_zone)::date - 364
                and date_trunc('week', :now::timestamptz at time zone policy.time_zone)::date
        and week.committed_minutes > 0
  ) as bound_weeks on true
  left join lateral (
     select array_agg(entry.occurred_at order by entry.occurred_at, entry.assignment_id) as reserved_at,
            array_agg(entry.minutes order by entry.occurred_at, entry.assignment_id) as reserved_minutes
       from hours_entry as entry
      where policy.rest_minutes is not null and entry.worker_id = policy.worker_id
        and entry.on_day >= (:now::timestamptz at time zone 'UTC')::date - 9
        and entry.kind = 'reserved'
        and not exists (select from hours_entry as released
                         where released.requester_id = entry.requester_id
                           and released.assignment_id = entry.assignment_id
                           and released.kind = 'released')
  ) as bound_work on true;

-- name: bonds
select coalesce((select team.kind::text
                   from team_member join team using (team_id)
                  where team_member.worker_id = :worker and team_member.in_force @> :now::timestamptz),
                'crowd') as workforce,
       (select team_id from team_member where worker_id = :worker and in_force @> :now::timestamptz) as team_id,
       array(select requester_id from exclusion
              where worker_id = :worker and in_force @> :now::timestamptz) as excluded_by,
       array(select distinct party from interest
              where worker_id = :worker and in_force @> :now::timestamptz
              order by party) as interests;

-- name: history
select worker.worker_id, worker.state,
       coalesce(left(worker.place, 2), worker.country) as country,
       array(select tag from worker_language
              where worker_language.worker_id = worker.worker_id order by tag) as languages,
       (select coalesce(jsonb_agg(jsonb_build_object('tag', tag, 'level', level)), '[]')
   from worker_language where worker_language.worker_id = worker.worker_id) as language_levels,
       (select coalesce(jsonb_agg(jsonb_build_object(
            'profession', profile.profession, 'years', profile.years,
            'specialties',
            coalesce(lawyer_profile.practice_areas, physician_profile.specialties, profile.specialties),
            'tiers',
            (select coalesce(jsonb_agg(jsonb_build_object(
                        'value', tier,
                        'from', (extract(epoch from lower(in_force)) * 1000000)::bigint,
                        'until', (extract(epoch from upper(in_force)) * 1000000)::bigint)), '[]')
               from tier_period
              where tier_period.worker_id = profile.worker_id
                and tier_period.profession = profile.profession))), '[]')
   from profile
   left join lawyer_profile using (worker_id, profession)
   left join physician_profile using (worker_id, profession)
  where profile.worker_id = worker.worker_id) as professions,
       (select coalesce(jsonb_agg(jsonb_build_object(
            'id', credential_id, 'profession', credential.profession, 'kind', kind,
            'is_licence', credential_kind.is_licence, 'jurisdiction', jurisdiction,
            'from', (issued_on - date '1970-01-01') * 86400000000::bigint,
            'until', (extract(epoch from expires_at) * 1000000)::bigint)
            order by credential_id), '[]')
   from credential join credential_kind using (kind)
  where credential.worker_id = worker.worker_id and credential.state = 'verified') as credentials,
       (select coalesce(jsonb_agg(jsonb_build_object(
            'value', team.kind,
            'from', (extract(epoch from lower(in_force)) * 1000000)::bigint,
            'until', (extract(epoch from upper(in_force)) * 1000000)::bigint)), '[]')
   from team_member join team using (team_id) where team_member.worker_id = worker.worker_id) as teams,
       (select coalesce(jsonb_agg(jsonb_build_object(
            'kind', agreement.kind, 'version', agreement.version,
            'from', (extract(epoch from agreement.valid_from) * 1000000)::bigint,
            'accepted', (extract(epoch from accepted_at) * 1000000)::bigint)), '[]')
   from agreement
   left join agreement_acceptance
     on agreement_acceptance.agreement_id = agreement.agreement_id
    and agreement_acceptance.worker_id = worker.worker_id
  where agreement.kind in (
        select known.kind from agreement_acceptance as mine join agreement as known using (agreement_id)
         where mine.worker_id = worker.worker_id)) as agreements,
       (select coalesce(jsonb_agg(jsonb_build_object(
            'value', party,
            'from', (extract(epoch from lower(in_force)) * 1000000)::bigint,
            'until', (extract(epoch from upper(in_force)) * 1000000)::bigint)), '[]')
   from interest where interest.worker_id = worker.worker_id) as interests,
       (select coalesce(jsonb_agg(jsonb_build_object(
            'value', requester_id,
            'from', (extract(epoch from lower(in_force)) * 1000000)::bigint,
            'until', (extract(epoch from upper(in_force)) * 1000000)::bigint)), '[]')
   from exclusion where exclusion.worker_id = worker.worker_id) as exclusions,
       (select coalesce(jsonb_agg(jsonb_build_object(
            'key', exam.key, 'score', score_bps, 'is_passed', score_bps >= exam.pass_bps,
            'from', (extract(epoch from finished_at) * 1000000)::bigint,
            'until', (extract(epoch from expires_at) * 1000000)::bigint)), '[]')
   from exam_attempt join exam using (exam_id)
  where exam_attempt.worker_id = worker.worker_id and finished_at is not null) as exams,
       (select coalesce(jsonb_agg(jsonb_build_object('skill', skill, 'mean', mean_bps, 'low', low_bps)), '[]')
   from (select distinct on (skill) skill, mean_bps, low_bps
           from skill_estimate where skill_estimate.worker_id = worker.worker_id
          order by skill, version desc) newest) as skills,
       (select coalesce(jsonb_agg(jsonb_build_object(
            'value', level::text,
            'from', (extract(epoch from lower(in_force)) * 1000000)::bigint,
            'until', (extract(epoch from upper(in_force)) * 1000000)::bigint)), '[]')
   from worker_clearance where worker_clearance.worker_id = worker.worker_id) as clearances
  from worker
 where worker.worker_id = any(:workers::uuid[])
 order by worker.worker_id;

-- name: met
with unknown as materialized (select requirement_id from requirement_cover where stale_from <= :now
union
select named.requirement_id
  from requirement_agreement as named
  join agreement on agreement.kind = named.kind and agreement.version > named.known_version
                and agreement.valid_from <= :now)
select requirement_id, false as is_unknown
  from worker_requirement
 where worker_id = :worker
   and in_force @> :now::timestamptz
   and requirement_id not in (select requirement_id from unknown)
union all
select requirement_id, true from unknown;

-- name: asks
select profession, currency, hourly_minor from standing_ask
 where worker_id = :worker and in_force @> :now::timestamptz
 order by standing_ask_id;

-- name: offering
select batch.requester_id, batch.batch_id, batch.state, batch.door, batch.requirement_id, requirement.hash,
       batch.pay_minor, batch.fee_minor, batch.currency, batch.rate_id, rate.unit, rate.profession,
       project.guideline_id,
       coalesce(project.guideline_pin, guideline.newest_version) as guideline_version,
       batch.expected_minutes, batch.lease_seconds, batch.answer_seconds, batch.priority, batch.due_at,
       batch.opened_at, batch.worker_tasks_max, batch.slot_count, project.share_bps, batch.gold_bps,
       batch.is_packed, batch.has_matters,
       batch.has_allotments, batch.project_id, project.name as project_name,
       batch.workforces::text[] as workforces, batch.has_task_parties,
       (select true from recheck_item as item
         where item.requester_id = batch.requester_id and item.recheck_task_id is not null
         limit 1) is not null
       or exists (select from recollected_task as asked
                   where asked.requester_id = batch.requester_id) as has_rechecks,
       exists (select from webhook_endpoint as endpoint
                where endpoint.requester_id = batch.requester_id and endpoint.state = 'enabled') as is_told,
       array(select party from project_party
              where project_party.requester_id = batch.requester_id
                and project_party.project_id = batch.project_id
              order by party) as parties,
       price.trace, price.fee_bps, price.shape, price.after_seconds, price.interval_seconds, price.step_minor,
       price.most_pay_minor,
       ((select true from slot
   where slot.requester_id = batch.requester_id and slot.batch_id = batch.batch_id
     and slot.state = 'open' and slot.allotment_id is null
   order by slot.allotment_id desc, slot.slot_no desc, slot.task_id desc
   limit 1) is not null
 or batch.has_allotments
    and exists (select from slot join allotment as aside using (requester_id, allotment_id)
                 where slot.requester_id = batch.requester_id and slot.batch_id = batch.batch_id
                   and slot.state = 'open' and slot.allotment_id is not null and aside.kind <> 'gold')) as has_open_slot
  from batch
  join project on project.requester_id = batch.requester_id and project.project_id = batch.project_id
  join guideline on guideline.requester_id = project.requester_id
                and guideline.guideline_id = project.guideline_id
  join rate using (rate_id)
  join requirement using (requirement_id)
  left join batch_price as price
    on price.requester_id = batch.requester_id and price.batch_id = batch.batch_id
 where batch.requester_id = :requester and batch.batch_id = :batch;

-- name: requirement_by_hash
select hash, tree from requirement where hash = any(:hashes::bytea[]);

-- name: held
with own as materialized (
    (select :worker::uuid as worker_id)
union
(select other_worker_id from duplicate_case
  where worker_id = :worker and state in ('open', 'same_person') limit 20)
union
(select worker_id from duplicate_case
  where other_worker_id = :worker and state in ('open', 'same_person') limit 20)
)
select count(*) as held from (
    select from own join assignment using (worker_id)
     where assignment_id > :least_id
       and requester_id = :requester and batch_id = :batch
       and assignment.state in ('leased', 'submitted', 'accepted')
     limit :most::bigint) as counted;

-- name: workers_of_batch
with recursive seen as (
    (select worker_id from assignment
      where requester_id = :requester and batch_id = :batch
      order by worker_id limit 1)
    union all
    select (select worker_id from assignment
             where requester_id = :requester and batch_id = :batch
               and worker_id > seen.worker_id
             order by worker_id limit 1)
      from seen where seen.worker_id is not null
)
select count(worker_id) as workers from (select worker_id from seen limit :most::bigint) as few;

-- name: lease
with candidate as materialized (select slot.requester_id, slot.task_id, slot.slot_no
  from slot
 where slot.requester_id = :requester
   and slot.batch_id = :batch
   and slot.state = 'open'
   and (select state from batch
         where requester_id = :requester and batch_id = :batch) = 'open'
   and slot.allotment_id is null
   and not exists (select from assignment as mine
                    where mine.requester_id = slot.requester_id
                      and mine.task_id = slot.task_id
                      and mine.worker_id = :worker
                      and mine.state in ('leased', 'submitted', 'accepted', 'rejected')
                    offset 0)
 order by slot.allotment_id, slot.slot_no, slot.task_id
 limit 1
   for update of slot skip locked),
chosen as (select *, 1::bigint as place from candidate),
taken as (
    update slot
       set state = 'leased',
           lease_token = slot.lease_token + 1,
           lease_until = :lease_until::timestamptz,
           assignment_id = slip.assignment_id
      from chosen
      join unnest(:assignments::uuid[], :events::uuid[])
               with ordinality as slip (assignment_id, event_id, place) using (place)
     where slot.requester_id = chosen.requester_id
       and slot.task_id = chosen.task_id
       and slot.slot_no = chosen.slot_no
    returning slot.requester_id, slot.task_id, slot.slot_no, slot.batch_id, slot.lease_token,
              slot.assignment_id, slip.event_id
),
leased as (
    insert into assignment (requester_id, assignment_id, task_id, slot_no, batch_id, worker_id, state,
                            lease_token, leased_at, lease_until, answer_by, terms, terms_hash, pay_minor,
                            fee_minor, currency, eligibility, week_starts_on, expected_minutes, guideline_id,
                            guideline_version)
    select requester_id, assignment_id, task_id, slot_no, batch_id, :worker::uuid, 'leased',
           lease_token, :now::timestamptz, :lease_until::timestamptz, :answer_by::timestamptz, :terms::jsonb,
           :terms_hash::bytea, :pay::bigint, :fee::bigint, :currency::text,
           :eligibility::jsonb, :monday::date, :minutes::integer, :guideline::uuid,
           :guideline_version::integer
      from taken
    returning requester_id, assignment_id, batch_id, task_id, slot_no, worker_id, state, lease_token, leased_at,
              lease_until, answer_by, terms
),
load as (
    insert into worker_load (worker_id, live_leases)
    select :worker::uuid, count(*) from taken having count(*) > 0
    on conflict (worker_id) do update set live_leases = worker_load.live_leases + excluded.live_leases
),
week as (
    insert into worker_week as week (worker_id, week_starts_on, minutes_max, committed_minutes)
    select :worker::uuid, :monday::date, :week_most::integer, count(*) * :minutes::integer
      from taken having count(*) > 0
    on conflict (worker_id, week_starts_on) do update
       set committed_minutes = week.committed_minutes + excluded.committed_minutes,
           minutes_max = excluded.minutes_max
),
day as (
    insert into worker_day as day (worker_id, on_day, minutes_max, committed_minutes)
    select :worker::uuid, :day::date, :day_most::integer, count(*) * :minutes::integer
      from taken having count(*) > 0
    on conflict (worker_id, on_day) do update
       set committed_minutes = day.committed_minutes + excluded.committed_minutes,
           minutes_max = excluded.minutes_max
),
hours as (
    insert into hours_entry (requester_id, assignment_id, kind, worker_id, week_starts_on, on_day, minutes,
                             occurred_at)
    select requester_id, assignment_id, 'reserved', :worker::uuid, :monday::date, :day::date,
           :minutes::integer, :now::timestamptz
      from taken
),
event as (
    insert into audit_event (event_id, stream, occurred_at, actor_id, action, subject, subject_id, facts)
    select event_id, :stream::text, :now::timestamptz, :worker::uuid,
           :action::text, 'assignment', assignment_id,
           jsonb_build_object('task', task_id, 'lease_token', lease_token)
      from taken
    returning event_id, stream
),
unsealed as (
    insert into audit_unsealed (event_id, stream) select event_id, stream from event
)
select * from leased;

-- name: work_to_submit
select assignment.requester_id, assignment.assignment_id, assignment.task_id, assignment.state,
       assignment.lease_token, batch.requirement_id, submission.hash, submission.submitted_at,
       batch.agreement_bps is not null as is_adaptive, project.project_id, project.function,
       project.task_kind, project.kind_parameters, project.input_schema, project.answer_schema
  from assignment
  join batch on batch.requester_id = assignment.requester_id and batch.batch_id = assignment.batch_id
  join project on project.requester_id = batch.requester_id and project.project_id = batch.project_id
  left join submission on submission.requester_id = assignment.requester_id
                      and submission.assignment_id = assignment.assignment_id
 where assignment.worker_id = :worker and assignment.assignment_id = :assignment;

-- name: requirement
select tree from requirement where requirement_id = :requirement;

-- name: lock_lease
select assignment.requester_id, assignment.assignment_id, assignment.task_id, assignment.slot_no,
       assignment.batch_id, assignment.answer_by, assignment.leased_at, assignment.expected_minutes,
       assignment.guideline_id,
       slot.state, slot.lease_until, slot.lapses, batch.lease_seconds, batch.lapses_max
  from assignment
  join slot using (requester_id, task_id, slot_no)
  join batch on batch.requester_id = assignment.requester_id and batch.batch_id = assignment.batch_id
 where assignment.worker_id = :worker
   and assignment.assignment_id = :assignment
   and assignment.lease_token = :token
   and slot.assignment_id = assignment.assignment_id
   and slot.lease_token = assignment.lease_token
   for no key update of slot;

-- name: share_guideline
select pg_advisory_xact_lock_shared(:lock::bigint);

-- name: requester_key
select wrapping_key, wrapped, destroyed_at from requester_key
 where requester_id = :requester and function = :function;

-- name: submit
with handed_in as (
    update slot set state = 'submitted', lease_until = null
     where requester_id = :requester and task_id = :task and slot_no = :slot
       and assignment_id = :assignment and state = 'leased'
    returning requester_id, assignment_id
),
stored as (
    insert into submission (requester_id, assignment_id, sealed, hash, submitted_at, active_seconds)
    select requester_id, assignment_id, :sealed::bytea, :hash::bytea, :now::timestamptz, :active::integer from handed_in
)
update assignment set state = 'submitted'
  from handed_in
 where assignment.requester_id = handed_in.requester_id
   and assignment.assignment_id = handed_in.assignment_id
   and assignment.state = 'leased';

-- name: given
select assignment.guideline_id, assignment.assignment_id, assignment.task_id, assignment.guideline_version,
       project.external_key, suggestion.source, suggestion.version, suggestion.suggestion,
       suggestion.sealed,
       coalesce(suggestion.is_control, false) as is_control,
       guideline.newest_version > assignment.guideline_version as is_outdated
  from assignment
  join batch on batch.requester_id = assignment.requester_id and batch.batch_id = assignment.batch_id
  join project on project.requester_id = batch.requester_id and project.project_id = batch.project_id
  join guideline on guideline.requester_id = assignment.requester_id
                and guideline.guideline_id = assignment.guideline_id
  left join task_suggestion as suggestion on suggestion.requester_id = assignment.requester_id
                                         and suggestion.task_id = assignment.task_id
 where assignment.requester_id = :requester and assignment.assignment_id = :assignment;

-- name: load_down
update worker_load set live_leases = live_leases - 1, idle_since = greatest(idle_since, :now)
 where worker_id = :worker;

-- name: drop_draft
delete from answer_draft
 where requester_id = :requester and task_id = :task and worker_id = :worker;

-- name: tell
with event as (
    insert into audit_event
        (event_id, stream, occurred_at, actor_id, action, subject, subject_id, facts)
    values (:event, :stream, :now, :worker, :action,
            :subject, :assignment, :facts)
    returning event_id, stream
),
endpoint as materialized (
    select webhook_endpoint_id from webhook_endpoint
     where requester_id = :requester and state = 'enabled'
       and (kinds = '{}' or :kind = any(kinds))
),
outgoing as (
    insert into webhook_event (webhook_event_id, requester_id, kind, subject, subject_id, occurred_at,
                               facts, trace)
    select :event::uuid, :requester::uuid, :kind::text, :subject::text, :assignment::uuid,
           :now::timestamptz, :told::jsonb, :trace::text
     where exists (select from endpoint)
    returning webhook_event_id, position, subject_id
),
delivery as (
    insert into webhook_delivery (webhook_endpoint_id, webhook_event_id, position, subject_id, due_at,
                                  until)
    select webhook_endpoint_id, webhook_event_id, position, subject_id, :now::timestamptz,
           :now::timestamptz + interval '3 days'
      from endpoint, outgoing
)
insert into audit_unsealed (event_id, stream) select event_id, stream from event;

-- name: keep_answer
insert into idempotency_key (principal_id, route, key, fingerprint, status, answer, created_at)
values (:principal, :route, :key, :fingerprint, :status, :answer, :now);
