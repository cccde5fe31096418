-- Requests about one worker, which go with them when they are erased.
create index idempotency_key_by_worker on idempotency_key
    (lower(coalesce(nullif(split_part(route, '/', 4), ''), answer ->> 'worker')))
    where split_part(route, '/', 3) = 'workers';
