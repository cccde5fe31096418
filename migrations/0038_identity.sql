-- Tokens with scopes, sign-in by password and by providers, sessions, webhooks.

alter table access_token
    add column access_token_id uuid, add column name text, add column scopes token_scope[],
    add column last_used_at timestamptz, add column replaces_id uuid;
update access_token
   set access_token_id = gen_random_uuid(), name = 'access token', scopes = enum_range(null::token_scope);
alter table access_token
    alter column access_token_id set not null, alter column name set not null, alter column scopes set not null,
    add constraint access_token_one_per_id unique (access_token_id),
    add constraint access_token_one_replacement unique (replaces_id),
    add constraint access_token_replaces_id_fkey
        foreign key (replaces_id) references access_token (access_token_id),
    add constraint access_token_name_bounded check (char_length(name) between 1 and 200),
    add constraint access_token_scopes_given check (cardinality(scopes) between 1 and 20),
    add constraint access_token_replaces_another check (replaces_id <> access_token_id);

-- A short secret that the platform must read again, wrapped as data keys are: nonce, secret, tag.
create table kept_secret (
    kind          secret_kind  not null,
    -- The person, the webhook's secret or the provider that it belongs to.
    owner_id      uuid         not null,
    wrapping_key  text         not null references wrapping_key,
    wrapped       bytea        not null,
    constraint kept_secret_pkey primary key (kind, owner_id),
    constraint kept_secret_is_wrapped check (octet_length(wrapped) between 38 and 1052)
);
comment on table kept_secret is 'Second factors, signing secrets and secrets of providers, wrapped.';
-- Serves KeptSecretQueries.lockSecretsToRewrap.
create index kept_secret_by_wrapping_key on kept_secret (wrapping_key, kind, owner_id);

-- How a person signs in by password. Personal data.
create table person_login (
    principal_id     uuid         primary key references principal,
    -- The name that they sign in by, and where tickets go.
    email            text         not null,
    -- scrypt with its parameters and salt, in the PHC string format; null until an invitation was taken.
    password_hash    text,
    password_set_at  timestamptz,
    -- From when a second factor is asked for, and the last step of 30 seconds that was used: none counts twice.
    totp_enabled_at  timestamptz,
    totp_step        bigint,
    created_at       timestamptz  not null,
    -- From when nobody signs in by it.
    closed_at        timestamptz,
    constraint person_login_one_per_email unique (email),
    constraint person_login_email_bounded check (char_length(email) between 3 and 320),
    constraint person_login_email_is_lower_case check (email = lower(email)),
    constraint person_login_password_is_scrypt check (password_hash ~ '^[$]scrypt[$]ln=[0-9]+,r=[0-9]+,p=[0-9]+[$]'),
    constraint person_login_password_iff_set check ((password_hash is null) = (password_set_at is null)),
    constraint person_login_step_iff_enabled check ((totp_step is null) = (totp_enabled_at is null))
);
comment on table person_login is 'How people sign in by password.';

-- A code that stands in for a lost second factor, once; known only by its SHA-256.
create table recovery_code (
    principal_id  uuid         not null references person_login,
    code_hash     bytea        not null,
    used_at       timestamptz,
    constraint recovery_code_pkey primary key (principal_id, code_hash),
    constraint recovery_code_hash_is_sha256 check (octet_length(code_hash) = 32)
);
comment on table recovery_code is 'Hashes of codes in place of a second factor.';

-- Failed attempts to sign in by a name, whether anybody has it or not: who asks cannot tell the one from the other.
create table sign_in_failure (
    name_hash     bytea        primary key,
    failures      integer      not null,
    failed_at     timestamptz  not null,
    locked_until  timestamptz,
    constraint sign_in_failure_hash_is_sha256 check (octet_length(name_hash) = 32),
    constraint sign_in_failure_possible check (failures between 1 and 1000000)
);
comment on table sign_in_failure is 'Failed attempts to sign in, by a hash of the name.';
-- Serves SignInQueries.forgetFailures.
create index sign_in_failure_by_age on sign_in_failure (failed_at);

