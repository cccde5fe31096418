-- Confidentiality of content: sealed under keys of requesters, each reading on record, clearance, retention, safety
-- data apart. What is there already keeps its clear form until `guildhall content seal` has been there.

-- How sensitive the content is that a worker may read, from one instant to another; nobody has one by themselves.
create table worker_clearance (
    worker_clearance_id  uuid       primary key,
    worker_id            uuid       not null references worker,
    -- 1 to 3, as the sensitivity of batches.
    level                integer    not null,
    reasons              text       not null,
    granted_by           uuid       not null references principal,
    in_force             tstzrange  not null,
    constraint worker_clearance_level_possible check (level between 1 and 3),
    constraint worker_clearance_reasons_given check (char_length(reasons) between 1 and 2000),
    constraint worker_clearance_granter_is_other check (granted_by <> worker_id),
    constraint worker_clearance_in_force_bounded_below check (not lower_inf(in_force) and not isempty(in_force)),
    constraint worker_clearance_no_overlap exclude using gist (worker_id with =, in_force with &&)
);
comment on table worker_clearance is 'Effective-dated clearances of workers.';
create index worker_clearance_by_worker on worker_clearance (worker_id, worker_clearance_id);
create index worker_clearance_by_granter on worker_clearance (granted_by);

create type work_function as enum (
    'functional',  -- what a model is to be able to do
    'safety'       -- what it must not do
);
comment on type work_function is 'What the answers of a project are for; the two are kept apart.';

-- The data key under which a requester's content is sealed, one for each function, wrapped by AES-256-GCM: nonce, key,
-- tag. Destroyed, the content is gone.
create table requester_key (
    requester_id  uuid           not null references requester,
    function      work_function  not null,
    wrapping_key  text           references wrapping_key,
    wrapped       bytea,
    made_at       timestamptz    not null,
    destroyed_at  timestamptz,
    constraint requester_key_pkey primary key (requester_id, function),
    constraint requester_key_is_wrapped check (octet_length(wrapped) = 60),
    constraint requester_key_wrapped_unless_destroyed
        check ((wrapped is null) = (destroyed_at is not null) and (wrapping_key is null) = (wrapped is null))
);
comment on table requester_key is 'Wrapped data keys of requesters.';
-- Serves VaultQueries.lockRequesterKeysToRewrap.
create index requester_key_by_wrapping_key on requester_key (wrapping_key, requester_id, function);

-- Two people destroy a requester's keys: one asks for it, another confirms.
create table key_destruction (
    requester_id  uuid         primary key references requester,
    reasons       text         not null,
    proposed_by   uuid         not null references principal,
    proposed_at   timestamptz  not null,
    confirmed_by  uuid         references principal,
    confirmed_at  timestamptz,
    constraint key_destruction_reasons_given check (char_length(reasons) between 1 and 2000),
    constraint key_destruction_by_two_people check (confirmed_by <> proposed_by),
    constraint key_destruction_confirmed_whole check ((confirmed_by is null) = (confirmed_at is null))
);
comment on table key_destruction is 'Destructions of requesters'' keys, proposed and confirmed.';
create index key_destruction_by_proposer on key_destruction (proposed_by);
create index key_destruction_by_confirmer on key_destruction (confirmed_by);

create type retention_scope as enum (
    'content',                -- what workers read, and their drafts
    'content_and_references'  -- known answers, too
);
comment on type retention_scope is 'What is destroyed of a closed batch.';

-- How long content is kept after its batch was closed.
create table retention_class (
    name              text             primary key,
    days_after_close  integer          not null,
    scope             retention_scope  not null,
    set_by            uuid             not null references principal,
    set_at            timestamptz      not null,
    constraint retention_class_name_well_formed check (name ~ '^[a-z][a-z0-9_]{0,39}$'),
    constraint retention_class_days_possible check (days_after_close between 0 and 36500)
);
comment on table retention_class is 'How long content is kept after its batch was closed.';
create index retention_class_by_setter on retention_class (set_by);

create type deidentification as enum (
    'none',
    'patterns',  -- by the program's own rules
    'external'   -- by a program of the operator's
);
comment on type deidentification is 'What must have been done to content before it is taken in.';

alter table project
    add column function          work_function     not null default 'functional',
    add column deidentification  deidentification  not null default 'none',
    add column retention_class   text              references retention_class;
create index project_by_retention_class on project (retention_class);

