-- Policies on hours of a part of a country, over a rolling window of weeks, and with rest. What held when hours were
-- reserved stays with them.
alter table hours_policy
    add column region text,
    add column window_weeks integer,
    add column window_minutes_average integer,
    add column rest_minutes integer,
    add constraint hours_policy_region_is_iso3166 check (region ~ '^[A-Z]{2}-[A-Z0-9]{1,3}$'),
    add constraint hours_policy_region_in_country check (region is null or coalesce(left(region, 2) = country, false)),
    add constraint hours_policy_window_whole check ((window_weeks is null) = (window_minutes_average is null)),
    add constraint hours_policy_window_possible
        check (window_weeks between 2 and 53 and window_minutes_average between 0 and 10080),
    add constraint hours_policy_rest_possible check (rest_minutes between 1 and 1439),
    drop constraint hours_policy_no_overlap;
alter table hours_policy
    add constraint hours_policy_no_overlap
        exclude using gist ((coalesce(region, country, '')) with =, in_force with &&);
comment on table hours_policy is 'Effective-dated caps on hours, and rest, by place.';

alter table hours_entry
    add column rest_minutes integer,
    add column window_weeks integer,
    add column window_minutes_max integer,
    add constraint hours_entry_rest_possible check (rest_minutes between 1 and 1439),
    add constraint hours_entry_window_whole check ((window_weeks is null) = (window_minutes_max is null)),
    add constraint hours_entry_window_possible check (window_weeks between 2 and 53 and window_minutes_max >= 0),
    add constraint hours_entry_bounds_of_reserved
        check (kind = 'reserved' or (rest_minutes is null and window_weeks is null));

-- What offers of a part of a week asked for: hours that nobody asked for say nothing of whether they were free.
alter table hours_forecast
    add column offered_minutes integer,
    add constraint hours_forecast_offered_possible check (offered_minutes >= 0),
    add constraint hours_forecast_offered_when_over check (offered_minutes is null or worked_minutes is not null);
