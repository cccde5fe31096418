-- What routing goes by: named numbers that operators set. The newest is in force; append-only.
create table scheduler_policy (
    version  integer      primary key,
    -- Whole numbers by name: weights, and rate_XXX in micros of the reference currency. What is not named is at its
    -- default.
    weights  jsonb        not null,
    set_by   uuid         not null references principal,
    set_at   timestamptz  not null,
    reason   text         not null,
    constraint scheduler_policy_version_positive check (version >= 1),
    constraint scheduler_policy_weights_named
        check (jsonb_typeof(weights) = 'object' and octet_length(weights::text) <= 65536),
    constraint scheduler_policy_reason_bounded check (char_length(reason) between 1 and 500)
);
comment on table scheduler_policy is 'Weights of routing as they were set; append-only.';
create index scheduler_policy_by_setter on scheduler_policy (set_by);

-- Words of their own for work that is worth less than its pay, and for work that waits for somebody better.
alter type unrouted_reason add value 'below_pay' before 'below_price';
alter type unrouted_reason add value 'waits_for_better' before 'outbid';

-- Answers are counted by what was paid against the rate, too, and in numbers that fade: half of each is left after 60
-- days. All is counted anew from the offers.
delete from offer_response;
alter table offer_response
    drop constraint offer_response_pkey,
    add column pay_band smallint not null,
    add column faded_accepted bigint not null,
    add column faded_offered bigint not null,
    add column faded_delay bigint not null,
    add column faded_at timestamptz not null,
    add constraint offer_response_pkey primary key (worker_id, profession, hour_band, pay_band),
    add constraint offer_response_pay_band_possible check (pay_band between 0 and 2),
    add constraint offer_response_fading_possible check (
        0 <= faded_accepted and faded_accepted <= faded_offered
        and faded_offered <= 1000 * (accepted + declined + lapsed)::bigint and faded_delay >= 0
    );
insert into offer_response (worker_id, profession, hour_band, accepted, declined, lapsed, pay_band, faded_accepted,
                            faded_offered, faded_delay, faded_at)
select worker_id, profession, hour_band, count(*) filter (where state = 'accepted'),
       count(*) filter (where state = 'declined'), count(*) filter (where state = 'lapsed'), pay_band,
       floor(1000 * coalesce(sum(part) filter (where state = 'accepted'), 0))::bigint,
       ceil(1000 * sum(part))::bigint,
       floor(1000 * coalesce(sum(part * minutes) filter (where state = 'accepted'), 0))::bigint, last_at
  from (select offer.worker_id, rate.profession, offer.hour_band, offer.state, newest.last_at,
               case when rate.unit = 'item' then 1
                    when offer.pay_minor * 10 < usual.pay_minor * 9 then 0
                    when offer.pay_minor * 10 <= usual.pay_minor * 11 then 1
                    else 2 end as pay_band,
               extract(epoch from offer.closed_at - offer.offered_at)::float8 / 60 as minutes,
               power(0.5::float8, extract(epoch from newest.last_at - offer.closed_at)::float8 / (60 * 86400)) as part
          from offer
          join batch using (requester_id, batch_id)
          join rate using (rate_id)
          join (select worker_id, max(closed_at) as last_at from offer group by worker_id) as newest
            on newest.worker_id = offer.worker_id
         cross join lateral (
            select case rate.unit when 'hour' then rate.amount_minor * offer.expected_minutes / 60
                                  else rate.amount_minor end as pay_minor
         ) as usual
         where offer.state in ('accepted', 'declined', 'lapsed')) as told
 group by worker_id, profession, hour_band, pay_band, last_at;

-- Rights ----------------------------------------------------------------------

grant select, insert, update, delete on scheduler_policy to guildhall_app;
revoke update, delete on scheduler_policy from guildhall_app;
