-- Gold that is minted from judged work, canaries, and who has seen which gold; judgements that are counted as they are
-- made; what one more answer by each worker would bring.

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

drop index opinion_by_batch;
drop index opinion_by_author;
-- How many first opinions there are of the answers to a batch, or by a worker, and how many of them rejected for one
-- person alone: what the limit of such rejections is held against, without counting anew.
create table review_tally (
    requester_id  uuid    not null,
    -- A batch or a worker.
    subject_id    uuid    not null,
    judged        bigint  not null,
    alone         bigint  not null,
    constraint review_tally_pkey primary key (requester_id, subject_id),
    constraint review_tally_counts_possible check (alone between 0 and judged)
) with (fillfactor = 50);
comment on table review_tally is 'How much was judged, and rejected by one person alone.';

insert into review_tally (requester_id, subject_id, judged, alone)
select requester_id, subject_id, count(*), count(*) filter (where share_bps < 5000 and not asks_second)
  from opinion cross join lateral unnest(array[batch_id, author_id]) as subject_id
 where role = 'first'
 group by requester_id, subject_id;

-- How much one more answer is expected to settle the tasks of a batch that ask for one: by somebody of whom nothing is
-- known, as of when. Batches that stop by the posterior.
create table batch_gain (
    requester_id  uuid         not null,
    batch_id      uuid         not null,
    rated_at      timestamptz  not null,
    -- In millionths; null where no task asks for one more, or no fit can be trusted.
    usual_ppm     bigint,
    constraint batch_gain_pkey primary key (requester_id, batch_id),
    constraint batch_gain_batch_fkey foreign key (requester_id, batch_id) references batch (requester_id, batch_id),
    constraint batch_gain_possible check (usual_ppm between 0 and 1000000)
);
comment on table batch_gain is 'What one more answer by anybody would bring.';

-- The same by workers, by their confusion in the project.
create table worker_gain (
    requester_id  uuid    not null,
    batch_id      uuid    not null,
    worker_id     uuid    not null references worker,
    gain_ppm      bigint  not null,
    constraint worker_gain_pkey primary key (requester_id, batch_id, worker_id),
    constraint worker_gain_batch_fkey
        foreign key (requester_id, batch_id) references batch_gain (requester_id, batch_id),
    constraint worker_gain_possible check (gain_ppm between 0 and 1000000)
);
comment on table worker_gain is 'What one more answer by workers would bring.';
create index worker_gain_by_worker on worker_gain (worker_id);

create index batch_asking on batch (batch_id) where state = 'open' and error_cost_minor is not null;

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

grant select, insert, update, delete on gold_item, gold_task, gold_exposure, review_tally,
    batch_gain, worker_gain to guildhall_app;
-- Who has seen which gold stays on record; only how they did is entered.
revoke update, delete on gold_item, gold_task, gold_exposure from guildhall_app;
grant update (exposures) on gold_item to guildhall_app;
grant update (told_at, is_right) on gold_exposure to guildhall_app;
