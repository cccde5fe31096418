-- Whether two operators named the address that somebody was invited to. Of letters under way nobody knows it: where it
-- takes two, they are to be sent again.
alter table person_login add column by_two boolean not null default false;

-- Endpoints where nothing arrives several times in a row are tried in turns: how often, and when last.
alter table webhook_endpoint
    add column failures integer not null default 0,
    add column failed_at timestamptz;
update webhook_endpoint set failures = 3, failed_at = failing_since where failing_since is not null;
alter table webhook_endpoint
    add constraint webhook_endpoint_failures_possible check (failures between 0 and 1000000),
    add constraint webhook_endpoint_failing_iff_failed
        check ((failing_since is null) = (failures = 0) and (failing_since is null) = (failed_at is null));