-- A person at work in a browser. The cookie is known only by its SHA-256.
create table person_session (
    session_hash  bytea           primary key,
    session_id    uuid            not null,
    principal_id  uuid            not null references principal,
    method        sign_in_method  not null,
    created_at    timestamptz     not null,
    -- Kept to the minute; it ends an hour later at the latest.
    seen_at       timestamptz     not null,
    ends_at       timestamptz     not null,
    ended_at      timestamptz,
    constraint person_session_one_per_id unique (session_id),
    constraint person_session_hash_is_sha256 check (octet_length(session_hash) = 32),
    constraint person_session_ends_later check (ends_at > created_at)
);
comment on table person_session is 'Sessions of people who signed in.';
create index person_session_by_principal on person_session (principal_id, session_id);
-- Serves SessionQueries.forgetSessions.
create index person_session_by_end on person_session (ends_at);

-- Something that was sent to a person's address to show that they read it; known only by its SHA-256, good once.
create table sign_in_ticket (
    ticket_hash   bytea        primary key,
    ticket_id     uuid         not null,
    kind          ticket_kind  not null,
    principal_id  uuid         not null references person_login,
    created_at    timestamptz  not null,
    expires_at    timestamptz  not null,
    used_at       timestamptz,
    constraint sign_in_ticket_one_per_id unique (ticket_id),
    constraint sign_in_ticket_hash_is_sha256 check (octet_length(ticket_hash) = 32),
    constraint sign_in_ticket_expires_later check (expires_at > created_at)
);
comment on table sign_in_ticket is 'Invitations and resets that were sent.';
create index sign_in_ticket_by_principal on sign_in_ticket (principal_id);
-- Serves SignInQueries.forgetTickets.
create index sign_in_ticket_by_age on sign_in_ticket (expires_at);

-- An OpenID provider whose people may sign in here; what is shown to it is a kept secret.
create table sign_in_provider (
    provider_id    uuid         primary key,
    external_key   text         not null,
    issuer         text         not null,
    -- What it calls this program: the `aud` of its tokens.
    audience       text         not null,
    -- Whose people it knows: who comes from it first is made a person who acts for this requester. Null for the
    -- platform's own, whose people are linked by an operator.
    requester_id   uuid,
    created_at     timestamptz  not null,
    closed_at      timestamptz,
    constraint sign_in_provider_one_per_external_key unique (external_key),
    constraint sign_in_provider_key_well_formed check (external_key ~ '^[a-z0-9][a-z0-9-]{0,59}$'),
    constraint sign_in_provider_issuer_is_url check (issuer ~ '^https?://' and char_length(issuer) <= 2000),
    constraint sign_in_provider_audience_bounded check (char_length(audience) between 1 and 500)
);
comment on table sign_in_provider is 'OpenID providers that people may sign in by.';

-- Who somebody is here whom a provider knows by a subject. Never by an address.
create table provider_identity (
    provider_id   uuid         not null references sign_in_provider,
    subject       text         not null,
    principal_id  uuid         not null references principal,
    created_at    timestamptz  not null,
    constraint provider_identity_pkey primary key (provider_id, subject),
    constraint provider_identity_subject_bounded check (char_length(subject) between 1 and 255)
);
comment on table provider_identity is 'People by provider and subject.';
create index provider_identity_by_principal on provider_identity (principal_id);

-- A sign-in by a provider that began and has not come back; deleted when it does. State, nonce and verifier follow from
-- a secret in the browser's cookie alone.
create table provider_attempt (
    state_hash   bytea        primary key,
    provider_id  uuid         not null references sign_in_provider,
    expires_at   timestamptz  not null,
    constraint provider_attempt_hash_is_sha256 check (octet_length(state_hash) = 32)
);
comment on table provider_attempt is 'Sign-ins by a provider that are under way.';
create index provider_attempt_by_provider on provider_attempt (provider_id);
create index provider_attempt_by_age on provider_attempt (expires_at);

