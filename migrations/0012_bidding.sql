-- Bidding: auctions with sealed bids, awards, and slots that are set aside for winners at a price of their own.

comment on type batch_door is 'How assignments of a batch are got: pulled by workers, offered by the scheduler, or won in an auction.';

-- What each slot of an award pays, and the platform's part.
alter table allotment
    add column pay_minor  bigint,
    add column fee_minor  bigint,
    drop constraint allotment_held_only_pack,
    drop constraint allotment_ends_only_reserved,
    add constraint allotment_held_only_pack_or_award check (kind in ('pack', 'award') or holder_id is null),
    add constraint allotment_ends_only_reserved check (kind in ('named', 'group', 'award') or ends_at is null),
    add constraint allotment_priced_iff_award
        check (num_nonnulls(pay_minor, fee_minor) = case kind when 'award' then 2 else 0 end),
    add constraint allotment_pay_positive check (pay_minor > 0 and fee_minor >= 0);

-- Serves AuctionQueries.freezeQuality.
create index skill_estimate_by_skill on skill_estimate (skill, worker_id, version desc);

create type auction_lane as enum (
    'sealed',  -- second score: sealed bids, quality in money, the best scores win
    'clock'    -- a price that falls until what the stayers take fits the budget
);
comment on type auction_lane is 'By which rule an auction is cleared.';

create type auction_state as enum (
    'open',         -- bids are sealed, and can be placed, changed and withdrawn
    'closed',       -- bids bind; they are being opened
    'awarding',     -- cleared; awards are being written
    'awarded',      -- terminal: every winner has an award
    'fallen_back',  -- terminal: too few bid; the batch is claimed at its posted rate
    'unfilled',     -- terminal: nobody won
    'cancelled'     -- terminal: its batch ended before; nothing was opened
);
comment on type auction_state is 'Where an auction stands.';

