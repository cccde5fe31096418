-- Whoever is invited to an address can be acted as from there. Where that is somebody who may do more than work, or is
-- here already, one operator names the address and another one, who names the same, sends the letter.
create table invitation_proposal (
    principal_id  uuid         primary key references principal,
    -- SHA-256 of the address.
    address_hash  bytea        not null,
    proposed_by   uuid         not null references principal,
    proposed_at   timestamptz  not null,
    constraint invitation_proposal_hash_is_sha256 check (octet_length(address_hash) = 32)
);
comment on table invitation_proposal is 'Addresses that one operator named and another has yet to name.';
create index invitation_proposal_by_proposer on invitation_proposal (proposed_by);
-- Serves SignInQueries.forget.
create index invitation_proposal_by_age on invitation_proposal (proposed_at);

grant select, insert, update, delete on invitation_proposal to guildhall_app;
revoke select on invitation_proposal from guildhall_member;
