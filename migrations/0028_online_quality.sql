-- What answers come to, as they come in: posteriors of tasks, tables of workers, full fits.

-- What a full fit of a project found of all its workers together, sealed; one row for each fit, so that it is known by
-- which an answer was weighed. One under way at a time.
create table label_fit (
    requester_id  uuid         not null,
    project_id    uuid         not null,
    version       integer      not null,
    started_at    timestamptz  not null,
    -- Null while it is under way, as is all below.
    finished_at   timestamptz,
    tasks         integer,
    workers       integer,
    answers       integer,
    -- Why it should not be trusted as it is: codes.
    warnings      text[],
    -- Whether posteriors decide by it.
    is_trusted    boolean,
    -- Shares of the answers, all workers' confusions together, calibration.
    sealed        bytea,
    constraint label_fit_pkey primary key (requester_id, project_id, version),
    constraint label_fit_project_fkey
        foreign key (requester_id, project_id) references project (requester_id, project_id),
    constraint label_fit_version_positive check (version > 0),
    constraint label_fit_finished_whole check (
        num_nonnulls(finished_at, tasks, workers, answers, warnings, is_trusted, sealed) in (0, 7)
    ),
    constraint label_fit_is_sealed check (octet_length(sealed) between 29 and 2097152)
);
comment on table label_fit is 'Full fits of projects.';
create unique index label_fit_one_under_way on label_fit (requester_id, project_id) where finished_at is null;

-- What the answers to a task come to: for each the chances of its worker as they were known, sealed. The posterior
-- follows from it. Of kinds with a few classes that all tasks of a project share.
create table task_posterior (
    requester_id  uuid         not null,
    task_id       uuid         not null,
    project_id    uuid         not null,
    -- How many answers are in it.
    answers       integer      not null,
    -- The full fit that its shares are of; 0 before the first.
    fit_version   integer      not null default 0,
    -- Whether other answers count by now than are in it.
    is_stale      boolean      not null,
    -- Counts each change.
    revision      bigint       not null,
    -- When an answer came or went last.
    changed_at    timestamptz  not null,
    sealed        bytea,
    -- The revision by which skill_outcome was told how right its answers are.
    told_revision bigint       not null default 0,
    constraint task_posterior_pkey primary key (requester_id, task_id),
    constraint task_posterior_task_fkey foreign key (requester_id, task_id) references task (requester_id, task_id),
    constraint task_posterior_project_fkey
        foreign key (requester_id, project_id) references project (requester_id, project_id),
    constraint task_posterior_counts_possible check (answers >= 0 and fit_version >= 0 and revision >= 0),
    constraint task_posterior_is_sealed check (octet_length(sealed) between 29 and 2097152),
    constraint task_posterior_weighed_or_stale check (sealed is not null or is_stale)
);
comment on table task_posterior is 'What the answers to tasks come to.';
-- Serves FitQueries.posteriors.
create index task_posterior_by_project on task_posterior (requester_id, project_id, task_id);
-- Serves FitQueries.projectsToFit.
create index task_posterior_by_change on task_posterior (requester_id, project_id, changed_at);
-- Serves SkillOutcomeQueries.lockUntoldPosterior.
create index task_posterior_untold on task_posterior (requester_id, task_id) where revision <> told_revision;
-- Serves PosteriorQueries.staleTasks.
create index task_posterior_stale on task_posterior (requester_id, task_id) where is_stale;

-- How often a worker gave each answer where each is true, in a project, sealed. Only their own answers move it, and
-- full fits.
create table confusion_table (
    requester_id  uuid         not null,
    project_id    uuid         not null,
    worker_id     uuid         not null references worker,
    -- The full fit that it begins from; 0 before the first.
    fit_version   integer      not null,
    -- How many answers are in it.
    answers       bigint       not null,
    changed_at    timestamptz  not null,
    -- Null before the first answer.
    sealed        bytea,
    constraint confusion_table_pkey primary key (requester_id, project_id, worker_id),
    constraint confusion_table_project_fkey
        foreign key (requester_id, project_id) references project (requester_id, project_id),
    constraint confusion_table_counts_possible check (answers >= 0 and fit_version >= 0),
    constraint confusion_table_is_sealed check (octet_length(sealed) between 29 and 2097152)
);
comment on table confusion_table is 'What answers of workers are worth in projects.';
create index confusion_table_by_worker on confusion_table (worker_id);

-- What was handed in before is weighed by the scheduler.
insert into task_posterior (requester_id, task_id, project_id, answers, is_stale, revision, changed_at)
select assignment.requester_id, assignment.task_id, batch.project_id, 0, true, 0, max(submission.submitted_at)
  from submission
  join assignment using (requester_id, assignment_id)
  join batch on batch.requester_id = assignment.requester_id and batch.batch_id = assignment.batch_id
  join project on project.requester_id = batch.requester_id and project.project_id = batch.project_id
  left join requester_key as key
    on key.requester_id = project.requester_id and key.function = project.function
 where case when project.task_kind in ('classification', 'judgement')
            then jsonb_array_length(
                     coalesce(project.kind_parameters -> 'labels', project.kind_parameters -> 'answers')) end
       between 2 and 50
   and key.destroyed_at is null
 group by assignment.requester_id, assignment.task_id, batch.project_id;