-- A round in which workers bid for the tasks of a batch. What decides it is fixed at the opening.
create table auction (
    requester_id          uuid           not null,
    auction_id            uuid           not null,
    batch_id              uuid           not null,
    -- Of its batch: 1, and one more for each auction of what is left.
    round_no              integer        not null,
    lane                  auction_lane   not null,
    state                 auction_state  not null,
    opened_by             uuid           not null references principal,
    opened_at             timestamptz    not null,
    -- Moved by bids in the last seconds, up to the latest.
    closes_at             timestamptz    not null,
    closes_latest_at      timestamptz    not null,
    -- A bid within so many seconds of the close moves it to so many seconds from the bid.
    snipe_seconds         integer        not null,
    extension_seconds     integer        not null,
    -- How long a winner may take to accept, and how long what was accepted stays reserved.
    acceptance_seconds    integer        not null,
    reserved_seconds      integer        not null,
    -- What was to be had at the opening.
    task_count            bigint         not null,
    redundancy            integer        not null,
    expected_minutes      integer        not null,
    currency              text           not null,
    -- Of a bid for one assignment; later rounds may widen the ceiling up to the most.
    floor_minor           bigint         not null,
    ceiling_minor         bigint         not null,
    ceiling_most_minor    bigint         not null,
    -- The least score that wins. Sealed lane only.
    reserve_score_minor   bigint,
    -- What all units may cost, and by how much the price falls in a step, in ten-thousandths. Clock lane only.
    budget_minor          bigint,
    step_bps              integer,
    -- What a hundredth of quality above the baseline is worth; in which skill, and what counts for who has no estimate.
    quality_value_minor   bigint         not null,
    quality_baseline_bps  integer        not null,
    quality_default_bps   integer        not null,
    skill                 text           not null,
    -- By how much the next round's ceiling is higher, in ten-thousandths, and how many rounds follow by themselves.
    widen_bps             integer        not null,
    rounds_left           integer        not null,
    -- Of the rules by which it is cleared.
    rule_version          integer        not null,
    -- SHA-256 of the seed that breaks ties; the seed is sealed until the close.
    commitment            bytea          not null,
    seed                  bytea,
    sealed_seed           bytea,
    -- The key that bids are sealed under, wrapped by AES-256-GCM. Forgotten when the bids are open: what was changed or
    -- withdrawn before is never read.
    wrapping_key          text           references wrapping_key,
    wrapped               bytea,
    closed_at             timestamptz,
    -- What was cleared and what came of it, as canonical JSON, and the SHA-256 of both.
    market                jsonb,
    result                jsonb,
    record_hash           bytea,
    -- How many winners of the result have their award.
    awards_written        integer        not null default 0,
    constraint auction_pkey primary key (requester_id, auction_id),
    constraint auction_batch_fkey foreign key (requester_id, batch_id) references batch (requester_id, batch_id),
    constraint auction_one_per_round unique (requester_id, batch_id, round_no),
    constraint auction_round_possible check (round_no between 1 and 1000),
    constraint auction_times_ordered check (opened_at < closes_at and closes_at <= closes_latest_at),
    constraint auction_windows_possible check (
        snipe_seconds between 0 and 86400 and extension_seconds between 0 and 86400
        and acceptance_seconds between 60 and 2592000 and reserved_seconds between 60 and 31536000
    ),
    constraint auction_supply_possible
        check (task_count > 0 and redundancy between 1 and 100 and expected_minutes between 1 and 10080),
    constraint auction_band_ordered check (
        1 <= floor_minor and floor_minor <= ceiling_minor and ceiling_minor <= ceiling_most_minor
        and ceiling_most_minor <= 1000000000000
    ),
    constraint auction_lane_whole check (
        num_nonnulls(reserve_score_minor) = case lane when 'sealed' then 1 else 0 end
        and num_nonnulls(budget_minor, step_bps) = case lane when 'clock' then 2 else 0 end
    ),
    constraint auction_reserve_score_possible check (abs(reserve_score_minor) <= 2000000000000),
    constraint auction_clock_possible
        check (budget_minor between 1 and 1000000000000 and step_bps between 1 and 5000),
    constraint auction_quality_possible check (
        quality_value_minor between 0 and 10000000000 and quality_baseline_bps between 0 and 10000
        and quality_default_bps between 0 and 10000
    ),
    constraint auction_skill_bounded check (char_length(skill) between 1 and 200),
    constraint auction_widening_possible check (widen_bps between 0 and 100000 and rounds_left between 0 and 20),
    constraint auction_rule_version_positive check (rule_version > 0),
    constraint auction_commitment_is_sha256 check (octet_length(commitment) = 32),
    constraint auction_seed_is_the_committed check (sha256(seed) = commitment),
    constraint auction_seed_sealed_until_close check ((seed is not null) = (state not in ('open', 'cancelled'))),
    constraint auction_key_while_bids_sealed check (
        num_nonnulls(wrapped, wrapping_key, sealed_seed) = case when state in ('open', 'closed') then 3 else 0 end
    ),
    constraint auction_key_is_wrapped check (octet_length(wrapped) = 60 and octet_length(sealed_seed) = 60),
    constraint auction_closed_unless_open check ((closed_at is not null) = (state <> 'open')),
    constraint auction_recorded_iff_cleared check (
        num_nonnulls(market, result, record_hash)
        = case when state in ('open', 'closed', 'cancelled') then 0 else 3 end
    ),
    constraint auction_record_hash_is_sha256 check (octet_length(record_hash) = 32),
    constraint auction_awards_counted check (awards_written >= 0)
);
comment on table auction is 'Auctions of the tasks of batches.';
create index auction_by_opener on auction (opened_by);
create index auction_by_wrapping_key on auction (wrapping_key) where wrapping_key is not null;
-- Serve AuctionQueries.unfinishedAuctions.
create index auction_due on auction (closes_at) where state = 'open';
create index auction_unfinished on auction (auction_id) where state in ('closed', 'awarding');
-- Serves RestQueries.auctionsToFollow.
create index auction_to_follow on auction (auction_id) where rounds_left > 0 and state in ('awarded', 'unfilled');
-- One at a time.
create unique index auction_one_running_per_batch
    on auction (requester_id, batch_id) where state in ('open', 'closed', 'awarding');

