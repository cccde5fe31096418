-- Gold that is minted from judged work, canaries, and who has seen which gold.

create type gold_source as enum (
    'brought',  -- by its requester, with its known answer
    'minted',   -- a copy of a task whose answer people settled
    'canary'    -- what is right is to give it back, and say why
);
comment on type gold_source is 'How it is known what is right for an item of gold.';

-- What workers are tested with. Whoever is given one of its tasks has seen it, whatever came of it.
create table gold_item (
    requester_id   uuid             not null,
    -- The task that it is about: of a minted one the one that was settled, else the one that is given out.
    gold_item_id   uuid             not null,
    source         gold_source      not null,
    -- How many people it is shown to, and how many it may be; null for as many as ask.
    exposures      integer          not null,
    exposures_max  integer,
    -- Of a canary: why it is given back by whoever is right.
    right_reasons  return_reason[],
    constraint gold_item_pkey primary key (requester_id, gold_item_id),
    constraint gold_item_task_fkey foreign key (requester_id, gold_item_id) references task (requester_id, task_id),
    constraint gold_item_limited_unless_brought check ((exposures_max is null) = (source = 'brought')),
    constraint gold_item_most_possible check (exposures_max between 1 and 100),
    constraint gold_item_shown_within_most check (exposures between 0 and coalesce(exposures_max, exposures)),
    constraint gold_item_reasons_iff_canary check ((right_reasons is not null) = (source = 'canary')),
    constraint gold_item_reasons_named check (cardinality(right_reasons) between 1 and 7)
) with (fillfactor = 80);
comment on table gold_item is 'What workers are tested with.';

-- Which tasks are given out as an item of gold. Append-only.
create table gold_task (
    requester_id  uuid  not null,
    task_id       uuid  not null,
    gold_item_id  uuid  not null,
    constraint gold_task_pkey primary key (requester_id, task_id),
    constraint gold_task_task_fkey foreign key (requester_id, task_id) references task (requester_id, task_id),
    constraint gold_task_item_fkey
        foreign key (requester_id, gold_item_id) references gold_item (requester_id, gold_item_id)
);
comment on table gold_task is 'Tasks that are given out as gold.';
create index gold_task_by_item on gold_task (requester_id, gold_item_id);

-- Who has seen an item of gold, each once, and how they did.
create table gold_exposure (
    requester_id   uuid         not null,
    gold_item_id   uuid         not null,
    worker_id      uuid         not null references worker,
    -- By which they saw it first.
    assignment_id  uuid         not null,
    shown_at       timestamptz  not null,
    -- When it was told how they did, and how; null where that says nothing.
    told_at        timestamptz,
    is_right       boolean,
    constraint gold_exposure_pkey primary key (requester_id, gold_item_id, worker_id),
    constraint gold_exposure_item_fkey
        foreign key (requester_id, gold_item_id) references gold_item (requester_id, gold_item_id),
    constraint gold_exposure_assignment_fkey
        foreign key (requester_id, assignment_id) references assignment (requester_id, assignment_id),
    constraint gold_exposure_one_per_assignment unique (requester_id, assignment_id),
    constraint gold_exposure_known_only_told check (is_right is null or told_at is not null)
);
comment on table gold_exposure is 'Who has seen which gold.';
create index gold_exposure_by_worker on gold_exposure (worker_id, requester_id, shown_at);
-- Serves GoldQueries.lockUntoldExposure.
create index gold_exposure_untold on gold_exposure (shown_at) where told_at is null;

create index opinion_upheld on opinion (requester_id, batch_id, assignment_id) where role <> 'first' and verdict = 'accepted';

-- The gold of before: the tasks that are set aside as it, and who was given them.
insert into gold_item (requester_id, gold_item_id, source, exposures)
select slot.requester_id, slot.task_id, 'brought',
       (select count(distinct worker_id) from assignment
         where assignment.requester_id = slot.requester_id and assignment.task_id = slot.task_id)
  from slot join allotment using (requester_id, allotment_id)
 where allotment.kind = 'gold'
 group by slot.requester_id, slot.task_id;
insert into gold_task (requester_id, task_id, gold_item_id)
select requester_id, gold_item_id, gold_item_id from gold_item;
insert into gold_exposure (requester_id, gold_item_id, worker_id, assignment_id, shown_at)
select distinct on (requester_id, task_id, worker_id) requester_id, task_id, worker_id, assignment_id, leased_at
  from assignment join gold_task using (requester_id, task_id)
 order by requester_id, task_id, worker_id, assignment_id;

grant select, insert, update, delete on gold_item, gold_task, gold_exposure to guildhall_app;
-- Who has seen which gold stays on record; only how they did is entered.
revoke update, delete on gold_item, gold_task, gold_exposure from guildhall_app;
grant update (exposures) on gold_item to guildhall_app;
grant update (told_at, is_right) on gold_exposure to guildhall_app;
