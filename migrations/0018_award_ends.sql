-- How far bids may move an auction's close, as it was said at the opening; why an award lapsed; and what was not taken
-- of an award that was accepted.

create type lapse_reason as enum (
    'unanswered',   -- the winner did not answer in time
    'batch_over',   -- the batch gave out no work any more, or its deadline had come
    'not_active',   -- the winner's standing did not let them work
    'not_eligible'  -- the winner did not meet any more what the work demands, or was barred from it
);
comment on type lapse_reason is 'Why an award lapsed; only the first is counted by the screens.';

alter table auction add column extension_most_seconds integer;
-- What is left of it is all that is known of auctions whose close was moved.
update auction set extension_most_seconds = least(604800, trunc(extract(epoch from closes_latest_at - closes_at)));
alter table auction
    alter column extension_most_seconds set not null,
    add constraint auction_extension_most_possible check (extension_most_seconds between 0 and 604800);

alter table award
    add column lapse_reason lapse_reason,
    add column unused_units integer,
    add column unused_minor bigint;
update award set lapse_reason = 'unanswered' where state = 'lapsed';
-- Of reservations that are over nobody has counted what was not taken.
update award set unused_units = 0, unused_minor = 0
  from allotment
 where award.state = 'accepted' and allotment.requester_id = award.requester_id
   and allotment.allotment_id = award.allotment_id and allotment.ends_at is null;
alter table award
    add constraint award_lapse_reason_iff_lapsed check ((lapse_reason is not null) = (state = 'lapsed')),
    add constraint award_unused_whole check ((unused_units is null) = (unused_minor is null)),
    add constraint award_unused_only_accepted check (unused_units is null or state = 'accepted'),
    add constraint award_unused_possible
        check (unused_units between 0 and units and unused_minor between 0 and total_minor);
-- Serves AwardQueries.auctionsToSettle.
create index award_reserved on award (reserved_until) where state = 'accepted' and unused_units is null;
