-- The life of a batch: deadline, how it ended, archive; redundancy that follows how far answers agree.

create type batch_closed_reason as enum (
    'done',      -- nothing was left to do
    'budget',    -- its budget was lowered, and what it no longer covered was withdrawn
    'expired',   -- its deadline passed
    'withdrawn'  -- by hand
);
comment on type batch_closed_reason is 'How a batch ended.';

alter table batch
    add column closed_reason    batch_closed_reason,
    add column closed_by        uuid  references principal,
    add column archived_at      timestamptz,
    add column redundancy_most  integer  not null default 1,
    add column agreement_bps    integer,
    add column closes_as        batch_closed_reason,
    add column resizing_to      integer;
update batch set redundancy_most = redundancy;
-- Batches were closed by hand only; who did it is in the audit log.
update batch
   set closed_reason = 'withdrawn',
       closed_by = coalesce(
           (select actor_id from audit_event
             where stream = 'requester:' || batch.requester_id and action = 'batch_closed'
               and subject_id = batch.batch_id
             limit 1),
           (select principal_id from principal order by created_at, principal_id limit 1))
 where state = 'closed';
alter table batch
    drop constraint batch_closed_iff_terminal,
    add constraint batch_closed_iff_terminal check (
        num_nonnulls(closed_at, closed_reason, closed_by) = case when state in ('closed', 'archived') then 3 else 0 end
    ),
    add constraint batch_archived_iff_archived check ((archived_at is not null) = (state = 'archived')),
    add constraint batch_redundancy_most_possible check (redundancy_most between redundancy and 100),
    add constraint batch_agreement_iff_adaptive check ((agreement_bps is not null) = (redundancy_most > redundancy)),
    add constraint batch_agreement_possible check (agreement_bps between 1 and 10000),
    add constraint batch_resizing_possible check (resizing_to between 1 and redundancy_most);
create index batch_by_closer on batch (closed_by);
create index batch_in_work on batch (batch_id) where state in ('open', 'paused');
create index batch_due on batch (due_at) where due_at is not null and state in ('open', 'paused');
