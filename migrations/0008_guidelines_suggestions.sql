-- Guidelines that projects share, in versions, with what each change asks to check again; suggestions of models.

-- What workers of one or several projects are told. The text is in its versions.
create table guideline (
    requester_id    uuid         not null references requester,
    guideline_id    uuid         not null,
    external_key    text         not null,
    name            text         not null,
    -- The newest of its versions, which projects follow unless they are pinned to another.
    newest_version  integer      not null,
    created_at      timestamptz  not null,
    constraint guideline_pkey primary key (requester_id, guideline_id),
    constraint guideline_one_per_external_key unique (requester_id, external_key),
    constraint guideline_key_bounded check (char_length(external_key) between 1 and 200),
    constraint guideline_name_bounded check (char_length(name) between 1 and 200),
    constraint guideline_newest_version_positive check (newest_version > 0)
);
comment on table guideline is 'Texts for workers that projects follow.';

-- A guideline as it read from one instant on. Append-only.
create table guideline_version (
    requester_id  uuid         not null,
    guideline_id  uuid         not null,
    version       integer      not null,
    -- Markdown, and SHA-256 of it.
    body          text         not null,
    body_hash     bytea        not null,
    -- In words, for people.
    changes       text         not null,
    -- Which earlier answers are to be checked again (RecheckScope).
    scope         jsonb        not null,
    published_at  timestamptz  not null,
    -- Null for the text of a project from before guidelines stood by themselves.
    published_by  uuid         references principal,
    constraint guideline_version_pkey primary key (requester_id, guideline_id, version),
    constraint guideline_version_guideline_fkey
        foreign key (requester_id, guideline_id) references guideline (requester_id, guideline_id),
    constraint guideline_version_positive check (version between 1 and 1000000),
    constraint guideline_version_body_bounded check (char_length(body) between 1 and 100000),
    constraint guideline_version_hash_is_sha256 check (octet_length(body_hash) = 32),
    constraint guideline_version_changes_bounded check (char_length(changes) between 1 and 4000)
);
comment on table guideline_version is 'Guidelines as they read, version by version; append-only.';
create index guideline_version_by_publisher on guideline_version (published_by);

-- Each project's text becomes a guideline of its own, under the project's key.
insert into guideline (requester_id, guideline_id, external_key, name, newest_version, created_at)
select requester_id, gen_random_uuid(), external_key, name, guideline_version, created_at from project;

insert into guideline_version
    (requester_id, guideline_id, version, body, body_hash, changes, scope, published_at, published_by)
select requester_id, guideline.guideline_id, project.guideline_version, project.guideline,
       sha256(convert_to(project.guideline, 'UTF8')), 'The text of the project.', '"none"', project.created_at, null
  from project join guideline using (requester_id, external_key);

alter table project
    add column guideline_id   uuid,
    add column guideline_pin  integer;
update project
   set guideline_id = guideline.guideline_id
  from guideline
 where guideline.requester_id = project.requester_id and guideline.external_key = project.external_key;

-- Until now a project had one version for ever; what the terms say is what was promised.
alter table assignment
    add column guideline_id       uuid,
    add column guideline_version  integer;
update assignment
   set guideline_id = project.guideline_id,
       guideline_version = coalesce((assignment.terms ->> 'guideline_version')::integer, project.guideline_version)
  from batch join project using (requester_id, project_id)
 where batch.requester_id = assignment.requester_id and batch.batch_id = assignment.batch_id;
alter table assignment
    alter column guideline_id set not null,
    alter column guideline_version set not null;

alter table project
    alter column guideline_id set not null,
    drop column guideline,
    drop column guideline_version,
    add constraint project_guideline_fkey
        foreign key (requester_id, guideline_id) references guideline (requester_id, guideline_id),
    add constraint project_guideline_pin_fkey foreign key (requester_id, guideline_id, guideline_pin)
        references guideline_version (requester_id, guideline_id, version);
create index project_by_guideline on project (requester_id, guideline_id, guideline_pin);

alter table batch
    add column control_bps   integer  not null default 0,
    add column control_seed  uuid,
    add constraint batch_control_possible check (control_bps between 0 and 10000),
    add constraint batch_control_seed_iff_control check ((control_seed is not null) = (control_bps > 0));

-- What a model says the answer is: shown to whoever works on the task, unless it is a control. One per task.
create table task_suggestion (
    requester_id  uuid         not null,
    task_id       uuid         not null,
    -- Which model said so, and in which version.
    source        text         not null,
    version       text         not null,
    suggestion    jsonb        not null,
    made_at       timestamptz  not null,
    -- Whether the task stays without it, to compare with; decided when it came in.
    is_control    boolean      not null,
    constraint task_suggestion_pkey primary key (requester_id, task_id),
    constraint task_suggestion_task_fkey foreign key (requester_id, task_id) references task (requester_id, task_id),
    constraint task_suggestion_source_bounded
        check (char_length(source) between 1 and 100 and char_length(version) between 1 and 100)
);
comment on table task_suggestion is 'Suggested answers of models.';