-- How good workers were known to be when an auction opened; who is not here counts by its default. Append-only.
create table auction_quality (
    requester_id      uuid     not null,
    auction_id        uuid     not null,
    worker_id         uuid     not null references worker,
    -- Of the estimate, and its lower bound in ten-thousandths.
    estimate_version  integer  not null,
    low_bps           integer  not null,
    constraint auction_quality_pkey primary key (requester_id, auction_id, worker_id),
    constraint auction_quality_auction_fkey
        foreign key (requester_id, auction_id) references auction (requester_id, auction_id),
    constraint auction_quality_low_possible check (low_bps between 0 and 10000 and estimate_version > 0)
);
comment on table auction_quality is 'Quality of workers, frozen at the opening of an auction.';
create index auction_quality_by_worker on auction_quality (worker_id);

create type bid_state as enum (
    'sealed',     -- live; only the bidder knows the amount
    'withdrawn',  -- taken back before the close
    'opened'      -- the close has come: the amount can be read
);
comment on type bid_state is 'Where a bid stands.';

-- A worker's bid in an auction: one each, changed and withdrawn until the close.
create table bid (
    requester_id      uuid         not null,
    bid_id            uuid         not null,
    auction_id        uuid         not null,
    worker_id         uuid         not null references worker,
    state             bid_state    not null,
    -- The newest version, whose sealed amount counts.
    version           integer      not null,
    -- How many assignments are wanted at most, the minutes of all, and from which day on.
    quantity          integer      not null,
    minutes           integer      not null,
    earliest_on       date         not null,
    placed_at         timestamptz  not null,
    -- Frozen at the auction's opening: the estimate's version (null for the default), its lower bound, its worth.
    estimate_version  integer,
    low_bps           integer      not null,
    quality_minor     bigint       not null,
    -- Null until the close: the amount, and the salt that goes into its commitment.
    amount_minor      bigint,
    salt              bytea,
    constraint bid_pkey primary key (requester_id, bid_id),
    constraint bid_auction_fkey foreign key (requester_id, auction_id) references auction (requester_id, auction_id),
    constraint bid_one_per_worker unique (requester_id, auction_id, worker_id),
    constraint bid_amount_iff_opened
        check (num_nonnulls(amount_minor, salt) = case state when 'opened' then 2 else 0 end),
    constraint bid_amount_positive check (amount_minor between 1 and 1000000000000),
    constraint bid_salt_is_32_bytes check (octet_length(salt) = 32),
    constraint bid_newest_version_positive check (version > 0),
    constraint bid_quantity_possible check (quantity between 1 and 1000000 and minutes >= quantity),
    constraint bid_quality_possible check (low_bps between 0 and 10000)
);
comment on table bid is 'Bids of workers in auctions.';
create index bid_by_worker on bid (worker_id, bid_id desc);
-- Serves BidQueries.sealedBids.
create index bid_sealed on bid (requester_id, auction_id, bid_id) where state = 'sealed';

-- A bid as it was placed or changed, or its withdrawal. Append-only; what was not the newest at the close stays sealed.
create table bid_version (
    requester_id  uuid         not null,
    bid_id        uuid         not null,
    version       integer      not null,
    quantity      integer      not null,
    earliest_on   date         not null,
    placed_at     timestamptz  not null,
    -- Amount and salt under the auction's key, always as long, and the SHA-256 that was given to the bidder. Null for a
    -- withdrawal.
    sealed        bytea,
    commitment    bytea,
    constraint bid_version_pkey primary key (requester_id, bid_id, version),
    constraint bid_version_bid_fkey foreign key (requester_id, bid_id) references bid (requester_id, bid_id),
    constraint bid_version_positive check (version > 0 and quantity > 0),
    constraint bid_version_is_sealed check (octet_length(sealed) = 68),
    constraint bid_version_commitment_is_sha256 check (octet_length(commitment) = 32),
    constraint bid_version_sealed_whole check ((sealed is null) = (commitment is null))
);
comment on table bid_version is 'Every version of every bid, sealed.';