grant select, insert, update, delete on label_fit, task_posterior, confusion_table to guildhall_app;

alter table batch
    add column error_cost_minor bigint,
    add constraint batch_error_cost_only_adaptive check (error_cost_minor is null or agreement_bps is not null),
    add constraint batch_error_cost_possible check (error_cost_minor between 1 and 1000000000000);

-- Why one more answer was asked for, or none. Append-only.
create table stopping (
    requester_id    uuid              not null,
    stopping_id     uuid              not null,
    batch_id        uuid              not null,
    task_id         uuid              not null,
    basis           stopping_basis    not null,
    outcome         stopping_outcome  not null,
    answers         integer           not null,
    answers_least   integer           not null,
    answers_most    integer           not null,
    -- What was reached, and what was wanted, in ten-thousandths.
    confidence_bps  integer           not null,
    target_bps      integer           not null,
    decided_at      timestamptz       not null,
    -- By the posterior: the full fit it was calibrated by, and all that it follows from, sealed.
    fit_version     integer,
    sealed          bytea,
    constraint stopping_pkey primary key (requester_id, stopping_id),
    constraint stopping_task_fkey foreign key (requester_id, task_id) references task (requester_id, task_id),
    constraint stopping_batch_fkey foreign key (requester_id, batch_id) references batch (requester_id, batch_id),
    constraint stopping_counts_possible check (answers >= 0 and answers_least between 1 and answers_most),
    constraint stopping_shares_possible check (confidence_bps between 0 and 10000 and target_bps between 1 and 10000),
    constraint stopping_enough_iff_reached
        check ((outcome = 'enough') = (confidence_bps >= target_bps and answers >= answers_least)),
    constraint stopping_sealed_iff_posterior
        check (num_nonnulls(fit_version, sealed) = case when basis = 'posterior' then 2 else 0 end),
    constraint stopping_is_sealed check (octet_length(sealed) between 29 and 2097152)
);
comment on table stopping is 'Why answers were asked for, or no more.';
-- Serves StoppingQueries.stoppings, and OpinionQueries.reviewFacts.
create index stopping_by_task on stopping (requester_id, task_id, stopping_id);
create index stopping_by_batch on stopping (requester_id, batch_id, stopping_id);

grant select, insert on stopping to guildhall_app;

-- How right an answer was, as far as is known, for the estimates of its worker's skill. It tells nothing of what was
-- answered.
create table skill_outcome (
    requester_id   uuid         not null,
    assignment_id  uuid         not null,
    task_id        uuid         not null,
    worker_id      uuid         not null references worker,
    -- The node of the skill tree: profession and kind of the task.
    skill          text         not null,
    basis          skill_basis  not null,
    -- From 0 for wrong to a million for right, and how much that counts.
    right_ppm      integer      not null,
    weight_ppm     integer      not null,
    answered_at    timestamptz  not null,
    -- Whether the estimates of its worker have seen it as it is.
    is_counted     boolean      not null,
    constraint skill_outcome_pkey primary key (requester_id, assignment_id),
    constraint skill_outcome_assignment_fkey
        foreign key (requester_id, assignment_id) references assignment (requester_id, assignment_id),
    constraint skill_outcome_shares_possible check (
        right_ppm between 0 and 1000000 and weight_ppm between 0 and 1000000
    ),
    constraint skill_outcome_skill_bounded
        check (skill ~ '^[a-z][a-z0-9_]*(/[a-z0-9_]+)*$' and char_length(skill) <= 200)
);
comment on table skill_outcome is 'How right answers were.';
-- Serve SkillOutcomeQueries: outcomes of a worker, of a task, of a node, and who has new ones.
create index skill_outcome_by_worker on skill_outcome (worker_id, answered_at desc);
create index skill_outcome_by_task on skill_outcome (requester_id, task_id);
create index skill_outcome_by_skill on skill_outcome (skill, answered_at desc);
create index skill_outcome_uncounted on skill_outcome (worker_id) where not is_counted;

-- What people have judged so far, by one alone worth half as much as by several.
insert into skill_outcome (requester_id, assignment_id, task_id, worker_id, skill, basis, right_ppm, weight_ppm,
                           answered_at, is_counted)
select review.requester_id, review.assignment_id, assignment.task_id, assignment.worker_id,
       (price.task ->> 'profession') || '/' || (price.task ->> 'task_kind'),
       case when overturned.appeal_id is null then 'judged' else 'appeal' end::skill_basis,
       case when overturned.appeal_id is null then review.share_bps * 100 else 1000000 end,
       case when overturned.appeal_id is not null or opinions.number > 1 then 1000000 else 500000 end,
       submission.submitted_at, false
  from review
  join principal on principal.principal_id = review.reviewer_id and principal.kind = 'person'
  join assignment using (requester_id, assignment_id)
  join submission using (requester_id, assignment_id)
  join batch_price as price on price.requester_id = assignment.requester_id and price.batch_id = assignment.batch_id
 cross join lateral (
      select count(*) as number from opinion
       where opinion.requester_id = review.requester_id and opinion.assignment_id = review.assignment_id) as opinions
  left join appeal as overturned on overturned.decision_id = review.decision_id and overturned.state = 'overturned';

grant select, insert, update, delete on skill_outcome to guildhall_app;
