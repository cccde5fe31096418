-- Order of service, allotments, matters, and leases by the hundred.

alter table worker drop constraint worker_tasks_at_once_possible;
alter table worker add constraint worker_tasks_at_once_possible check (tasks_at_once_max between 1 and 100);
alter table worker_load drop constraint worker_load_within_cap;
alter table worker_load add constraint worker_load_within_cap check (live_leases between 0 and 100);

alter table project add column weight integer not null default 1;
alter table project add constraint project_weight_possible check (weight between 1 and 1000);

alter table batch add column due_at timestamptz;
alter table batch add column worker_tasks_max integer;
alter table batch add column gold_bps integer not null default 0;
alter table batch add column is_packed boolean not null default false;
alter table batch add column has_matters boolean not null default false;
alter table batch add column has_allotments boolean not null default false;
alter table batch add constraint batch_worker_tasks_max_possible check (worker_tasks_max between 1 and 1000000);
alter table batch add constraint batch_gold_possible check (gold_bps between 0 and 5000);
drop index batch_open;
create index batch_open on batch (priority desc, coalesce(due_at, 'infinity'), opened_at, batch_id) where state = 'open';
drop index batch_open_by_requirement;
create index batch_open_by_requirement
    on batch (requirement_id, priority desc, coalesce(due_at, 'infinity'), opened_at, batch_id)
    where state = 'open' and door = 'claim';

alter table task add column matter text;
alter table task add constraint task_matter_bounded check (char_length(matter) between 1 and 200);
create index task_by_matter on task (requester_id, batch_id, matter, task_id) where matter is not null;

create type allotment_kind as enum (
    'named',  -- for some workers
    'group',  -- for the people of a team
    'pack',   -- one slot of each task of a matter, for whoever takes the first
    'gold'    -- the gold of a batch, given out at its rate
);
comment on type allotment_kind is 'Whom slots are set aside for.';

-- Slots that are set aside: nobody but those it is for is given them.
create table allotment (
    requester_id   uuid            not null,
    allotment_id   uuid            not null,
    batch_id       uuid            not null,
    kind           allotment_kind  not null,
    -- A pack's: what its tasks belong to, and which slot of each.
    matter         text,
    slot_no        integer,
    -- Who has taken a pack, and until when it is theirs without a new lease on it.
    holder_id      uuid            references worker,
    held_until     timestamptz,
    -- When what is left goes to everybody; null for never.
    ends_at        timestamptz,
    constraint allotment_pkey primary key (requester_id, allotment_id),
    constraint allotment_batch_fkey foreign key (requester_id, batch_id) references batch (requester_id, batch_id),
    constraint allotment_one_per_pack unique (requester_id, batch_id, matter, slot_no),
    constraint allotment_matter_iff_pack check (num_nonnulls(matter, slot_no) = case kind when 'pack' then 2 else 0 end),
    constraint allotment_held_only_pack check (kind = 'pack' or holder_id is null),
    constraint allotment_holding_whole check ((holder_id is null) = (held_until is null)),
    constraint allotment_ends_only_reserved check (kind in ('named', 'group') or ends_at is null)
);
comment on table allotment is 'Slots set aside for somebody.';
create index allotment_by_batch on allotment (requester_id, batch_id, kind, allotment_id);
create index allotment_by_holder on allotment (holder_id, requester_id, batch_id) where holder_id is not null;
-- Serves AllotmentQueries.endedAllotments.
create index allotment_by_end on allotment (ends_at) where ends_at is not null;
-- One for the gold of a batch.
create unique index allotment_one_gold_per_batch on allotment (requester_id, batch_id) where kind = 'gold';

-- Whom an allotment is for.
create table allotment_member (
    requester_id   uuid  not null,
    allotment_id   uuid  not null,
    worker_id      uuid  references worker,
    team_id        uuid  references team,
    constraint allotment_member_allotment_fkey
        foreign key (requester_id, allotment_id) references allotment (requester_id, allotment_id),
    constraint allotment_member_one_each unique nulls not distinct (requester_id, allotment_id, worker_id, team_id),
    constraint allotment_member_is_somebody check (num_nonnulls(worker_id, team_id) = 1)
);
comment on table allotment_member is 'Whom slots are set aside for.';
create index allotment_member_by_worker on allotment_member (worker_id, requester_id) where worker_id is not null;
create index allotment_member_by_team on allotment_member (team_id, requester_id) where team_id is not null;

alter table slot add column allotment_id uuid;
alter table slot add constraint slot_allotment_fkey
    foreign key (requester_id, allotment_id) references allotment (requester_id, allotment_id);
drop index slot_open_by_batch;
create index slot_open_by_batch on slot (requester_id, batch_id, allotment_id, slot_no, task_id) where state = 'open';
drop index slot_leased_by_end;
create index slot_leased_by_end on slot (lease_until, assignment_id) where state = 'leased';
create index slot_by_allotment on slot (requester_id, allotment_id) where allotment_id is not null;

grant select, insert, update, delete on allotment, allotment_member to guildhall_app;
