-- How long workers take against what is expected of their tasks: the scheduler's chance that they are done in time.

alter table hours_forecast
    add column pace_millionths integer not null default 1000000,
    add constraint hours_forecast_pace_possible check (pace_millionths between 1 and 100000000);

-- Who declines because it is not the time may be asked again, for another task.
drop index offer_not_again_on_terms;
create unique index offer_not_again_on_terms
    on offer (requester_id, batch_id, worker_id, terms_hash)
 where state = 'open' or state = 'declined' and decline_reason is distinct from 'not_now';