-- Where a requester's program is told what happened.
create table webhook_endpoint (
    webhook_endpoint_id  uuid                    primary key,
    requester_id         uuid                    not null,
    url                  text                    not null,
    -- Which events; all when there are none.
    kinds                text[]                  not null,
    state                webhook_endpoint_state  not null default 'enabled',
    created_by           uuid                    not null references principal,
    created_at           timestamptz             not null,
    -- Since when nothing has arrived, while something failed.
    failing_since        timestamptz,
    ended_at             timestamptz,
    constraint webhook_endpoint_url_bounded check (url ~ '^https?://' and char_length(url) <= 2000),
    constraint webhook_endpoint_kinds_bounded check (cardinality(kinds) <= 100),
    constraint webhook_endpoint_ended_iff_not_enabled check ((ended_at is null) = (state = 'enabled'))
);
comment on table webhook_endpoint is 'Addresses of requesters that are told of events.';
create index webhook_endpoint_by_requester on webhook_endpoint (requester_id, webhook_endpoint_id);
create index webhook_endpoint_by_creator on webhook_endpoint (created_by);

-- What an endpoint's messages are signed with, a kept secret. While two are in force, both sign.
create table webhook_secret (
    webhook_secret_id    uuid         primary key,
    webhook_endpoint_id  uuid         not null references webhook_endpoint,
    created_at           timestamptz  not null,
    -- Until when it signs beside the one that took its place; null for the newest.
    expires_at           timestamptz,
    constraint webhook_secret_expires_later check (expires_at > created_at)
);
comment on table webhook_secret is 'Signing secrets of endpoints.';
create index webhook_secret_by_endpoint on webhook_secret (webhook_endpoint_id, webhook_secret_id);
create unique index webhook_secret_one_newest on webhook_secret (webhook_endpoint_id) where expires_at is null;

-- Something that requesters are told of, written in the transaction that did it; only where somebody is told.
create table webhook_event (
    webhook_event_id  uuid         primary key,
    requester_id      uuid         not null,
    -- Events of one object are written under its lock, so that their order is the order in which they happened.
    position          bigint       not null generated always as identity,
    kind              text         not null,
    subject           text         not null,
    subject_id        uuid         not null,
    occurred_at       timestamptz  not null,
    facts             jsonb        not null,
    -- The W3C trace that it is part of, to be passed on.
    trace             text,
    constraint webhook_event_one_per_position unique (position),
    constraint webhook_event_kind_well_formed check (kind ~ '^[a-z_]{1,50}[.][a-z_]{1,50}$'),
    constraint webhook_event_trace_well_formed check (trace ~ '^00-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}$')
);
comment on table webhook_event is 'Outbox of events for requesters.';
-- Serves WebhookQueries.forgetEvents.
create index webhook_event_by_age on webhook_event (occurred_at);

-- An event on its way to an endpoint.
create table webhook_delivery (
    webhook_endpoint_id  uuid                    not null references webhook_endpoint,
    webhook_event_id     uuid                    not null references webhook_event,
    position             bigint                  not null,
    subject_id           uuid                    not null,
    state                webhook_delivery_state  not null default 'waiting',
    -- How often delivery has begun since it was last asked for; due_at says when it may begin next.
    attempts             integer                 not null default 0,
    due_at               timestamptz             not null,
    -- Until when it is tried.
    until                timestamptz             not null,
    ended_at             timestamptz,
    constraint webhook_delivery_pkey primary key (webhook_endpoint_id, webhook_event_id),
    constraint webhook_delivery_attempts_possible check (attempts between 0 and 1000),
    constraint webhook_delivery_ended_iff_not_waiting check ((ended_at is null) = (state = 'waiting'))
);
comment on table webhook_delivery is 'Events on their way to endpoints.';
create index webhook_delivery_by_event on webhook_delivery (webhook_event_id);
-- Serves WebhookQueries.deliveries, the log of an endpoint.
create index webhook_delivery_by_position on webhook_delivery (webhook_endpoint_id, position);
-- Serves WebhookQueries.claimDue.
create index webhook_delivery_due on webhook_delivery (due_at, webhook_event_id) where state = 'waiting';
create index webhook_delivery_waiting_by_subject
    on webhook_delivery (webhook_endpoint_id, subject_id, position) where state = 'waiting';

