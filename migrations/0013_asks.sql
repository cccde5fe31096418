-- Standing asks of workers, direct offers with their turns, and what screens of auctions found.

-- The least that a worker wants for an hour: keeps work that pays less from what they are offered, and does nothing
-- else. The ask for a profession counts before the one for any. Nobody but the worker is shown the amount.
create table standing_ask (
    standing_ask_id  uuid       primary key,
    worker_id        uuid       not null references worker,
    -- Null for any that has no ask of its own.
    profession       text       references profession,
    currency         text       not null,
    hourly_minor     bigint     not null,
    in_force         tstzrange  not null,
    constraint standing_ask_currency_is_iso4217 check (currency ~ '^[A-Z]{3}$'),
    constraint standing_ask_hourly_possible check (hourly_minor between 1 and 1000000000000),
    constraint standing_ask_in_force_bounded_below check (not lower_inf(in_force) and not isempty(in_force)),
    constraint standing_ask_no_overlap exclude using gist (
        worker_id with =, currency with =, (coalesce(profession, '')) with =, in_force with &&
    )
);
comment on table standing_ask is 'Effective-dated least pay of an hour that workers want.';
create index standing_ask_by_worker on standing_ask (worker_id, standing_ask_id desc);
create index standing_ask_by_profession on standing_ask (profession) where profession is not null;

create type bargainer as enum ('requester', 'worker');
comment on type bargainer is 'The two sides of a direct offer.';

create type direct_offer_state as enum (
    'open',       -- whoever did not make the last turn may answer it
    'agreed',     -- the last turn was accepted; the worker may take the tasks until its deadline
    'done',       -- terminal: as many tasks were taken as were agreed
    'declined',   -- terminal: the other side does not want it
    'withdrawn',  -- terminal: taken back by whoever made the last turn
    'lapsed'      -- terminal: not answered, or not all of it taken, in time
);
comment on type direct_offer_state is 'Where a direct offer stands; neither an open nor an agreed one reserves anything.';

-- What a requester and one worker bargain about a batch: an amount for each task, and for how many.
create table direct_offer (
    requester_id     uuid                not null,
    direct_offer_id  uuid                not null,
    batch_id         uuid                not null,
    worker_id        uuid                not null references worker,
    state            direct_offer_state  not null,
    -- The last turn is the one that stands; how many tasks it is about, and how many of them were taken.
    turn_count       integer             not null,
    quantity         integer             not null,
    taken            integer             not null default 0,
    -- When it lapses: the time to answer, once it is agreed the deadline.
    ends_at          timestamptz         not null,
    made_at          timestamptz         not null,
    agreed_at        timestamptz,
    agreed_by        uuid                references principal,
    closed_at        timestamptz,
    closed_by        uuid                references principal,
    constraint direct_offer_pkey primary key (requester_id, direct_offer_id),
    constraint direct_offer_batch_fkey foreign key (requester_id, batch_id) references batch (requester_id, batch_id),
    constraint direct_offer_turns_possible check (turn_count between 1 and 20),
    constraint direct_offer_quantity_possible check (quantity between 1 and 10000),
    constraint direct_offer_taken_within_quantity check (taken between 0 and quantity),
    constraint direct_offer_done_iff_all_taken check ((state = 'done') = (taken = quantity)),
    constraint direct_offer_taken_only_agreed check (taken = 0 or agreed_at is not null),
    constraint direct_offer_agreed_in_state check (
        (agreed_at is null) = (agreed_by is null)
        and case when agreed_at is null then state not in ('agreed', 'done')
                 else state in ('agreed', 'done', 'lapsed') end
    ),
    constraint direct_offer_closed_iff_terminal
        check (num_nonnulls(closed_at, closed_by) = case when state in ('open', 'agreed') then 0 else 2 end)
);
comment on table direct_offer is 'Direct offers of requesters to workers.';
-- One at a time between a requester and a worker in a batch.
create unique index direct_offer_one_live_per_worker_batch
    on direct_offer (requester_id, batch_id, worker_id) where state in ('open', 'agreed');
create index direct_offer_by_batch on direct_offer (requester_id, batch_id, direct_offer_id desc);
create index direct_offer_by_worker on direct_offer (worker_id, direct_offer_id desc);
create index direct_offer_by_agreer on direct_offer (agreed_by) where agreed_by is not null;
create index direct_offer_by_closer on direct_offer (closed_by) where closed_by is not null;
-- Serves DirectOfferQueries.lapseDirectOffers.
create index direct_offer_live_by_end on direct_offer (ends_at) where state in ('open', 'agreed');

