-- Tasks and slots are made open: whether work can be taken is their batch's state. A batch knows how many it has.

alter table batch
    add column task_count bigint not null default 0,
    add column slot_count bigint not null default 0,
    add column reopened_at timestamptz,
    add constraint batch_counts_possible check (task_count >= 0 and slot_count >= task_count),
    add constraint batch_reopened_after_opening check (reopened_at >= opened_at);

alter table worker_load add column idle_since timestamptz;

-- Batch by batch, and the slots of a draft 20,000 tasks at a time: no statement grows with the market.
do $$
declare
    one record;
    last uuid;
    upto uuid;
begin
    for one in select requester_id, batch_id, state from batch loop
        update batch
           set task_count = (select count(*) from task
                              where task.requester_id = one.requester_id and task.batch_id = one.batch_id),
               slot_count = (select count(*) from slot
                              where slot.requester_id = one.requester_id and slot.batch_id = one.batch_id)
         where batch.requester_id = one.requester_id and batch.batch_id = one.batch_id;
        continue when one.state <> 'draft';
        last := '00000000-0000-0000-0000-000000000000';
        loop
            upto := (select task_id from task
                      where requester_id = one.requester_id and batch_id = one.batch_id and task_id > last
                      order by task_id
                     offset 19999
                      limit 1);
            update slot set state = 'open'
             where requester_id = one.requester_id and batch_id = one.batch_id
               and task_id > last and (upto is null or task_id <= upto) and state = 'waiting';
            exit when upto is null;
            last := upto;
        end loop;
    end loop;
end $$;

-- A stored task is open or closed; PostgreSQL takes a value out of an enum only by another enum. One pass over `task`,
-- whose rows are narrow.
alter type task_state rename to task_state_before;
create type task_state as enum ('open', 'closed');
comment on type task_state is 'Where a task stands; one of a draft batch is a draft. What happens to its slots is theirs.';
alter table task
    alter column state type task_state using (case state when 'closed' then 'closed' else 'open' end)::task_state;
drop type task_state_before;