-- One try of a delivery: what came back.
create table webhook_attempt (
    webhook_attempt_id   uuid         primary key,
    webhook_endpoint_id  uuid         not null,
    webhook_event_id     uuid         not null,
    attempt              integer      not null,
    tried_at             timestamptz  not null,
    took_ms              integer      not null,
    -- Null where no answer came; then fault says why.
    status               integer,
    fault                text,
    constraint webhook_attempt_delivery_fkey
        foreign key (webhook_endpoint_id, webhook_event_id) references webhook_delivery,
    constraint webhook_attempt_status_possible check (status between 100 and 999),
    constraint webhook_attempt_fault_bounded check (char_length(fault) between 1 and 500),
    constraint webhook_attempt_took_possible check (took_ms >= 0),
    constraint webhook_attempt_has_outcome check (status is not null or fault is not null)
);
comment on table webhook_attempt is 'Tries of deliveries, with what came back.';
create index webhook_attempt_by_delivery
    on webhook_attempt (webhook_endpoint_id, webhook_event_id, webhook_attempt_id);

grant select, insert, update, delete on
    kept_secret, person_login, recovery_code, sign_in_failure, person_session, sign_in_ticket,
    sign_in_provider, provider_identity, provider_attempt, webhook_endpoint, webhook_secret, webhook_event,
    webhook_delivery, webhook_attempt
    to guildhall_app;
-- What was sent, and what came back, stays as it was until it is forgotten as a whole.
revoke update on webhook_event, webhook_attempt from guildhall_app;
-- Who signs in by what stays on record.
revoke delete on webhook_endpoint, sign_in_provider from guildhall_app;

do $$
begin
    if not exists (select from pg_roles where rolname = 'guildhall_member') then
        create role guildhall_member nologin;
    end if;
exception when duplicate_object or unique_violation then null;
end $$;
do $$
begin
    if not (select rolsuper from pg_roles where rolname = current_user) then
        execute format('grant guildhall_member to %I', current_user);
    end if;
exception when insufficient_privilege then
    if not pg_has_role(current_user, 'guildhall_member', 'member') then raise; end if;
end $$;

-- A second wall, beside what the program allows: whoever is only a worker, or acts for requesters, reads as this role, to
-- which the tables of personal and requesters' data show what is its own. It changes nothing. What it is told, whose
-- behalf it reads on, ends with each transaction; without it there is nothing to see.
grant select on all tables in schema public to guildhall_member;
alter default privileges in schema public grant select on tables to guildhall_member;
revoke select on kept_secret, recovery_code, sign_in_ticket, sign_in_failure, provider_attempt, worker_key, team_key,
    identity_mark
    from guildhall_member;

alter table notice enable row level security;
create policy notice_of_program on notice to guildhall_app using (true) with check (true);
create policy notice_own on notice for select to guildhall_member
    using (recipient_id = (select nullif(current_setting('guildhall.me', true), '')::uuid));

alter table notice_preference enable row level security;
create policy notice_preference_of_program on notice_preference to guildhall_app using (true) with check (true);
create policy notice_preference_own on notice_preference for select to guildhall_member
    using (principal_id = (select nullif(current_setting('guildhall.me', true), '')::uuid));

alter table access_token enable row level security;
create policy access_token_of_program on access_token to guildhall_app using (true) with check (true);
create policy access_token_own on access_token for select to guildhall_member
    using (principal_id = (select nullif(current_setting('guildhall.me', true), '')::uuid));

alter table idempotency_key enable row level security;
create policy idempotency_key_of_program on idempotency_key to guildhall_app using (true) with check (true);
create policy idempotency_key_own on idempotency_key for select to guildhall_member
    using (principal_id = (select nullif(current_setting('guildhall.me', true), '')::uuid));

alter table person_login enable row level security;
create policy person_login_of_program on person_login to guildhall_app using (true) with check (true);
create policy person_login_own on person_login for select to guildhall_member
    using (principal_id = (select nullif(current_setting('guildhall.me', true), '')::uuid));

alter table person_session enable row level security;
create policy person_session_of_program on person_session to guildhall_app using (true) with check (true);
create policy person_session_own on person_session for select to guildhall_member
    using (principal_id = (select nullif(current_setting('guildhall.me', true), '')::uuid));

alter table webhook_endpoint enable row level security;
create policy webhook_endpoint_of_program on webhook_endpoint to guildhall_app using (true) with check (true);
create policy webhook_endpoint_own on webhook_endpoint for select to guildhall_member
    using (requester_id = any ((select coalesce(nullif(current_setting('guildhall.requesters', true), ''), '{}')::uuid[])::uuid[]));