-- What one side wants: the first turn is the requester's, then they alternate. Append-only.
create table direct_offer_turn (
    requester_id     uuid         not null,
    direct_offer_id  uuid         not null,
    turn_no          integer      not null,
    side             bargainer    not null,
    made_by          uuid         not null references principal,
    made_at          timestamptz  not null,
    -- For one task, in the currency of the batch.
    amount_minor     bigint       not null,
    -- Of how many tasks.
    quantity         integer      not null,
    -- Until when the other side may answer, and until when tasks may be taken.
    answer_by        timestamptz  not null,
    deadline         timestamptz  not null,
    -- In words; empty for none.
    conditions       text         not null,
    constraint direct_offer_turn_pkey primary key (requester_id, direct_offer_id, turn_no),
    constraint direct_offer_turn_offer_fkey
        foreign key (requester_id, direct_offer_id) references direct_offer (requester_id, direct_offer_id),
    constraint direct_offer_turn_alternates check (turn_no > 0 and (side = 'requester') = (turn_no % 2 = 1)),
    constraint direct_offer_turn_amount_possible check (amount_minor between 1 and 1000000000000),
    constraint direct_offer_turn_quantity_possible check (quantity between 1 and 10000),
    constraint direct_offer_turn_times_in_order check (made_at < answer_by and answer_by <= deadline),
    constraint direct_offer_turn_conditions_bounded check (char_length(conditions) <= 2000)
);
comment on table direct_offer_turn is 'Offers and counter-offers; append-only.';
create index direct_offer_turn_by_maker on direct_offer_turn (made_by);

-- A lease that was taken under a direct offer, at its price. Append-only.
create table direct_offer_lease (
    requester_id     uuid  not null,
    assignment_id    uuid  not null,
    direct_offer_id  uuid  not null,
    constraint direct_offer_lease_pkey primary key (requester_id, assignment_id),
    constraint direct_offer_lease_assignment_fkey
        foreign key (requester_id, assignment_id) references assignment (requester_id, assignment_id),
    constraint direct_offer_lease_offer_fkey
        foreign key (requester_id, direct_offer_id) references direct_offer (requester_id, direct_offer_id)
);
comment on table direct_offer_lease is 'Leases under direct offers.';
create index direct_offer_lease_by_offer on direct_offer_lease (requester_id, direct_offer_id, assignment_id);

create type screen_kind as enum (
    'ring',             -- bidders who are dear in the same auctions
    'rotation',         -- bidders who win in turns
    'identical_bids',   -- bidders who bid the same amount more often than others do
    'linked_accounts',  -- accounts that may be one person's, in the same auctions
    'non_performance'   -- a worker who lets awards lapse far more often than others do
);
comment on type screen_kind is 'What a screen of cleared auctions looks for.';

create type finding_state as enum (
    'open',       -- for a person to look at
    'dismissed',  -- terminal: nothing is behind it
    'confirmed'   -- terminal: it is so; what follows is a decision of its own
);
comment on type finding_state is 'Where a finding stands.';

-- What a screen found in the cleared auctions of a cell, for a person to look at. Nothing follows from it by itself.
create table screen_finding (
    screen_finding_id  uuid           primary key,
    -- The cell: what the work demands, and whose work it is.
    requirement_id     uuid           not null references requirement,
    profession         text           not null references profession,
    tier               tier           not null,
    kind               screen_kind    not null,
    -- How surprising it is, in thousandths: of the power of ten that the chance of it is one in; of linked accounts the
    -- auctions that they share.
    score_milli        bigint         not null,
    -- Whom it is about, and the auctions that it was found in; each in the order of the ids, each once.
    workers            uuid[]         not null,
    auctions           uuid[]         not null,
    evidence           jsonb          not null,
    -- SHA-256 of cell, kind and workers: the same again changes the open finding.
    fingerprint        bytea          not null,
    found_at           timestamptz    not null,
    state              finding_state  not null,
    decided_at         timestamptz,
    decided_by         uuid           references principal,
    reasons            text,
    constraint screen_finding_score_possible check (score_milli between 0 and 1000000000000),
    constraint screen_finding_workers_named check (cardinality(workers) between 1 and 200),
    constraint screen_finding_auctions_named check (cardinality(auctions) between 1 and 10000),
    constraint screen_finding_fingerprint_is_sha256 check (octet_length(fingerprint) = 32),
    constraint screen_finding_decided_iff_not_open
        check (num_nonnulls(decided_at, decided_by, reasons) = case when state = 'open' then 0 else 3 end),
    constraint screen_finding_reasons_given check (char_length(reasons) between 1 and 2000),
    constraint screen_finding_decider_is_other check (decided_by <> all (workers))
);
comment on table screen_finding is 'What screens of auctions found, and what people said about it.';
create index screen_finding_by_requirement on screen_finding (requirement_id);
create index screen_finding_by_profession on screen_finding (profession);
create index screen_finding_by_decider on screen_finding (decided_by) where decided_by is not null;
-- Serves FindingQueries.findings.
create index screen_finding_by_state on screen_finding (state, screen_finding_id);
create unique index screen_finding_one_open on screen_finding (fingerprint) where state = 'open';

-- Rights ----------------------------------------------------------------------

grant select, insert, update, delete on
    standing_ask, direct_offer, direct_offer_turn, direct_offer_lease, screen_finding
    to guildhall_app;
-- What was asked, offered or found stays on record.
revoke update, delete on direct_offer_turn, direct_offer_lease from guildhall_app;
revoke delete on standing_ask, direct_offer, screen_finding from guildhall_app;