create type award_state as enum (
    'awarded',   -- its slots are kept until the winner answers
    'accepted',  -- the winner may take them until they are reserved no more
    'declined',  -- terminal: the next moves up
    'lapsed'     -- terminal: not answered in time; the next moves up
);
comment on type award_state is 'Where an award stands.';

-- What a bid has won: so many units for so much together. Its slots are an allotment, or two where the total does not
-- divide: the first pays a minor unit more.
create table award (
    requester_id       uuid         not null,
    award_id           uuid         not null,
    auction_id         uuid         not null,
    bid_id             uuid         not null,
    worker_id          uuid         not null references worker,
    state              award_state  not null,
    units              integer      not null,
    total_minor        bigint       not null,
    -- Whether it is in place of one that was declined or lapsed, and whether one was looked for in its own place.
    is_moved_up        boolean      not null default false,
    is_replaced        boolean      not null default false,
    awarded_at         timestamptz  not null,
    accept_by          timestamptz  not null,
    answered_at        timestamptz,
    reserved_until     timestamptz,
    allotment_id       uuid         not null,
    rest_allotment_id  uuid,
    constraint award_pkey primary key (requester_id, award_id),
    constraint award_auction_fkey foreign key (requester_id, auction_id) references auction (requester_id, auction_id),
    constraint award_bid_fkey foreign key (requester_id, bid_id) references bid (requester_id, bid_id),
    constraint award_allotment_fkey
        foreign key (requester_id, allotment_id) references allotment (requester_id, allotment_id),
    constraint award_rest_allotment_fkey
        foreign key (requester_id, rest_allotment_id) references allotment (requester_id, allotment_id),
    constraint award_total_possible check (units > 0 and total_minor between units and 1000000000000000),
    constraint award_accept_by_later check (accept_by > awarded_at),
    constraint award_answered_unless_awarded check ((answered_at is not null) = (state <> 'awarded')),
    constraint award_reserved_iff_accepted check ((reserved_until is not null) = (state = 'accepted')),
    constraint award_replaced_only_given_back check (not is_replaced or state in ('declined', 'lapsed'))
);
comment on table award is 'What bids have won.';
create index award_by_auction on award (requester_id, auction_id, award_id);
create index award_by_bid on award (requester_id, bid_id);
-- The clearing gives a bid one.
create unique index award_one_by_clearing on award (requester_id, bid_id) where not is_moved_up;
create index award_by_worker on award (worker_id, award_id desc);
create index award_by_allotment on award (requester_id, allotment_id);
create index award_by_rest_allotment on award (requester_id, rest_allotment_id) where rest_allotment_id is not null;
-- Serve AwardQueries.auctionsToSettle.
create index award_due on award (accept_by) where state = 'awarded';
create index award_to_replace on award (requester_id, auction_id)
    where state in ('declined', 'lapsed') and not is_replaced;

-- Two people open the bids of an auction before its close: one asks for it, another confirms.
create table early_opening (
    requester_id  uuid         not null,
    auction_id    uuid         not null,
    reasons       text         not null,
    proposed_by   uuid         not null references principal,
    proposed_at   timestamptz  not null,
    confirmed_by  uuid         references principal,
    confirmed_at  timestamptz,
    constraint early_opening_pkey primary key (requester_id, auction_id),
    constraint early_opening_auction_fkey
        foreign key (requester_id, auction_id) references auction (requester_id, auction_id),
    constraint early_opening_reasons_given check (char_length(reasons) between 1 and 2000),
    constraint early_opening_by_two_people check (confirmed_by <> proposed_by),
    constraint early_opening_confirmed_whole check ((confirmed_by is null) = (confirmed_at is null))
);
comment on table early_opening is 'Early openings of bids, proposed and confirmed.';
create index early_opening_by_proposer on early_opening (proposed_by);
create index early_opening_by_confirmer on early_opening (confirmed_by);

grant select, insert, update, delete
    on auction, auction_quality, bid, bid_version, award, early_opening
    to guildhall_app;
-- What was bid, and how good a bidder was known to be, stays as it was; an opening of bids is on record for ever.
revoke update, delete on bid_version, auction_quality from guildhall_app;
revoke delete on auction, bid, award, early_opening from guildhall_app;