-- How far an answer is from what a model suggested for its task. Append-only.
create table suggestion_use (
    requester_id   uuid     not null,
    assignment_id  uuid     not null,
    worker_id      uuid     not null references worker,
    source         text     not null,
    version        text     not null,
    -- Whether the worker had it before them; false for controls.
    was_shown      boolean  not null,
    -- By AnswerDistance: from 0 for the same to the size, that of the larger of both.
    distance       bigint   not null,
    size           bigint   not null,
    -- Shown, and handed in unchanged.
    is_copy        boolean  not null,
    constraint suggestion_use_pkey primary key (requester_id, assignment_id),
    constraint suggestion_use_submission_fkey
        foreign key (requester_id, assignment_id) references submission (requester_id, assignment_id),
    constraint suggestion_use_source_bounded
        check (char_length(source) between 1 and 100 and char_length(version) between 1 and 100),
    constraint suggestion_use_distance_within_size check (distance between 0 and size and size > 0),
    constraint suggestion_use_copy_iff_unchanged check (is_copy = (was_shown and distance = 0))
);
comment on table suggestion_use is 'Answers against the suggestions for their tasks; append-only.';
-- Serves SuggestionUseQueries.suggestionReport.
create index suggestion_use_by_worker on suggestion_use (worker_id, source, version);

-- How far the listing of what a version asks to check again has come. Begun with the version; what comes in later under
-- an earlier version is listed with its submission.
create table recheck_listing (
    requester_id  uuid         not null,
    guideline_id  uuid         not null,
    version       integer      not null,
    -- The last assignment that was looked at; null before the first step.
    looked_until  uuid,
    ended_at      timestamptz,
    constraint recheck_listing_pkey primary key (requester_id, guideline_id, version),
    constraint recheck_listing_version_fkey foreign key (requester_id, guideline_id, version)
        references guideline_version (requester_id, guideline_id, version)
);
comment on table recheck_listing is 'How far changes of guidelines have been worked out.';
-- Serves RecheckQueries.unfinishedListing.
create index recheck_listing_unfinished
    on recheck_listing (requester_id, guideline_id, version) where ended_at is null;

-- An answer that a version of the guideline touches: a fact, whatever is answered later.
create table recheck_item (
    requester_id     uuid         not null,
    guideline_id     uuid         not null,
    version          integer      not null,
    assignment_id    uuid         not null,
    task_id          uuid         not null,
    -- Under which the answer was given.
    answer_version   integer      not null,
    -- What of the scope it is in; no content of the answer.
    reason           text         not null,
    listed_at        timestamptz  not null,
    -- The task that checks it, null until one does; and how often one was made, since a batch can be closed early.
    recheck_task_id  uuid,
    checks           integer      not null default 0,
    constraint recheck_item_pkey primary key (requester_id, guideline_id, version, assignment_id),
    constraint recheck_item_listing_fkey foreign key (requester_id, guideline_id, version)
        references recheck_listing (requester_id, guideline_id, version),
    constraint recheck_item_assignment_fkey
        foreign key (requester_id, assignment_id) references assignment (requester_id, assignment_id),
    constraint recheck_item_recheck_task_fkey
        foreign key (requester_id, recheck_task_id) references task (requester_id, task_id),
    constraint recheck_item_answer_is_older check (answer_version between 1 and version - 1),
    constraint recheck_item_reason_bounded check (char_length(reason) between 1 and 1000),
    constraint recheck_item_checked_by_task check ((recheck_task_id is not null) = (checks > 0)),
    constraint recheck_item_checks_possible check (checks between 0 and 1000)
);
comment on table recheck_item is 'Answers that a change of their guideline asks to check again.';
-- Serves RecheckOpeningQueries.openItems.
create index recheck_item_by_task on recheck_item (requester_id, guideline_id, version, task_id, assignment_id);
create index recheck_item_by_assignment on recheck_item (requester_id, assignment_id, version);
create index recheck_item_by_recheck_task on recheck_item (requester_id, recheck_task_id);

-- Rights ----------------------------------------------------------------------

grant select, insert, update, delete on
    guideline, guideline_version, task_suggestion, suggestion_use, recheck_listing, recheck_item
    to guildhall_app;
-- What a guideline said, and what was suggested, stays as it was.
revoke update, delete on guideline_version, suggestion_use, task_suggestion from guildhall_app;
revoke delete on guideline, recheck_listing, recheck_item from guildhall_app;
revoke update on recheck_item, guideline from guildhall_app;
grant update (recheck_task_id, checks) on recheck_item to guildhall_app;
grant update (name, newest_version) on guideline to guildhall_app;
