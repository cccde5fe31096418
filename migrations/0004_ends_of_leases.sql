-- Ends of leases: drafts and late answers, reasons for returns, revocation, quarantine.

alter table batch
    add column lapses_max  integer  not null default 5,
    add constraint batch_lapses_max_possible check (lapses_max between 1 and 1000);

create index slot_quarantined on slot (requester_id, batch_id, task_id, slot_no) where state = 'quarantined';

create type return_reason as enum (
    'not_my_field', 'unclear', 'too_long', 'no_time', 'broken_content', 'conflict_of_interest', 'other'
);
comment on type return_reason is 'Why a task was given back.';

-- Why a task was given back; append-only.
create table task_return (
    requester_id   uuid           not null,
    assignment_id  uuid           not null,
    reason         return_reason  not null,
    -- Empty, or in the worker's words.
    note           text           not null,
    constraint task_return_pkey primary key (requester_id, assignment_id),
    constraint task_return_assignment_fkey
        foreign key (requester_id, assignment_id) references assignment (requester_id, assignment_id),
    constraint task_return_note_bounded check (char_length(note) <= 1000),
    constraint task_return_other_is_said check (reason <> 'other' or note <> '')
);
comment on table task_return is 'Reasons for returning tasks.';

-- What a worker has written of an answer that is not in: saved while working, or handed in too late. There again when
-- the worker leases the task again; gone with the submission.
create table answer_draft (
    requester_id  uuid         not null,
    task_id       uuid         not null,
    worker_id     uuid         not null references worker,
    answer        jsonb        not null,
    is_late       boolean      not null,
    saved_at      timestamptz  not null,
    constraint answer_draft_pkey primary key (requester_id, task_id, worker_id),
    constraint answer_draft_task_fkey foreign key (requester_id, task_id) references task (requester_id, task_id)
);
comment on table answer_draft is 'Unfinished answers of workers, and answers that came too late.';
-- Serves DraftQueries.forgetDrafts.
create index answer_draft_by_age on answer_draft (saved_at);
create index answer_draft_by_worker on answer_draft (worker_id);

grant select, insert, update, delete on task_return, answer_draft to guildhall_app;
revoke update, delete on task_return from guildhall_app;
