-- Routing by cells; offers that know their terms; how workers answer.

create type decline_reason as enum ('not_now', 'too_low', 'not_my_field', 'too_long', 'conflict_of_interest', 'other');
comment on type decline_reason is 'Why a worker declined an offer.';

alter table worker_week add column offered_minutes bigint not null default 0;
alter table worker_week add constraint worker_week_offered_possible check (offered_minutes >= 0);

alter table offer
    add column terms_hash bytea,
    add column turn_no integer,
    add column expected_minutes integer,
    add column pay_minor bigint,
    add column currency text,
    add column week_starts_on date,
    add column hour_band smallint,
    add column decline_reason decline_reason;
-- What the terms were is not known of offers that were made before: those of a batch to a worker count as on the same.
update offer
   set terms_hash = sha256(convert_to(offer.batch_id::text, 'UTF8')), turn_no = past.turn_no,
       expected_minutes = batch.expected_minutes, pay_minor = batch.pay_minor, currency = batch.currency,
       week_starts_on = date_trunc('week', offer.offered_at at time zone worker.time_zone)::date,
       hour_band = extract(hour from offer.offered_at at time zone worker.time_zone)::integer / 6
  from batch, worker,
       (select requester_id, offer_id,
               row_number() over (partition by requester_id, batch_id, worker_id order by offer_id) as turn_no
          from offer) as past
 where batch.requester_id = offer.requester_id and batch.batch_id = offer.batch_id
   and worker.worker_id = offer.worker_id
   and past.requester_id = offer.requester_id and past.offer_id = offer.offer_id;
-- Who had declined was asked again; each such offer counts as on terms of its own.
update offer set terms_hash = sha256(convert_to(offer_id::text, 'UTF8')), turn_no = 1 where state = 'declined';
alter table offer
    alter column terms_hash set not null,
    alter column turn_no set not null,
    alter column expected_minutes set not null,
    alter column pay_minor set not null,
    alter column currency set not null,
    alter column week_starts_on set not null,
    alter column hour_band set not null,
    add constraint offer_terms_hash_is_sha256 check (octet_length(terms_hash) = 32),
    add constraint offer_turn_possible check (turn_no between 1 and 100000),
    add constraint offer_minutes_possible check (expected_minutes between 1 and 10080),
    add constraint offer_pay_possible check (pay_minor between 0 and 1000000000000),
    add constraint offer_currency_is_iso4217 check (currency ~ '^[A-Z]{3}$'),
    add constraint offer_week_starts_monday check (extract(isodow from week_starts_on) = 1),
    add constraint offer_hour_band_possible check (hour_band between 0 and 3),
    add constraint offer_decline_reason_only_declined check (decline_reason is null or state = 'declined');
insert into worker_week (worker_id, week_starts_on, minutes_max, committed_minutes, offered_minutes)
select offer.worker_id, offer.week_starts_on, min(worker.weekly_minutes_max), 0, sum(offer.expected_minutes)
  from offer join worker using (worker_id)
 group by offer.worker_id, offer.week_starts_on
    on conflict (worker_id, week_starts_on) do update set offered_minutes = excluded.offered_minutes;
drop index offer_by_batch;
-- No task is offered twice to one worker on the same terms: there are as many turns as tasks.
create unique index offer_once_per_turn on offer (requester_id, batch_id, worker_id, terms_hash, turn_no);
-- Who declined is not asked again on the same terms.
create unique index offer_not_again_on_terms
    on offer (requester_id, batch_id, worker_id, terms_hash) where state in ('open', 'declined');

-- How workers answered offers, by the profession and the six hours of their day in which they came: what their chance to
-- accept is learnt from. Says the same as their offers.
create table offer_response (
    worker_id   uuid      not null references worker,
    profession  text      not null references profession,
    hour_band   smallint  not null,
    accepted    integer   not null default 0,
    declined    integer   not null default 0,
    lapsed      integer   not null default 0,
    constraint offer_response_pkey primary key (worker_id, profession, hour_band),
    constraint offer_response_hour_band_possible check (hour_band between 0 and 3),
    constraint offer_response_counts_possible check (accepted >= 0 and declined >= 0 and lapsed >= 0)
);
comment on table offer_response is 'Answers to offers by worker, profession and time of day.';
create index offer_response_by_profession on offer_response (profession);

-- A part of the market that one scheduler routes at a time: the batches at one profession's rates. Its row is locked for
-- the length of a round, and free again when that transaction ends, however it ends.
create table routing_cell (
    profession  text         primary key references profession,
    -- Rounds that have ended.
    epoch       bigint       not null default 0,
    -- When the last of them began; null before the first.
    routed_at   timestamptz,
    constraint routing_cell_epoch_possible check (epoch >= 0),
    constraint routing_cell_routed_iff_epoch check ((routed_at is not null) = (epoch > 0))
);
comment on table routing_cell is 'Cells of the market and when they were routed last.';
insert into offer_response (worker_id, profession, hour_band, accepted, declined, lapsed)
select offer.worker_id, rate.profession, offer.hour_band, count(*) filter (where offer.state = 'accepted'),
       count(*) filter (where offer.state = 'declined'), count(*) filter (where offer.state = 'lapsed')
  from offer join batch using (requester_id, batch_id) join rate using (rate_id)
 where offer.state in ('accepted', 'declined', 'lapsed')
 group by offer.worker_id, rate.profession, offer.hour_band;

-- Rights ----------------------------------------------------------------------

grant select, insert, update, delete on offer_response, routing_cell to guildhall_app;
