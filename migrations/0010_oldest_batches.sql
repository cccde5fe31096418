-- The oldest open batches are found by an index of their own: of a requirement, and of all.
create index batch_open_by_requirement_age
    on batch (requirement_id, opened_at, batch_id) where state = 'open' and door = 'claim';
create index batch_open_by_age on batch (opened_at, batch_id) where state = 'open';
