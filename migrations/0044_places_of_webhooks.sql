-- What is due is taken endpoint by endpoint, so that none holds up the others, and no more than may be in hand of each.
create index webhook_delivery_due_by_endpoint
    on webhook_delivery (webhook_endpoint_id, due_at, webhook_event_id) where state = 'waiting';
create index webhook_delivery_in_hand
    on webhook_delivery (webhook_endpoint_id) where claim_id is not null and state = 'waiting';
