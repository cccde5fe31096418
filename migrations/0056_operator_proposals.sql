-- What takes two operators is more than an invitation: an agency's account, its pay, a requester's sign-in provider. So
-- a proposal is of anything that has an id. Those that waited are to be made again; they wait a week at most.
drop table invitation_proposal;
create table operator_proposal (
    -- The person or team it is of, or what else names the change.
    subject_id    uuid         primary key,
    -- SHA-256 of all that was said.
    content_hash  bytea        not null,
    proposed_by   uuid         not null references principal,
    proposed_at   timestamptz  not null,
    constraint operator_proposal_hash_is_sha256 check (octet_length(content_hash) = 32)
);
comment on table operator_proposal is 'What one operator said and another has yet to say, too.';
create index operator_proposal_by_proposer on operator_proposal (proposed_by);
-- Serves SignInQueries.forget.
create index operator_proposal_by_age on operator_proposal (proposed_at);

grant select, insert, update, delete on operator_proposal to guildhall_app;
revoke select on operator_proposal from guildhall_member;