alter table batch
    add column sensitivity      integer  not null default 0,
    add column emptied_through  uuid,
    add column emptied_at       timestamptz,
    add constraint batch_sensitivity_possible check (sensitivity between 0 and 3),
    add constraint batch_emptied_only_closed
        check (num_nonnulls(emptied_through, emptied_at) = 0 or state in ('closed', 'archived'));
create index batch_to_empty on batch (closed_at, requester_id, batch_id)
    where state in ('closed', 'archived') and emptied_at is null;

alter table task_content
    alter column payload drop not null,
    add column sealed         bytea,
    add column mark           bytea,
    add column deidentified   jsonb,
    add column emptied_at     timestamptz,
    add column emptied_by     uuid,
    add column emptied_under  text,
    add constraint task_content_in_one_form check (num_nonnulls(payload, sealed, emptied_at) = 1),
    add constraint task_content_is_sealed check (octet_length(sealed) between 29 and 8388608),
    add constraint task_content_mark_is_hmac_sha256 check (octet_length(mark) = 32),
    add constraint task_content_emptied_whole check (num_nulls(emptied_at, emptied_by, emptied_under) in (0, 3));
comment on table task_content is 'Sealed payloads of functional tasks.';
create index task_content_unsealed on task_content (requester_id, task_id) where payload is not null;

-- The same of safety projects, apart: in a table and under a key of its own.
create table safety_content (
    requester_id   uuid         not null,
    task_id        uuid         not null,
    sealed         bytea,
    mark           bytea,
    deidentified   jsonb,
    emptied_at     timestamptz,
    emptied_by     uuid,
    emptied_under  text,
    constraint safety_content_pkey primary key (requester_id, task_id),
    constraint safety_content_task_fkey foreign key (requester_id, task_id) references task (requester_id, task_id),
    constraint safety_content_in_one_form check (num_nonnulls(sealed, emptied_at) = 1),
    constraint safety_content_is_sealed check (octet_length(sealed) between 29 and 8388608),
    constraint safety_content_mark_is_hmac_sha256 check (octet_length(mark) = 32),
    constraint safety_content_emptied_whole check (num_nulls(emptied_at, emptied_by, emptied_under) in (0, 3))
);
comment on table safety_content is 'Sealed payloads of safety tasks.';

create type content_purpose as enum (
    'lease',   -- by the worker who holds the task
    'review',  -- by a reviewer, for an answer that waits
    'export'   -- by the requester's own people: one row a page of tasks
);
comment on type content_purpose is 'For what somebody read content.';

-- Somebody read content; written in the transaction that gave it out. Append-only.
create table content_reading (
    requester_id   uuid             not null,
    reading_id     uuid             not null,
    purpose        content_purpose  not null,
    reader_id      uuid             not null references principal,
    -- The task; of an export the first and the last of the page, and how many contents it had.
    task_id        uuid             not null,
    last_task_id   uuid,
    tasks          integer          not null,
    -- The lease, or whose answer was reviewed.
    assignment_id  uuid,
    read_at        timestamptz      not null,
    constraint content_reading_pkey primary key (requester_id, reading_id),
    constraint content_reading_task_fkey foreign key (requester_id, task_id) references task (requester_id, task_id),
    constraint content_reading_assignment_unless_export check ((assignment_id is null) = (purpose = 'export')),
    constraint content_reading_last_iff_export check ((last_task_id is not null) = (purpose = 'export')),
    constraint content_reading_one_task_unless_export check (tasks >= 1 and (tasks = 1 or purpose = 'export'))
);
comment on table content_reading is 'Who read which content, when and for what; append-only.';
create index content_reading_by_task on content_reading (requester_id, task_id, reading_id);
create index content_reading_by_reader on content_reading (reader_id, reading_id);

alter table answer_draft
    alter column answer drop not null,
    add column sealed  bytea,
    add constraint answer_draft_in_one_form check (num_nonnulls(answer, sealed) = 1),
    add constraint answer_draft_is_sealed check (octet_length(sealed) between 29 and 2097152);
create index answer_draft_unsealed on answer_draft (requester_id, task_id, worker_id) where answer is not null;

create index decision_by_appeal on decision (appeal_until);

-- Rights ----------------------------------------------------------------------

grant select, insert, update, delete on
    worker_clearance, requester_key, key_destruction, retention_class, safety_content, content_reading
    to guildhall_app;
revoke update, delete on content_reading from guildhall_app;
revoke delete on worker_clearance, task_content, safety_content, requester_key, retention_class from guildhall_app;
-- What a model suggested goes with the content that it is about.
grant update (suggestion) on task_suggestion to guildhall_app;
