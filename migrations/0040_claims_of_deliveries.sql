-- A try of a delivery that is in hand has a name, so that a replay meanwhile neither sends beside it nor undoes it.
alter table webhook_delivery
    add column claim_id uuid, add column claimed_until timestamptz,
    add constraint webhook_delivery_claim_has_end check ((claim_id is null) = (claimed_until is null));

-- Drafts, claims of tax and how suggestions were used stand behind the second wall, too.
alter table answer_draft enable row level security;
create policy answer_draft_of_program on answer_draft to guildhall_app using (true) with check (true);
create policy answer_draft_own on answer_draft for select to guildhall_member
    using (worker_id = (select nullif(current_setting('guildhall.me', true), '')::uuid));

alter table tax_claim enable row level security;
create policy tax_claim_of_program on tax_claim to guildhall_app using (true) with check (true);
create policy tax_claim_own on tax_claim for select to guildhall_member
    using (worker_id = (select nullif(current_setting('guildhall.me', true), '')::uuid));

alter table suggestion_use enable row level security;
create policy suggestion_use_of_program on suggestion_use to guildhall_app using (true) with check (true);
create policy suggestion_use_own on suggestion_use for select to guildhall_member
    using (worker_id = (select nullif(current_setting('guildhall.me', true), '')::uuid)
        or requester_id = any ((select coalesce(nullif(current_setting('guildhall.requesters', true), ''), '{}')::uuid[])::uuid[]));