alter table webhook_event enable row level security;
create policy webhook_event_of_program on webhook_event to guildhall_app using (true) with check (true);
create policy webhook_event_own on webhook_event for select to guildhall_member
    using (requester_id = any ((select coalesce(nullif(current_setting('guildhall.requesters', true), ''), '{}')::uuid[])::uuid[]));

alter table webhook_delivery enable row level security;
create policy webhook_delivery_of_program on webhook_delivery to guildhall_app using (true) with check (true);
create policy webhook_delivery_own on webhook_delivery for select to guildhall_member
    using (webhook_endpoint_id in (select webhook_endpoint_id from webhook_endpoint));

alter table webhook_attempt enable row level security;
create policy webhook_attempt_of_program on webhook_attempt to guildhall_app using (true) with check (true);
create policy webhook_attempt_own on webhook_attempt for select to guildhall_member
    using (webhook_endpoint_id in (select webhook_endpoint_id from webhook_endpoint));

alter table decision enable row level security;
create policy decision_of_program on decision to guildhall_app using (true) with check (true);
create policy decision_own on decision for select to guildhall_member
    using (worker_id = (select nullif(current_setting('guildhall.me', true), '')::uuid));

alter table appeal enable row level security;
create policy appeal_of_program on appeal to guildhall_app using (true) with check (true);
create policy appeal_own on appeal for select to guildhall_member
    using (worker_id = (select nullif(current_setting('guildhall.me', true), '')::uuid));

alter table worker_person enable row level security;
create policy worker_person_of_program on worker_person to guildhall_app using (true) with check (true);
create policy worker_person_own on worker_person for select to guildhall_member
    using (worker_id = (select nullif(current_setting('guildhall.me', true), '')::uuid));

alter table former_contact enable row level security;
create policy former_contact_of_program on former_contact to guildhall_app using (true) with check (true);
create policy former_contact_own on former_contact for select to guildhall_member
    using (worker_id = (select nullif(current_setting('guildhall.me', true), '')::uuid));

alter table payout_method enable row level security;
create policy payout_method_of_program on payout_method to guildhall_app using (true) with check (true);
create policy payout_method_own on payout_method for select to guildhall_member
    using (worker_id = (select nullif(current_setting('guildhall.me', true), '')::uuid));

alter table tax_profile enable row level security;
create policy tax_profile_of_program on tax_profile to guildhall_app using (true) with check (true);
create policy tax_profile_own on tax_profile for select to guildhall_member
    using (worker_id = (select nullif(current_setting('guildhall.me', true), '')::uuid));

alter table availability_window enable row level security;
create policy availability_window_of_program on availability_window to guildhall_app using (true) with check (true);
create policy availability_window_own on availability_window for select to guildhall_member
    using (worker_id = (select nullif(current_setting('guildhall.me', true), '')::uuid));

alter table availability_exception enable row level security;
create policy availability_exception_of_program on availability_exception to guildhall_app using (true) with check (true);
create policy availability_exception_own on availability_exception for select to guildhall_member
    using (worker_id = (select nullif(current_setting('guildhall.me', true), '')::uuid));

alter table standing_ask enable row level security;
create policy standing_ask_of_program on standing_ask to guildhall_app using (true) with check (true);
create policy standing_ask_own on standing_ask for select to guildhall_member
    using (worker_id = (select nullif(current_setting('guildhall.me', true), '')::uuid));

alter table submission enable row level security;
create policy submission_of_program on submission to guildhall_app using (true) with check (true);
create policy submission_own on submission for select to guildhall_member
    using (requester_id = any ((select coalesce(nullif(current_setting('guildhall.requesters', true), ''), '{}')::uuid[])::uuid[])
        or exists (select from assignment
                    where assignment.requester_id = submission.requester_id
                      and assignment.assignment_id = submission.assignment_id
                      and assignment.worker_id = (select nullif(current_setting('guildhall.me', true), '')::uuid)));

alter table earning enable row level security;
create policy earning_of_program on earning to guildhall_app using (true) with check (true);
create policy earning_own on earning for select to guildhall_member
    using (worker_id = (select nullif(current_setting('guildhall.me', true), '')::uuid)
        or requester_id = any ((select coalesce(nullif(current_setting('guildhall.requesters', true), ''), '{}')::uuid[])::uuid[]));
