-- How long workers take against what is expected of their tasks: the scheduler's chance that they are done in time.

alter table hours_forecast
    add column pace_millionths integer not null default 1000000,
    add constraint hours_forecast_pace_possible check (pace_millionths between 1 and 100000000);
