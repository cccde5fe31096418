-- Papers, bids, awards, what is bargained, and verdicts stand behind the second wall, too. Contents have no policy, as
-- COPY fills their tables: whoever reads as a member reads none, since each reading goes on record, in a change.
revoke select on task_content, safety_content from guildhall_member;

alter table credential enable row level security;
create policy credential_of_program on credential to guildhall_app using (true) with check (true);
create policy credential_own on credential for select to guildhall_member
    using (worker_id = (select nullif(current_setting('guildhall.me', true), '')::uuid));

alter table bid enable row level security;
create policy bid_of_program on bid to guildhall_app using (true) with check (true);
create policy bid_own on bid for select to guildhall_member
    using (worker_id = (select nullif(current_setting('guildhall.me', true), '')::uuid)
        or requester_id = any ((select coalesce(nullif(current_setting('guildhall.requesters', true), ''), '{}')::uuid[])::uuid[]));

alter table bid_version enable row level security;
create policy bid_version_of_program on bid_version to guildhall_app using (true) with check (true);
create policy bid_version_own on bid_version for select to guildhall_member
    using (exists (select from bid
                    where bid.requester_id = bid_version.requester_id and bid.bid_id = bid_version.bid_id
                      and bid.worker_id = (select nullif(current_setting('guildhall.me', true), '')::uuid)));

alter table award enable row level security;
create policy award_of_program on award to guildhall_app using (true) with check (true);
create policy award_own on award for select to guildhall_member
    using (worker_id = (select nullif(current_setting('guildhall.me', true), '')::uuid)
        or requester_id = any ((select coalesce(nullif(current_setting('guildhall.requesters', true), ''), '{}')::uuid[])::uuid[]));

alter table direct_offer enable row level security;
create policy direct_offer_of_program on direct_offer to guildhall_app using (true) with check (true);
create policy direct_offer_own on direct_offer for select to guildhall_member
    using (worker_id = (select nullif(current_setting('guildhall.me', true), '')::uuid)
        or requester_id = any ((select coalesce(nullif(current_setting('guildhall.requesters', true), ''), '{}')::uuid[])::uuid[]));

alter table direct_offer_turn enable row level security;
create policy direct_offer_turn_of_program on direct_offer_turn to guildhall_app using (true) with check (true);
create policy direct_offer_turn_own on direct_offer_turn for select to guildhall_member
    using (exists (select from direct_offer
                    where direct_offer.requester_id = direct_offer_turn.requester_id
                      and direct_offer.direct_offer_id = direct_offer_turn.direct_offer_id));

alter table review enable row level security;
create policy review_of_program on review to guildhall_app using (true) with check (true);
create policy review_own on review for select to guildhall_member
    using (author_id = (select nullif(current_setting('guildhall.me', true), '')::uuid)
        or requester_id = any ((select coalesce(nullif(current_setting('guildhall.requesters', true), ''), '{}')::uuid[])::uuid[]));
