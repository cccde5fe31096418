-- Guildhall's whole schema, in reading order. It creates an empty database in one transaction
-- (`guildhall schema apply`); later changes are numbered steps in migrations/.
--
-- Rules (docs/STYLE.md): names are singular; times end in _at, days in _on, ranges are in_force; money is bigint minor
-- units beside its ISO 4217 currency; every constraint has a name that says what must hold; tables that grow with the
-- work lead with requester_id, so that they can be distributed by it; no triggers; nothing reads the clock here.

create extension if not exists btree_gist;

-- Roles are the server's, not the database's: made once, granted here.
do $$
begin
    if not exists (select from pg_roles where rolname = 'guildhall_app') then
        create role guildhall_app nologin;
    end if;
exception when duplicate_object or unique_violation then null;  -- another database was being made at the same time
end $$;
-- Whoever makes the schema may work as the program does.
do $$
begin
    if not (select rolsuper from pg_roles where rolname = current_user) then
        execute format('grant guildhall_app to %I', current_user);
    end if;
exception when insufficient_privilege then
    if not pg_has_role(current_user, 'guildhall_app', 'member') then raise; end if;
end $$;

-- Who only reads, on somebody's behalf; see the end.
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

-- Schema ---------------------------------------------------------------------

-- The steps that made this database what it is; the newest row is its version.
create table schema_step (
    version     integer     primary key,
    name        text        not null,
    applied_at  timestamptz not null,
    constraint schema_step_version_positive check (version > 0)
);
comment on table schema_step is 'Versions of the schema that were applied to this database.';

-- Audit ----------------------------------------------------------------------

-- Something that changed, told in the transaction that changed it. Append-only.
create table audit_event (
    event_id      uuid        primary key,
    -- Whose history it belongs to: `platform`, `requester:<uuid>` or `worker:<uuid>`. One hash chain each.
    stream        text        not null,
    occurred_at   timestamptz not null,
    actor_id      uuid        not null,
    action        text        not null,
    subject       text        not null,
    subject_id    uuid        not null,
    facts         jsonb       not null,
    constraint audit_event_stream_known check (stream = 'platform' or stream ~ '^(requester|worker):[0-9a-f-]{36}$')
);
comment on table audit_event is 'Every change, with who made it; append-only.';
-- Ends of rate cards are prepared here and nowhere else; finance lists those of a card.
create index audit_event_rate_card_end on audit_event (subject_id, event_id) where action = 'rate_card_end_prepared';

-- Events that wait for their seal: written with the event, removed by the sealer.
create table audit_unsealed (
    event_id  uuid  primary key references audit_event,
    stream    text  not null
);
comment on table audit_unsealed is 'Audit events not yet in their chain.';
create index audit_unsealed_by_stream on audit_unsealed (stream, event_id);

-- The newest link of each chain.
create table audit_stream (
    stream       text    primary key,
    length       bigint  not null,
    head         bytea   not null,
    constraint audit_stream_length_positive check (length > 0),
    constraint audit_stream_head_is_sha256 check (octet_length(head) = 32)
);
comment on table audit_stream is 'Head of each hash chain.';

-- A link: SHA-256 over the link before and the event. Append-only.
create table audit_seal (
    stream    text    not null references audit_stream,
    position  bigint  not null,
    event_id  uuid    not null references audit_event,
    hash      bytea   not null,
    constraint audit_seal_pkey primary key (stream, position),
    constraint audit_seal_one_per_event unique (event_id),
    constraint audit_seal_position_positive check (position > 0),
    constraint audit_seal_hash_is_sha256 check (octet_length(hash) = 32)
);
comment on table audit_seal is 'Hash chain over the audit events of a stream; append-only.';

-- Notices --------------------------------------------------------------------

create type notice_state as enum (
    'waiting',
    'delivered',  -- terminal: the channel took it
    'skipped',    -- terminal: not wanted on the channel, or nowhere to send it
    'dead'        -- terminal: given up; the inbox still has it
);
comment on type notice_state is 'Where the delivery of a notice stands.';

-- Something a person must be told, written in the transaction that caused it; delivery follows. Read in the inbox,
-- whatever became of the delivery.
create table notice (
    notice_id     uuid          primary key,
    recipient_id  uuid          not null,
    kind          text          not null,
    facts         jsonb         not null,
    created_at    timestamptz   not null,
    -- Telling the same thing twice is telling it once; null for what is never told twice.
    dedup_key     text,
    state         notice_state  not null default 'waiting',
    -- How often delivery has begun; due_at says when it may begin next.
    attempts      integer       not null default 0,
    due_at        timestamptz   not null,
    -- Why the last attempt failed; null after none did.
    fault         text,
    delivered_at  timestamptz,
    read_at       timestamptz,
    -- Where it goes in place of the recipient's own address: a former one. Not in their inbox.
    address       text,
    constraint notice_one_per_dedup_key unique (recipient_id, dedup_key),
    constraint notice_kind_is_snake_case check (kind ~ '^[a-z][a-z0-9_]{0,99}$'),
    constraint notice_dedup_key_bounded check (char_length(dedup_key) between 1 and 200),
    constraint notice_attempts_possible check (attempts between 0 and 100),
    constraint notice_fault_bounded check (char_length(fault) <= 500),
    constraint notice_delivered_iff_delivered check ((delivered_at is not null) = (state = 'delivered')),
    constraint notice_address_bounded check (char_length(address) between 3 and 320)
);
comment on table notice is 'Outbox of messages to people, and their inbox.';
create index notice_by_recipient on notice (recipient_id, notice_id);
-- Serves NoticeQueries.claimDue.
create index notice_due on notice (due_at, notice_id) where state = 'waiting';

create type notice_channel as enum ('inbox', 'email');
comment on type notice_channel is 'Where a notice reaches a person.';

-- Which kinds of notices a person does not want, or wants again. What is not said is wanted.
create table notice_preference (
    principal_id  uuid            not null,
    kind          text            not null,
    channel       notice_channel  not null,
    is_wanted     boolean         not null,
    set_at        timestamptz     not null,
    constraint notice_preference_pkey primary key (principal_id, kind, channel),
    constraint notice_preference_kind_is_snake_case check (kind ~ '^[a-z][a-z0-9_]{0,99}$')
);
comment on table notice_preference is 'Which kinds of notices people want on which channel.';

-- Identity -------------------------------------------------------------------

create type principal_kind as enum (
    'person',
    'key',      -- a requester's program
    'system'    -- Guildhall itself: the scheduler
);
comment on type principal_kind is 'What kind of actor a principal is.';

-- Whoever can act.
create table principal (
    principal_id  uuid            primary key,
    kind          principal_kind  not null,
    name          text            not null,
    created_at    timestamptz     not null,
    constraint principal_name_bounded check (char_length(name) between 1 and 200)
);
comment on table principal is 'People, keys and the system as actors.';

create type role as enum (
    'operator',         -- runs the crowd: workers, credentials, tiers, reviews
    'finance_maker',    -- prepares payout batches and rate cards
    'finance_checker',  -- approves what a maker prepared
    'requester',        -- publishes for one requester
    'reviewer',         -- judges submissions
    'worker',           -- contributes
    'agency_manager',   -- sees the work of one team's people and offers its capacity
    'auditor'           -- reads what operators and finance read, and changes nothing
);
comment on type role is 'What a principal may do.';

-- A role held from one instant to another, for one requester or for the platform.
create table role_grant (
    role_grant_id  uuid         primary key,
    principal_id   uuid         not null references principal,
    role           role         not null,
    -- Set for `requester`, null for the platform's roles.
    requester_id   uuid,
    granted_by     uuid         not null references principal,
    in_force       tstzrange    not null,
    -- Set for `agency_manager`.
    team_id        uuid,
    constraint role_grant_requester_iff_requester check ((requester_id is not null) = (role = 'requester')),
    constraint role_grant_team_iff_agency_manager check ((team_id is not null) = (role = 'agency_manager')),
    constraint role_grant_in_force_bounded_below check (not lower_inf(in_force) and not isempty(in_force)),
    constraint role_grant_no_overlap exclude using gist (
        principal_id with =, role with =,
        (coalesce(requester_id, team_id, '00000000-0000-0000-0000-000000000000'::uuid)) with =, in_force with &&
    ),
    constraint role_grant_auditor_alone exclude using gist (
        principal_id with =, ((role = 'auditor')::integer) with <>, in_force with &&
    )
);
comment on table role_grant is 'Effective-dated roles of principals.';
create index role_grant_by_principal on role_grant (principal_id);
create index role_grant_by_granter on role_grant (granted_by);
-- Who manages an agency.
create index role_grant_by_team on role_grant (team_id) where team_id is not null;

-- What a token may be used for. A token may never do more than its holder.
create type token_scope as enum (
    'read',     -- looking at what its holder may see
    'work',     -- claims, offers, bids, drafts and answers
    'review',   -- opinions, appeals, quality
    'publish',  -- projects, batches, tasks, guidelines, direct offers
    'money',    -- wallets, rates, payouts
    'operate',  -- running the crowd: workers, people, tokens, rounds
    'account'   -- its holder's own sign-in, sessions, tokens, notices, webhooks
);
comment on type token_scope is 'What a token may be used for.';

-- An opaque bearer token, known only by its SHA-256.
create table access_token (
    token_hash    bytea        primary key,
    principal_id  uuid         not null references principal,
    created_at    timestamptz  not null,
    expires_at    timestamptz  not null,
    revoked_at    timestamptz,
    -- What it is called by: the secret itself is shown once.
    access_token_id  uuid           not null,
    name             text           not null,
    scopes           token_scope[]  not null,
    -- Kept to ten minutes; null before its first use.
    last_used_at     timestamptz,
    -- The one that it was issued in place of, which ends soon.
    replaces_id      uuid,
    constraint access_token_hash_is_sha256 check (octet_length(token_hash) = 32),
    constraint access_token_expires_later check (expires_at > created_at),
    constraint access_token_one_per_id unique (access_token_id),
    constraint access_token_one_replacement unique (replaces_id),
    constraint access_token_replaces_id_fkey
        foreign key (replaces_id) references access_token (access_token_id),
    constraint access_token_name_bounded check (char_length(name) between 1 and 200),
    constraint access_token_scopes_given check (cardinality(scopes) between 1 and 20),
    constraint access_token_replaces_another check (replaces_id <> access_token_id)
);
comment on table access_token is 'Hashes of bearer tokens.';
create index access_token_by_principal on access_token (principal_id);

-- A request that must not be done twice, with the answer it got; written in the transaction that does it.
create table idempotency_key (
    principal_id  uuid         not null references principal,
    route         text         not null,
    key           text         not null,
    -- HMAC-SHA256 under the steady key of the ring, where the program has one.
    fingerprint   bytea        not null,
    status        integer      not null,
    answer        jsonb        not null,
    created_at    timestamptz  not null,
    constraint idempotency_key_pkey primary key (principal_id, route, key),
    constraint idempotency_key_bounded check (char_length(key) between 1 and 255),
    constraint idempotency_key_fingerprint_is_sha256 check (octet_length(fingerprint) = 32)
);
comment on table idempotency_key is 'Answers of requests that carried an Idempotency-Key.';
create index idempotency_key_by_age on idempotency_key (created_at);
-- Requests about one worker, which go with them when they are erased.
create index idempotency_key_by_worker on idempotency_key
    (lower(coalesce(nullif(split_part(route, '/', 4), ''), answer ->> 'worker')))
    where split_part(route, '/', 3) = 'workers';

-- A key that wraps data keys and short secrets. Only its name is here; the key is in the key file.
create table wrapping_key (
    name        text         primary key,
    created_at  timestamptz  not null,
    -- From when nothing is wrapped by it and it may be destroyed.
    retired_at  timestamptz,
    constraint wrapping_key_name_bounded check (name ~ '^[a-z0-9-]{1,60}$'),
    constraint wrapping_key_retired_later check (retired_at >= created_at)
);
comment on table wrapping_key is 'Names of the keys that wrap data keys.';

create type secret_kind as enum ('totp', 'webhook', 'oidc');
comment on type secret_kind is 'What a wrapped secret is for.';

create type sign_in_method as enum ('password', 'totp', 'recovery_code', 'oidc');
comment on type sign_in_method is 'How a person showed who they are; the strongest step counts.';

create type ticket_kind as enum ('invitation', 'reset');
comment on type ticket_kind is 'What a ticket that was sent to an address is for.';

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
    -- Whether two operators named the address.
    by_two           boolean      not null default false,
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

-- What lets one person act as others, or be paid for them, is said by one operator, and by another one who says the
-- same: whom an invitation goes to, whether and where an agency is paid for its people, by whose provider a requester's
-- people sign in.
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

-- Webhooks -------------------------------------------------------------------

create type webhook_endpoint_state as enum (
    'enabled',
    'disabled',  -- by a person
    'failed',    -- by Guildhall, after failing too long
    'gone'       -- by its own word: 410
);
comment on type webhook_endpoint_state is 'Whether an endpoint is told anything.';

create type webhook_delivery_state as enum (
    'waiting',
    'delivered',  -- terminal: answered by a status of 2xx
    'dead'        -- terminal: given up, or its endpoint is not told anything more; it can be replayed
);
comment on type webhook_delivery_state is 'Where the delivery of an event to an endpoint stands.';

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
    -- In a row, and when the last one was.
    failures             integer                 not null default 0,
    failed_at            timestamptz,
    constraint webhook_endpoint_url_bounded check (url ~ '^https?://' and char_length(url) <= 2000),
    constraint webhook_endpoint_kinds_bounded check (cardinality(kinds) <= 100),
    constraint webhook_endpoint_ended_iff_not_enabled check ((ended_at is null) = (state = 'enabled')),
    constraint webhook_endpoint_failures_possible check (failures between 0 and 1000000),
    constraint webhook_endpoint_failing_iff_failed
        check ((failing_since is null) = (failures = 0) and (failing_since is null) = (failed_at is null))
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
    -- The try that is in hand, and when its claim runs out; whoever settles must have it still.
    claim_id             uuid,
    claimed_until        timestamptz,
    constraint webhook_delivery_pkey primary key (webhook_endpoint_id, webhook_event_id),
    constraint webhook_delivery_attempts_possible check (attempts between 0 and 1000),
    constraint webhook_delivery_ended_iff_not_waiting check ((ended_at is null) = (state = 'waiting')),
    constraint webhook_delivery_claim_has_end check ((claim_id is null) = (claimed_until is null))
);
comment on table webhook_delivery is 'Events on their way to endpoints.';
create index webhook_delivery_by_event on webhook_delivery (webhook_event_id);
-- Serves WebhookQueries.deliveries, the log of an endpoint.
create index webhook_delivery_by_position on webhook_delivery (webhook_endpoint_id, position);
-- Serves QueueFigureQueries: how late the oldest is.
create index webhook_delivery_due on webhook_delivery (due_at, webhook_event_id) where state = 'waiting';
-- Serve WebhookDeliveryQueries.claimWebhooks: what is due, endpoint by endpoint, and how many of each are in hand.
create index webhook_delivery_due_by_endpoint
    on webhook_delivery (webhook_endpoint_id, due_at, webhook_event_id) where state = 'waiting';
create index webhook_delivery_in_hand
    on webhook_delivery (webhook_endpoint_id) where claim_id is not null and state = 'waiting';
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

-- Decisions ------------------------------------------------------------------

create type decision_kind as enum (
    'rejection',      -- work refused in whole or in part
    'suspension',     -- a worker kept from working
    'closure',        -- a worker's account closed by somebody else
    'tier_loss',
    'credential_refusal',
    'credential_revocation',
    'payment_withheld',
    'exclusion',      -- a requester does not want the worker
    'contribution_withdrawn',  -- answers that no longer count
    'clawback'        -- pay is taken back
);
comment on type decision_kind is 'What an adverse decision does to a worker.';

-- An adverse decision: never without a rule, facts, reasons, a person who made it, and the time to appeal.
create table decision (
    decision_id   uuid           primary key,
    kind          decision_kind  not null,
    worker_id     uuid           not null,
    subject_id    uuid           not null,
    rule          text           not null,
    facts         jsonb          not null,
    reasons       text           not null,
    decided_by    uuid           not null references principal,
    decided_at    timestamptz    not null,
    appeal_until  timestamptz    not null,
    -- What programs had a part in it, for the worker to know.
    automated     text           not null default 'none',
    constraint decision_automated_said check (char_length(automated) between 1 and 1000),
    constraint decision_rule_given check (char_length(rule) > 0),
    constraint decision_reasons_given check (char_length(reasons) > 0),
    constraint decision_appeal_possible check (appeal_until > decided_at),
    constraint decision_decider_is_other check (decided_by <> worker_id)
);
comment on table decision is 'Adverse decisions about workers, with reasons and appeal clock.';
create index decision_by_worker on decision (worker_id, decision_id);
create index decision_by_subject on decision (subject_id);
create index decision_by_decider on decision (decided_by);
-- Serves RetentionQueries.lockBatchToEmpty: whose appeal clock runs.
create index decision_by_appeal on decision (appeal_until);
-- For appeals, which name worker and decider of their decision.
create unique index decision_as_made on decision (decision_id, worker_id, decided_by);

create type appeal_state as enum (
    'open',        -- waits for its answer
    'upheld',      -- terminal: the decision stands
    'overturned',  -- terminal: the decision does not stand, and is made up for
    'withdrawn'    -- terminal: by the worker
);
comment on type appeal_state is 'Where an appeal stands.';

-- What a worker says against a decision, and what another person than the one who decided answers.
create table appeal (
    appeal_id     uuid          primary key,
    decision_id   uuid          not null,
    worker_id     uuid          not null,
    -- Of the decision.
    decided_by    uuid          not null,
    statement     text          not null,
    filed_at      timestamptz   not null,
    answer_until  timestamptz   not null,
    state         appeal_state  not null,
    answered_by   uuid          references principal,
    answered_at   timestamptz,
    -- For the worker to read.
    answer        text,
    -- What was done about it.
    remedy        jsonb,
    -- When operators were told that its answer is late.
    told_at       timestamptz,
    constraint appeal_one_per_decision unique (decision_id),
    constraint appeal_decision_fkey foreign key (decision_id, worker_id, decided_by)
        references decision (decision_id, worker_id, decided_by),
    constraint appeal_answered_by_another check (answered_by <> decided_by and answered_by <> worker_id),
    constraint appeal_statement_bounded check (char_length(statement) between 1 and 4000),
    constraint appeal_answer_bounded check (char_length(answer) between 1 and 4000),
    constraint appeal_answer_due_later check (answer_until > filed_at),
    constraint appeal_answered_iff_judged check (
        (state in ('upheld', 'overturned')) = (answered_by is not null)
        and (answered_by is null) = (answer is null)
        and (state = 'open') = (answered_at is null)
    ),
    constraint appeal_remedy_iff_overturned check ((state = 'overturned') = (remedy is not null))
);
comment on table appeal is 'Appeals of workers against decisions.';
create index appeal_by_decision on appeal (decision_id, worker_id, decided_by);
create index appeal_by_answerer on appeal (answered_by);
-- Serves AppealQueries.lateAppeals and the register.
create index appeal_open on appeal (answer_until, appeal_id) where state = 'open';

-- Workers --------------------------------------------------------------------

create type worker_state as enum (
    'registered', -- known, has not applied
    'applicant',  -- waits to be vetted
    'active',     -- the only state that may take work
    'paused',     -- by the worker
    'suspended',  -- by a decision
    'closed'
);
comment on type worker_state is 'Where a worker stands.';

-- Someone who contributes. What identifies the person is in worker_person, so that it can be erased.
create table worker (
    worker_id           uuid          primary key references principal,
    -- The operator's own name for this worker, for imports that may be repeated.
    external_key        text          not null,
    state               worker_state  not null,
    country             text          not null,
    time_zone           text          not null,
    weekly_minutes_max  integer       not null,
    registered_at       timestamptz   not null,
    -- Where the work is done, ISO 3166-2 or the country; null where it is the country they live in.
    place               text,
    -- When the personal data were erased; what remains is under the pseudonymous id.
    erased_at           timestamptz,
    -- The worker's own caps beside that of the week; those of hours_policy count as well, whichever is least.
    -- Null: as many a day as the week allows.
    daily_minutes_max     integer,
    tasks_at_once_max     integer     not null default 5,
    -- How long before it must be answered an offer is to come.
    offer_notice_minutes  integer     not null default 0,
    -- The decision that keeps them from working.
    suspension_id         uuid        references decision,
    constraint worker_one_per_external_key unique (external_key),
    constraint worker_external_key_bounded check (char_length(external_key) between 1 and 100),
    constraint worker_country_is_iso3166 check (country ~ '^[A-Z]{2}$'),
    constraint worker_weekly_minutes_possible check (weekly_minutes_max between 0 and 10080),
    constraint worker_place_is_iso3166 check (place ~ '^[A-Z]{2}(-[A-Z0-9]{1,3})?$'),
    constraint worker_erased_only_closed check (erased_at is null or state = 'closed'),
    constraint worker_daily_minutes_possible check (daily_minutes_max between 0 and 1440),
    constraint worker_tasks_at_once_possible check (tasks_at_once_max between 1 and 100),
    constraint worker_offer_notice_possible check (offer_notice_minutes between 0 and 10080),
    constraint worker_suspended_iff_decided check ((suspension_id is not null) = (state = 'suspended'))
);
comment on table worker is 'People who contribute.';
-- Serves WorkerQueries.workers(in:after:limit:).
create index worker_by_state on worker (state, worker_id);
create index worker_by_suspension on worker (suspension_id);

-- What the law lets a person have erased.
create table worker_person (
    worker_id  uuid    primary key references worker,
    name       text    not null,
    -- Lower case, so that one mailbox is one worker.
    email      text    not null,
    -- E.164.
    phone      text,
    born_on    date,
    constraint worker_person_one_per_email unique (email),
    constraint worker_person_email_bounded check (char_length(email) between 3 and 320),
    constraint worker_person_email_is_lower_case check (email = lower(email)),
    constraint worker_person_name_bounded check (char_length(name) between 1 and 200),
    constraint worker_person_phone_is_e164 check (phone ~ '^\+[1-9][0-9]{6,14}$'),
    constraint worker_person_born_on_possible check (born_on >= '1900-01-01')
);
comment on table worker_person is 'Personal data of a worker, erasable.';

-- Addresses that a person had before, to be told there of what a thief of their login would change after the address.
create table former_contact (
    worker_id    uuid         not null references worker,
    email        text         not null,
    replaced_at  timestamptz  not null,
    constraint former_contact_pkey primary key (worker_id, email),
    constraint former_contact_email_bounded check (char_length(email) between 3 and 320)
);
comment on table former_contact is 'Former addresses of workers.';

create type language_level as enum ('a1', 'a2', 'b1', 'b2', 'c1', 'c2', 'native');
comment on type language_level is 'How well a language is known: the levels of the CEFR, lowest first.';

-- What a worker reads and writes.
create table worker_language (
    worker_id  uuid            not null references worker,
    -- BCP 47, lower case.
    tag        text            not null,
    level      language_level  not null,
    constraint worker_language_pkey primary key (worker_id, tag),
    constraint worker_language_tag_is_lower_case check (tag ~ '^[a-z]{2,8}(-[a-z0-9]{1,8})*$')
);
comment on table worker_language is 'Languages of workers, with level.';

-- The data key under which a worker's secrets are sealed, wrapped by AES-256-GCM: nonce, key, tag. Without it they are
-- gone.
create table worker_key (
    worker_id     uuid   primary key references worker,
    wrapping_key  text   not null references wrapping_key,
    wrapped       bytea  not null,
    constraint worker_key_is_wrapped check (octet_length(wrapped) = 60)
);
comment on table worker_key is 'Wrapped data keys of workers.';
-- Serves VaultQueries.lockKeysToRewrap.
create index worker_key_by_wrapping_key on worker_key (wrapping_key, worker_id);

-- Where a worker is paid, sealed under their data key.
create table payout_method (
    worker_id   uuid         primary key references worker_key,
    sealed      bytea        not null,
    changed_at  timestamptz  not null,
    -- How often it was set: a payment knows which account it was made for.
    version     integer      not null default 1,
    constraint payout_method_is_sealed check (octet_length(sealed) between 29 and 8192),
    constraint payout_method_version_positive check (version > 0)
);
comment on table payout_method is 'Accounts that workers are paid to, encrypted.';

-- What a worker's taxes are reported by, sealed under their data key.
create table tax_profile (
    worker_id   uuid         primary key references worker_key,
    sealed      bytea        not null,
    changed_at  timestamptz  not null,
    constraint tax_profile_is_sealed check (octet_length(sealed) between 29 and 8192)
);
comment on table tax_profile is 'Tax profiles of workers, encrypted.';

-- What a worker's payments are taxed by, since when: asked for by their tax profile, or chosen by finance. No secret: without
-- any number.
create table tax_choice (
    tax_choice_id        uuid       primary key,
    worker_id            uuid       not null references worker,
    -- A name of the catalogue of tax rules (Sources/Tax/rules.json).
    rule_set             text       not null,
    -- ISO 3166-1 alpha-2.
    residence            text       not null,
    -- The IRS form on file; null when there is none.
    form                 text,
    has_taxpayer_number  boolean    not null,
    form_signed_on       date,
    -- What a treaty allows in place of the full rate.
    treaty_bps           integer,
    chosen_by            uuid       not null references principal,
    in_force             tstzrange  not null,
    -- Else it is what the worker's tax profile asked for.
    by_finance           boolean    not null default false,
    constraint tax_choice_rule_set_named check (rule_set ~ '^[a-z][a-z0-9-]{0,39}$'),
    constraint tax_choice_residence_is_code check (residence ~ '^[A-Z]{2}$'),
    constraint tax_choice_form_known check (form in ('w9', 'w8ben')),
    constraint tax_choice_treaty_possible check (treaty_bps between 0 and 10000 and form = 'w8ben' or treaty_bps is null),
    constraint tax_choice_in_force_bounded_below check (not lower_inf(in_force) and not isempty(in_force)),
    constraint tax_choice_no_overlap exclude using gist (worker_id with =, in_force with &&)
);
comment on table tax_choice is 'Effective-dated tax rules of workers.';
create index tax_choice_by_worker on tax_choice (worker_id, tax_choice_id);
create index tax_choice_by_chooser on tax_choice (chosen_by);

create type tax_claim_kind as enum (
    'exempt',      -- income that is free of tax
    'special',     -- a special deduction: social insurance, housing fund
    'additional',  -- a special additional deduction: children, education, rent, the old, the ill
    'other',       -- another lawful deduction
    'relief'       -- from the tax itself
);
comment on type tax_claim_kind is 'What workers claim against cumulative taxes.';

-- By which rules those are taxed who have chosen none, by country.
create table tax_default (
    tax_default_id  uuid       primary key,
    -- ISO 3166-1 alpha-2, of the worker, or of the agency that is paid in their place.
    country         text       not null,
    rule_set        text       not null,
    -- The law, or whose advice it is.
    source          text       not null,
    set_by          uuid       not null references principal,
    in_force        tstzrange  not null,
    constraint tax_default_country_is_code check (country ~ '^[A-Z]{2}$'),
    constraint tax_default_rule_set_named check (rule_set ~ '^[a-z][a-z0-9-]{0,39}$'),
    constraint tax_default_source_bounded check (char_length(source) between 1 and 200),
    constraint tax_default_in_force_bounded_below check (not lower_inf(in_force) and not isempty(in_force)),
    constraint tax_default_no_overlap exclude using gist (country with =, in_force with &&)
);
comment on table tax_default is 'Effective-dated tax rules of countries.';
create index tax_default_by_setter on tax_default (set_by);

-- What a worker may take off a month's income or tax, by evidence. It counts once a second person has seen that.
create table tax_claim (
    tax_claim_id  uuid            primary key,
    worker_id     uuid            not null references worker,
    kind          tax_claim_kind  not null,
    -- The first day of the month that it is for.
    month_on      date            not null,
    amount_minor  bigint          not null,
    currency      text            not null,
    -- Which paper, and where it is.
    evidence      text            not null,
    entered_by    uuid            not null references principal,
    entered_at    timestamptz     not null,
    verified_by   uuid            references principal,
    verified_at   timestamptz,
    withdrawn_by  uuid            references principal,
    withdrawn_at  timestamptz,
    constraint tax_claim_amount_positive check (amount_minor between 1 and 1000000000000000),
    constraint tax_claim_month_is_first_day check (extract(day from month_on) = 1),
    constraint tax_claim_evidence_bounded check (char_length(evidence) between 1 and 200),
    constraint tax_claim_verified_by_another check (verified_by <> entered_by and verified_by <> worker_id),
    constraint tax_claim_verification_whole check ((verified_by is null) = (verified_at is null)),
    constraint tax_claim_withdrawal_whole check ((withdrawn_by is null) = (withdrawn_at is null))
);
comment on table tax_claim is 'What workers claim against cumulative taxes.';
-- Serves TaxClaimQueries.taxClaimSums.
create index tax_claim_by_worker on tax_claim (worker_id, month_on);
create index tax_claim_by_enterer on tax_claim (entered_by);
create index tax_claim_by_verifier on tax_claim (verified_by);
create index tax_claim_by_withdrawer on tax_claim (withdrawn_by);

create type duplicate_ground as enum (
    'licence',         -- the number of a credential
    'payout_account',
    'identity'         -- the name, with the date of birth or the mailbox
);
comment on type duplicate_ground is 'What two accounts of one person have in common.';

-- A keyed hash (HMAC-SHA256) of something that only one person has: equal marks are found without reading what they
-- are made of.
create table identity_mark (
    worker_id  uuid              not null references worker,
    ground     duplicate_ground  not null,
    mark       bytea             not null,
    -- Which key it was made with, by half a hash of that key; marks of two keys cannot be compared.
    mark_key   text              not null,
    constraint identity_mark_key_named check (mark_key ~ '^[0-9a-f]{16}$'),
    constraint identity_mark_pkey primary key (worker_id, ground, mark),
    constraint identity_mark_is_hmac_sha256 check (octet_length(mark) = 32)
);
comment on table identity_mark is 'Blind index of what identifies a person, erasable.';
-- Serves DuplicateQueries.workers(bearing:).
create index identity_mark_by_mark on identity_mark (mark, worker_id);
-- Serves DuplicateQueries.lockWorkersToRemark.
create index identity_mark_by_key on identity_mark (mark_key, worker_id);

create type duplicate_state as enum ('open', 'same_person', 'different_people');
comment on type duplicate_state is 'What was found of two accounts.';

-- Two workers who may be one person, for an operator to find out.
create table duplicate_case (
    duplicate_case_id  uuid              primary key,
    -- Of the pair, the one with the smaller id.
    worker_id          uuid              not null references worker,
    other_worker_id    uuid              not null references worker,
    ground             duplicate_ground  not null,
    state              duplicate_state   not null,
    opened_at          timestamptz       not null,
    decided_at         timestamptz,
    decided_by         uuid              references principal,
    reasons            text,
    constraint duplicate_case_one_per_pair unique (worker_id, other_worker_id, ground),
    constraint duplicate_case_pair_in_order check (worker_id < other_worker_id),
    constraint duplicate_case_decided_iff_not_open check (
        (state = 'open') = (decided_at is null) and (state = 'open') = (decided_by is null)
        and (state = 'open') = (reasons is null)
    ),
    constraint duplicate_case_reasons_given check (char_length(reasons) > 0),
    constraint duplicate_case_decider_is_other check (decided_by not in (worker_id, other_worker_id))
);
comment on table duplicate_case is 'Pairs of workers who may be one person.';
-- Serves DuplicateQueries.duplicateCases(in:after:limit:).
create index duplicate_case_by_state on duplicate_case (state, duplicate_case_id);
create index duplicate_case_by_other on duplicate_case (other_worker_id);
create index duplicate_case_by_decider on duplicate_case (decided_by);

-- A text that workers accept: a code of conduct, a non-disclosure agreement, the guideline of a project. A new version
-- asks again.
create table agreement (
    agreement_id  uuid         primary key,
    -- `conduct`, `nda`, `guideline:<project id>`.
    kind          text         not null,
    version       integer      not null,
    title         text         not null,
    body          text         not null,
    hash          bytea        not null,
    -- From when this version is the one that counts.
    valid_from    timestamptz  not null,
    published_by  uuid         not null references principal,
    constraint agreement_one_per_version unique (kind, version),
    constraint agreement_one_per_start unique (kind, valid_from),
    constraint agreement_hash_agrees unique (agreement_id, hash),
    constraint agreement_title_bounded check (char_length(title) between 1 and 200),
    constraint agreement_kind_bounded check (kind ~ '^[a-z][a-z0-9_:-]{0,99}$'),
    constraint agreement_version_positive check (version > 0),
    constraint agreement_body_bounded check (char_length(body) between 1 and 200000),
    constraint agreement_hash_is_sha256 check (hash = sha256(convert_to(body, 'UTF8')))
);
comment on table agreement is 'Versions of texts that workers accept.';
create index agreement_by_publisher on agreement (published_by);

-- Append-only.
create table agreement_acceptance (
    worker_id     uuid         not null references worker,
    agreement_id  uuid         not null,
    accepted_at   timestamptz  not null,
    -- Of the text that the worker had before them.
    hash          bytea        not null,
    constraint agreement_acceptance_pkey primary key (worker_id, agreement_id),
    constraint agreement_acceptance_text_fkey
        foreign key (agreement_id, hash) references agreement (agreement_id, hash)
);
comment on table agreement_acceptance is 'Who accepted which version, and when; append-only.';
create index agreement_acceptance_by_agreement on agreement_acceptance (agreement_id, hash);

create type interest_kind as enum ('employer', 'retainer', 'counterparty', 'family', 'holding');
comment on type interest_kind is 'What ties a worker to a party.';

-- A party that a worker is tied to; bars them from its work while it is in force. Withdrawn, it bars on for the
-- kind's cool-down; never deleted.
create table interest (
    interest_id  uuid           primary key,
    worker_id    uuid           not null references worker,
    kind         interest_kind  not null,
    -- As declared, and in the form that is compared (PartyName.normalised).
    party_name   text           not null,
    party        text           not null,
    in_force     tstzrange      not null,
    constraint interest_party_bounded check (char_length(party) between 1 and 200 and char_length(party_name) between 1 and 200),
    constraint interest_in_force_bounded_below check (not lower_inf(in_force) and not isempty(in_force)),
    constraint interest_no_overlap exclude using gist (worker_id with =, kind with =, party with =, in_force with &&)
);
comment on table interest is 'Declared conflicts of interest.';
create index interest_by_party on interest (party);
-- Serves the claim's look at a task's parties.
create index interest_by_worker on interest (worker_id, party);

-- A worker whom a requester does not want, with the reason the worker is told.
create table exclusion (
    exclusion_id  uuid       primary key,
    requester_id  uuid       not null,
    worker_id     uuid       not null references worker,
    reason        text       not null,
    excluded_by   uuid       not null references principal,
    in_force      tstzrange  not null,
    constraint exclusion_reason_given check (char_length(reason) between 1 and 2000),
    constraint exclusion_in_force_bounded_below check (not lower_inf(in_force) and not isempty(in_force)),
    constraint exclusion_no_overlap exclude using gist (requester_id with =, worker_id with =, in_force with &&)
);
comment on table exclusion is 'Workers barred by requesters.';
create index exclusion_by_worker on exclusion (worker_id, exclusion_id);
create index exclusion_by_excluder on exclusion (excluded_by);

create type team_kind as enum (
    'agency',  -- an outsourced team; is paid in its people's place where it is the payee
    'staff'    -- the operator's own people at a regional base
);
comment on type team_kind is 'What ties the people of a team to the platform.';

create type workforce as enum (
    'crowd',   -- whoever is in no team
    'agency',
    'staff'
);
comment on type workforce is 'Where a worker comes from; a batch says which it takes.';

create table team (
    team_id     uuid         primary key,
    -- The operator's own name for it, for imports that may be repeated.
    external_key text        not null,
    kind        team_kind    not null,
    name        text         not null,
    -- ISO 3166-2 where there is one, else the country.
    base        text         not null,
    -- Whether the agency is paid in its people's place.
    is_payee    boolean      not null,
    created_at  timestamptz  not null,
    constraint team_one_per_external_key unique (external_key),
    constraint team_name_bounded check (char_length(name) between 1 and 200),
    constraint team_base_is_iso3166 check (base ~ '^[A-Z]{2}(-[A-Z0-9]{1,3})?$'),
    constraint team_only_agency_is_payee check (not is_payee or kind = 'agency')
);
comment on table team is 'Agencies and regional bases.';

-- Who belongs to which team, from one instant to another; nobody to two at once. Whoever is in none is of the crowd.
create table team_member (
    team_member_id  uuid       primary key,
    team_id         uuid       not null references team,
    worker_id       uuid       not null references worker,
    in_force        tstzrange  not null,
    constraint team_member_in_force_bounded_below check (not lower_inf(in_force) and not isempty(in_force)),
    constraint team_member_no_overlap exclude using gist (worker_id with =, in_force with &&)
);
comment on table team_member is 'Effective-dated membership in teams.';
create index team_member_by_team on team_member (team_id);

-- The same of agencies, which are paid in their people's place.
create table team_key (
    team_id       uuid   primary key references team,
    wrapping_key  text   not null references wrapping_key,
    wrapped       bytea  not null,
    constraint team_key_is_wrapped check (octet_length(wrapped) = 60)
);
comment on table team_key is 'Wrapped data keys of agencies.';
-- Serves VaultQueries.lockTeamKeysToRewrap.
create index team_key_by_wrapping_key on team_key (wrapping_key, team_id);

-- Where an agency is paid, sealed under its data key.
create table team_payout_method (
    team_id     uuid         primary key references team_key,
    sealed      bytea        not null,
    changed_at  timestamptz  not null,
    version     integer      not null default 1,
    constraint team_payout_method_is_sealed check (octet_length(sealed) between 29 and 8192),
    constraint team_payout_method_version_positive check (version > 0)
);
comment on table team_payout_method is 'Accounts that agencies are paid to, encrypted.';
create index team_member_by_worker on team_member (worker_id);

-- Minutes a worker has committed in one week: taken by a lease, given back by its end without work.
create table worker_week (
    worker_id          uuid     not null references worker,
    -- Monday, in the worker's zone.
    week_starts_on     date     not null,
    minutes_max        integer  not null,
    committed_minutes  integer  not null,
    -- What offers of the week asked for, whatever became of them.
    offered_minutes    bigint   not null default 0,
    constraint worker_week_pkey primary key (worker_id, week_starts_on),
    constraint worker_week_within_cap check (committed_minutes between 0 and minutes_max),
    constraint worker_week_starts_monday check (extract(isodow from week_starts_on) = 1),
    constraint worker_week_offered_possible check (offered_minutes >= 0)
);
comment on table worker_week is 'Committed minutes per worker and week, never over the cap.';

-- The same for one day, by the wall clock where the worker lives.
create table worker_day (
    worker_id          uuid     not null references worker,
    on_day             date     not null,
    minutes_max        integer  not null,
    committed_minutes  integer  not null,
    constraint worker_day_pkey primary key (worker_id, on_day),
    constraint worker_day_within_cap check (committed_minutes between 0 and minutes_max)
);
comment on table worker_day is 'Committed minutes per worker and day, never over the cap.';

-- The most anybody may commit, by the platform's rule or the law of a country or a part of it. The least of all that
-- hold counts, and all windows and the longest rest.
create table hours_policy (
    hours_policy_id     uuid       primary key,
    -- Null for the platform's own, which holds everywhere.
    country             text,
    daily_minutes_max   integer    not null,
    weekly_minutes_max  integer    not null,
    reason              text       not null,
    in_force            tstzrange  not null,
    set_by              uuid       not null references principal,
    -- Where it holds for a part of the country only: for those whose place of work it is.
    region              text,
    -- At most so many minutes a week, on average over the week that runs and those before it.
    window_weeks            integer,
    window_minutes_average  integer,
    -- In each 24 hours.
    rest_minutes        integer,
    constraint hours_policy_country_is_iso3166 check (country ~ '^[A-Z]{2}$'),
    constraint hours_policy_daily_minutes_possible check (daily_minutes_max between 0 and 1440),
    constraint hours_policy_weekly_minutes_possible check (weekly_minutes_max between 0 and 10080),
    constraint hours_policy_reason_given check (char_length(reason) between 1 and 500),
    constraint hours_policy_in_force_bounded_below check (not lower_inf(in_force) and not isempty(in_force)),
    constraint hours_policy_region_is_iso3166 check (region ~ '^[A-Z]{2}-[A-Z0-9]{1,3}$'),
    constraint hours_policy_region_in_country check (region is null or coalesce(left(region, 2) = country, false)),
    constraint hours_policy_window_whole check ((window_weeks is null) = (window_minutes_average is null)),
    constraint hours_policy_window_possible
        check (window_weeks between 2 and 53 and window_minutes_average between 0 and 10080),
    constraint hours_policy_rest_possible check (rest_minutes between 1 and 1439),
    constraint hours_policy_no_overlap
        exclude using gist ((coalesce(region, country, '')) with =, in_force with &&)
);
comment on table hours_policy is 'Effective-dated caps on hours, and rest, by place.';
create index hours_policy_by_setter on hours_policy (set_by);

-- When a worker is there in every week, by the wall clock of their zone. Without any row: always.
create table availability_window (
    worker_id     uuid     not null references worker,
    -- 1 Monday to 7 Sunday.
    weekday       integer  not null,
    -- Minutes from midnight, half-open.
    from_minute   integer  not null,
    until_minute  integer  not null,
    constraint availability_window_pkey primary key (worker_id, weekday, from_minute),
    constraint availability_window_weekday_known check (weekday between 1 and 7),
    constraint availability_window_within_day check (0 <= from_minute and from_minute < until_minute and until_minute <= 1440),
    constraint availability_window_no_overlap exclude using gist (
        worker_id with =, weekday with =, int4range(from_minute, greatest(until_minute, from_minute)) with &&
    )
);
comment on table availability_window is 'Weekly windows in which workers are there.';

create type availability_kind as enum ('free', 'away');
comment on type availability_kind is 'What an exception does to the windows of its day.';

-- A day on which the windows are not the whole truth.
create table availability_exception (
    worker_id     uuid               not null references worker,
    on_day        date               not null,
    kind          availability_kind  not null,
    from_minute   integer            not null,
    until_minute  integer            not null,
    constraint availability_exception_pkey primary key (worker_id, on_day, from_minute),
    constraint availability_exception_within_day check (0 <= from_minute and from_minute < until_minute and until_minute <= 1440),
    -- So that no two exceptions contradict each other.
    constraint availability_exception_no_overlap exclude using gist (
        worker_id with =, on_day with =, int4range(from_minute, greatest(until_minute, from_minute)) with &&
    )
);
comment on table availability_exception is 'Days on which workers are there, or away, against their windows.';


-- Expertise ------------------------------------------------------------------

-- The catalogue of professions; operators add rows.
create table profession (
    profession  text  primary key,
    title       text  not null,
    constraint profession_code_well_formed check (profession ~ '^[a-z][a-z_]{0,39}$'),
    constraint profession_title_bounded check (char_length(title) between 1 and 200)
);
comment on table profession is 'Catalogue of professions.';
insert into profession values
    ('lawyer', 'Lawyer'), ('physician', 'Physician'), ('accountant', 'Accountant'), ('engineer', 'Engineer'),
    ('translator', 'Translator'), ('financial_analyst', 'Financial analyst');

-- The catalogue of papers; operators add rows.
create table credential_kind (
    kind             text     primary key,
    -- Who can hold it; null where people of any profession can.
    profession       text     references profession,
    -- Whether it permits to practise; another paper attests skill to somebody who is licensed already.
    is_licence       boolean  not null,
    title            text     not null,
    -- How long after a verification it is looked at again, where its expiry does not ask before; null for never.
    reverify_months  integer,
    constraint credential_kind_code_well_formed check (kind ~ '^[a-z][a-z_]{0,39}$'),
    constraint credential_kind_title_bounded check (char_length(title) between 1 and 200),
    constraint credential_kind_reverify_months_possible check (reverify_months between 1 and 120)
);
comment on table credential_kind is 'Catalogue of kinds of credentials.';
create index credential_kind_by_profession on credential_kind (profession);
insert into credential_kind values
    ('bar_admission', 'lawyer', true, 'Bar admission', 24),
    ('medical_licence', 'physician', true, 'Medical licence', 24),
    ('board_certificate', null, false, 'Board certificate', null),
    ('provider_number', 'physician', false, 'Provider number in a public register', null),
    ('accounting_licence', 'accountant', true, 'Licence as accountant or auditor', 24),
    ('engineering_licence', 'engineer', true, 'Licence as professional engineer', 24),
    ('translator_certificate', 'translator', true, 'Sworn or certified translator', 36),
    ('analyst_charter', 'financial_analyst', true, 'Analyst charter or registration', 24);

create type tier as enum ('generalist', 'specialist', 'expert', 'principal');
comment on type tier is 'Standing within a profession, lowest first.';

-- A worker's standing in one profession.
create table profile (
    worker_id   uuid     not null references worker,
    profession  text     not null references profession,
    -- As the worker says; tiers count what the oldest licence bears out.
    years       integer  not null,
    -- Of professions that have no table of their own.
    specialties text[]   not null default '{}',
    constraint profile_pkey primary key (worker_id, profession),
    constraint profile_years_possible check (years between 0 and 80)
);
comment on table profile is 'A worker in a profession.';
-- Serves TierQueries.practitioners.
create index profile_by_profession on profile (profession, worker_id);

-- What only lawyers have.
create table lawyer_profile (
    worker_id       uuid    primary key,
    profession      text    not null default 'lawyer',
    practice_areas  text[]  not null,
    -- BCP 47: the languages in which the worker practises law.
    law_languages   text[]  not null default '{}',
    constraint lawyer_profile_is_lawyer check (profession = 'lawyer'),
    constraint lawyer_profile_profile_fkey foreign key (worker_id, profession) references profile (worker_id, profession)
);
comment on table lawyer_profile is 'Facts of a lawyer''s profile.';
create index lawyer_profile_by_profile on lawyer_profile (worker_id, profession);

create type physician_title as enum ('resident', 'attending', 'associate_chief', 'chief');
comment on type physician_title is 'The grades of physicians in hospitals of China, lowest first.';

-- What only physicians have.
create table physician_profile (
    worker_id        uuid             primary key,
    profession       text             not null default 'physician',
    specialties      text[]           not null,
    sub_specialties  text[]           not null default '{}',
    -- Null where the country has no such grades.
    title            physician_title,
    institution      text,
    constraint physician_profile_institution_bounded check (char_length(institution) between 1 and 200),
    constraint physician_profile_is_physician check (profession = 'physician'),
    constraint physician_profile_profile_fkey
        foreign key (worker_id, profession) references profile (worker_id, profession)
);
comment on table physician_profile is 'Facts of a physician''s profile.';
create index physician_profile_by_profile on physician_profile (worker_id, profession);

-- What a tier asks for in a profession, from one instant to another.
create table tier_rule (
    tier_rule_id  uuid         primary key,
    profession    text         not null references profession,
    tier          tier         not null,
    -- TierConditions: {"licences": 1, "verifiers": 2, "years": 5, "credentials": [], "exams": [], "skills": []}.
    conditions    jsonb        not null,
    -- Whether the tier is given at once to whoever meets it, without an operator's decision.
    is_automatic  boolean      not null,
    in_force      tstzrange    not null,
    published_by  uuid         not null references principal,
    constraint tier_rule_in_force_bounded_below check (not lower_inf(in_force) and not isempty(in_force)),
    constraint tier_rule_no_overlap exclude using gist (profession with =, tier with =, in_force with &&)
);
comment on table tier_rule is 'Effective-dated rules of tiers.';
create index tier_rule_by_profession on tier_rule (profession, tier);
create index tier_rule_by_publisher on tier_rule (published_by);

create type tier_ground as enum (
    'rule',      -- proposed by a rule and granted by a person, or given by an automatic rule
    'operator',  -- a person gave it, or took a higher one away
    'import'     -- held on the platform that the worker came from
);
comment on type tier_ground is 'Why somebody holds a tier.';

-- The tier held from one instant to another; "which tier on that day" has one answer.
create table tier_period (
    worker_id   uuid       not null,
    profession  text       not null,
    tier        tier       not null,
    in_force    tstzrange  not null,
    -- Whoever published the rule, where that gave it by itself.
    decided_by  uuid       not null references principal,
    ground      tier_ground not null,
    tier_rule_id uuid      references tier_rule,
    reasons     text       not null,
    constraint tier_period_rule_iff_by_rule check ((tier_rule_id is not null) = (ground = 'rule')),
    constraint tier_period_reasons_given check (char_length(reasons) between 1 and 4000),
    constraint tier_period_decider_is_other check (decided_by <> worker_id),
    constraint tier_period_profile_fkey foreign key (worker_id, profession) references profile (worker_id, profession),
    constraint tier_period_in_force_bounded_below check (not lower_inf(in_force) and not isempty(in_force)),
    constraint tier_period_no_overlap exclude using gist (worker_id with =, profession with =, in_force with &&)
);
comment on table tier_period is 'Effective-dated tiers.';
create index tier_period_by_profile on tier_period (worker_id, profession);
create index tier_period_by_decider on tier_period (decided_by);
create index tier_period_by_rule on tier_period (tier_rule_id);

-- How sensitive the content is that a worker may read, from one instant to another; nobody has one by themselves.
create table worker_clearance (
    worker_clearance_id  uuid       primary key,
    worker_id            uuid       not null references worker,
    -- 1 to 3, as the sensitivity of batches.
    level                integer    not null,
    reasons              text       not null,
    granted_by           uuid       not null references principal,
    in_force             tstzrange  not null,
    constraint worker_clearance_level_possible check (level between 1 and 3),
    constraint worker_clearance_reasons_given check (char_length(reasons) between 1 and 2000),
    constraint worker_clearance_granter_is_other check (granted_by <> worker_id),
    constraint worker_clearance_in_force_bounded_below check (not lower_inf(in_force) and not isempty(in_force)),
    constraint worker_clearance_no_overlap exclude using gist (worker_id with =, in_force with &&)
);
comment on table worker_clearance is 'Effective-dated clearances of workers.';
create index worker_clearance_by_worker on worker_clearance (worker_id, worker_clearance_id);
create index worker_clearance_by_granter on worker_clearance (granted_by);

create type credential_state as enum (
    'submitted',
    'in_check',  -- an operator has taken it up
    'verified',  -- counts, while it has not expired
    'refused',
    'revoked'
);
comment on type credential_state is 'Where the verification of a credential stands; expiry is a date, not a state.';

create type number_verdict as enum (
    'well_formed',    -- stored in the normal form
    'malformed',      -- kept as given, with the reason
    'unchecked'       -- kept as given: no format is public
);
comment on type number_verdict is 'What the public format of a number says of it; nothing is refused for it.';

-- A licence, admission or certificate.
create table credential (
    credential_id  uuid              primary key,
    worker_id      uuid              not null,
    profession     text              not null,
    kind           text              not null references credential_kind,
    issuer         text              not null,
    -- ISO 3166-2 where there is one (US-NY), else the country.
    jurisdiction   text              not null,
    number         text              not null,
    issued_on      date              not null,
    -- Exclusive end of validity, at midnight UTC; null where it does not expire.
    expires_at     timestamptz,
    state          credential_state  not null,
    verified_at    timestamptz,
    verified_by    uuid              references principal,
    -- The second pair of eyes, which the tiers expert and principal ask for.
    confirmed_at   timestamptz,
    confirmed_by   uuid              references principal,
    -- When it must have been looked at again: its expiry, or earlier where its kind asks.
    reverify_at    timestamptz,
    -- When the worker is next told of that; null when there is nothing more to tell.
    remind_at      timestamptz,
    number_verdict number_verdict    not null default 'unchecked',
    -- The format that was tried, and what is wrong.
    number_note    text,
    -- What the licence covers, as it says itself: `clinical`, `general practice`.
    category       text,
    scope          text,
    -- As the issuer's register lists it: `active`, `in good standing`.
    register_status text,
    constraint credential_profile_fkey foreign key (worker_id, profession) references profile (worker_id, profession),
    constraint credential_issuer_bounded check (char_length(issuer) between 1 and 200),
    constraint credential_number_bounded check (char_length(number) between 1 and 100),
    constraint credential_expires_after_issue check (expires_at at time zone 'UTC' > issued_on),
    constraint credential_verified_by_somebody check ((verified_at is null) = (verified_by is null)),
    constraint credential_verified_has_time check (state <> 'verified' or verified_at is not null),
    constraint credential_verifier_is_other check (verified_by is distinct from worker_id),
    constraint credential_confirmed_by_somebody check ((confirmed_at is null) = (confirmed_by is null)),
    constraint credential_confirmed_by_second check (
        confirmed_by is null or (confirmed_by <> worker_id and confirmed_by is distinct from verified_by)
    ),
    constraint credential_remind_before_reverify check (remind_at <= reverify_at),
    constraint credential_malformed_has_note check ((number_verdict = 'malformed') <= (number_note is not null)),
    constraint credential_details_bounded check (
        char_length(category) between 1 and 200 and char_length(scope) between 1 and 1000
        and char_length(register_status) between 1 and 200
    )
);
comment on table credential is 'Credentials and their verification.';
-- A licence belongs to one worker. One that was refused or revoked does not keep its holder from handing it in.
create unique index credential_one_live_per_number
    on credential (kind, jurisdiction, upper(number)) where state in ('submitted', 'in_check', 'verified');
create index credential_by_kind on credential (kind);
create index credential_by_confirmer on credential (confirmed_by);
-- Serves VerificationQueries.credentials(in:after:limit:).
create index credential_waiting on credential (state, credential_id) where state in ('submitted', 'in_check');
-- Serves VerificationQueries.lockDueReminders.
create index credential_remind on credential (remind_at, credential_id) where state = 'verified';
create index credential_by_profile on credential (worker_id, profession);
create index credential_by_verifier on credential (verified_by);

-- What was handed in to bear a credential out, by content hash; the documents are kept elsewhere. Append-only, but
-- for what an erasure takes away.
create table credential_evidence (
    credential_id  uuid         not null references credential,
    hash           bytea        not null,
    media_type     text         not null,
    size           bigint       not null,
    name           text         not null,
    added_by       uuid         not null references principal,
    added_at       timestamptz  not null,
    constraint credential_evidence_pkey primary key (credential_id, hash),
    constraint credential_evidence_hash_is_sha256 check (octet_length(hash) = 32),
    constraint credential_evidence_media_type_well_formed
        check (media_type ~ '^[a-z]+/[a-z0-9][a-z0-9.+-]{0,99}$'),
    constraint credential_evidence_size_possible check (size between 1 and 1073741824),
    constraint credential_evidence_name_bounded check (char_length(name) between 1 and 200)
);
comment on table credential_evidence is 'Documents behind credentials, by content hash; append-only.';
create index credential_evidence_by_adder on credential_evidence (added_by);

-- A reminder that went out: once for each date and distance. Append-only.
create table credential_reminder (
    credential_id  uuid         not null references credential,
    reverify_at    timestamptz  not null,
    -- 60, 30, 7; 0 says that the date has come.
    days_before    integer      not null,
    reminded_at    timestamptz  not null,
    constraint credential_reminder_pkey primary key (credential_id, reverify_at, days_before),
    constraint credential_reminder_days_known check (days_before in (60, 30, 7, 0))
);
comment on table credential_reminder is 'Reminders of re-verification that were sent; append-only.';

-- What an agency offers as a whole.
create table team_capacity (
    team_capacity_id  uuid       primary key,
    team_id           uuid       not null references team,
    profession        text       not null references profession,
    weekly_minutes    integer    not null,
    in_force          tstzrange  not null,
    constraint team_capacity_weekly_minutes_possible check (weekly_minutes between 0 and 100000000),
    constraint team_capacity_in_force_bounded_below check (not lower_inf(in_force) and not isempty(in_force)),
    constraint team_capacity_no_overlap exclude using gist (team_id with =, profession with =, in_force with &&)
);
comment on table team_capacity is 'Effective-dated minutes a week that teams offer.';
create index team_capacity_by_team on team_capacity (team_id);
create index team_capacity_by_profession on team_capacity (profession);

-- A qualification exam of a profession. A new version is a new row; what was passed before stays valid until it expires.
create table exam (
    exam_id            uuid         primary key,
    profession         text         not null references profession,
    -- Names the exam over all its versions, as requirements do.
    key                text         not null,
    version            integer      not null,
    title              text         not null,
    -- [{"title", "weight", "questions": [{"id", "prompt", "options": {"a": …}, "skill"}]}]; never the key.
    sections           jsonb        not null,
    -- {"<question id>": "<option>"}
    answer_key         jsonb        not null,
    minutes            integer      not null,
    attempts_max       integer      not null,
    cooldown_hours     integer      not null,
    -- Ten-thousandths of the whole.
    pass_bps           integer      not null,
    valid_days         integer      not null,
    published_at       timestamptz  not null,
    published_by       uuid         not null references principal,
    constraint exam_one_per_version unique (key, version),
    constraint exam_key_bounded check (key ~ '^[a-z][a-z0-9_-]{0,59}$'),
    constraint exam_bounded check (
        version > 0 and minutes between 1 and 1440 and attempts_max between 1 and 100
        and cooldown_hours between 0 and 8760 and pass_bps between 1 and 10000 and valid_days between 1 and 3650
    )
);
comment on table exam is 'Qualification exams.';
create index exam_by_profession on exam (profession);
create index exam_by_publisher on exam (published_by);

-- One worker's try at an exam.
create table exam_attempt (
    exam_attempt_id  uuid         primary key,
    exam_id          uuid         not null references exam,
    worker_id        uuid         not null references worker,
    attempt_no       integer      not null,
    started_at       timestamptz  not null,
    due_at           timestamptz  not null,
    -- Set when it was handed in, or counted as handed in empty when the time had run out.
    finished_at      timestamptz,
    answers          jsonb,
    score_bps        integer,
    -- When the score no longer counts.
    expires_at       timestamptz,
    constraint exam_attempt_one_per_number unique (exam_id, worker_id, attempt_no),
    constraint exam_attempt_due_later check (due_at > started_at),
    constraint exam_attempt_score_possible check (score_bps between 0 and 10000),
    constraint exam_attempt_finished_whole check (
        (finished_at is null) = (score_bps is null) and (finished_at is null) = (expires_at is null)
    )
);
comment on table exam_attempt is 'Tries at exams, with their scores.';
create index exam_attempt_by_worker on exam_attempt (worker_id, exam_attempt_id);
-- Serves ExamQueries.lockOverdueAttempts.
create index exam_attempt_overdue on exam_attempt (due_at) where finished_at is null;
-- One at a time.
create unique index exam_attempt_one_open on exam_attempt (worker_id, exam_id) where finished_at is null;

-- How good a worker is at something, as far as is known: written by exams and by the quality estimator, read by all.
create table skill_estimate (
    worker_id       uuid      not null references worker,
    -- A node of the skill tree: `lawyer`, `lawyer/contracts/governing_law`.
    skill           text      not null,
    -- Of the method that made it; the greatest counts.
    version         integer   not null,
    -- Probability of a right answer, and its 95 % credible interval, in ten-thousandths.
    mean_bps        integer   not null,
    low_bps         integer   not null,
    high_bps        integer   not null,
    -- How many answers it rests on.
    evidence        integer   not null,
    estimated_at    timestamptz       not null,
    constraint skill_estimate_pkey primary key (worker_id, skill, version),
    constraint skill_estimate_skill_bounded check (skill ~ '^[a-z][a-z0-9_]*(/[a-z0-9_]+)*$' and char_length(skill) <= 200),
    constraint skill_estimate_ordered check (
        0 <= low_bps and low_bps <= mean_bps and mean_bps <= high_bps and high_bps <= 10000
    ),
    constraint skill_estimate_evidence_possible check (evidence >= 0 and version > 0)
);
comment on table skill_estimate is 'Skill of workers by node, with its uncertainty.';
-- Serves AuctionQueries.freezeQuality.
create index skill_estimate_by_skill on skill_estimate (skill, worker_id, version desc);

create type tier_proposal_state as enum (
    'open',
    'granted',
    'declined',
    'withdrawn'
);
comment on type tier_proposal_state is 'Where the proposal of a tier stands.';

-- A promotion, or a loss, that a rule proposes, with what the worker was found to have.
create table tier_proposal (
    tier_proposal_id  uuid                 primary key,
    worker_id         uuid                 not null,
    profession        text                 not null,
    tier              tier                 not null,
    -- Held when it was proposed; one higher than `tier` would be lost.
    held              tier,
    -- Whose conditions are met; of a loss those that are not met any more.
    tier_rule_id      uuid                 not null references tier_rule,
    -- Each condition with what was found.
    reasons           jsonb                not null,
    state             tier_proposal_state  not null,
    proposed_at       timestamptz          not null,
    proposed_by       uuid                 not null references principal,
    closed_at         timestamptz,
    closed_by         uuid                 references principal,
    -- Why it was declined.
    note              text,
    constraint tier_proposal_profile_fkey
        foreign key (worker_id, profession) references profile (worker_id, profession),
    constraint tier_proposal_closed_iff_terminal check (
        (closed_at is not null) = (state <> 'open') and (closed_by is not null) = (state <> 'open')
    ),
    constraint tier_proposal_changes_tier check (held <> tier),
    constraint tier_proposal_note_iff_declined check ((note is not null) = (state = 'declined')),
    constraint tier_proposal_decider_is_other
        check (state not in ('granted', 'declined') or closed_by is distinct from worker_id)
);
comment on table tier_proposal is 'Proposed changes of tiers.';
-- One at a time.
create unique index tier_proposal_one_open on tier_proposal (worker_id, profession) where state = 'open';
-- Serves TierQueries.openProposals.
create index tier_proposal_open on tier_proposal (tier_proposal_id) where state = 'open';
create index tier_proposal_by_profile on tier_proposal (worker_id, profession);
create index tier_proposal_by_rule on tier_proposal (tier_rule_id);
create index tier_proposal_by_proposer on tier_proposal (proposed_by);
create index tier_proposal_by_closer on tier_proposal (closed_by);

-- What a task demands, once for all tasks that demand the same: the normalised tree and its hash.
create table requirement (
    requirement_id  uuid   primary key,
    tree            jsonb  not null,
    hash            bytea  not null,
    constraint requirement_one_per_hash unique (hash),
    constraint requirement_hash_is_sha256 check (octet_length(hash) = 32)
);
comment on table requirement is 'Interned requirement trees.';

-- How far the answers to "who meets this requirement" have been worked out.
create table requirement_cover (
    requirement_id  uuid         primary key references requirement,
    interned_at     timestamptz  not null,
    -- The worker up to whom the sweep that is under way has come; null before the first and after the last.
    swept_through   uuid,
    -- From when on worker_requirement must not be relied upon; null when it may always be.
    stale_from      timestamptz,
    constraint requirement_cover_swept_only_while_stale check (swept_through is null or stale_from is not null)
);
comment on table requirement_cover is 'Progress of working out who meets a requirement.';
-- Serves EligibilityQueries.lockStaleCovers.
create index requirement_cover_stale on requirement_cover (requirement_id) where stale_from is not null;

-- The kinds of agreement that a requirement names, with the newest version its answers were worked out for.
create table requirement_agreement (
    requirement_id  uuid     not null references requirement,
    kind            text     not null,
    known_version   integer  not null,
    constraint requirement_agreement_pkey primary key (requirement_id, kind),
    constraint requirement_agreement_known_version_not_negative check (known_version >= 0)
);
comment on table requirement_agreement is 'Agreements that requirements name.';
create index requirement_agreement_by_kind on requirement_agreement (kind);

-- Who meets a requirement, and when: worked out from a worker's facts in the transaction that changes them, for all
-- time to come, so that an expiry needs nobody to take effect. The worker's standing is not in it.
create table worker_requirement (
    worker_id       uuid       not null references worker,
    requirement_id  uuid       not null references requirement,
    -- No lower end when it held already as it was worked out.
    in_force        tstzrange  not null,
    constraint worker_requirement_pkey primary key (worker_id, requirement_id, in_force),
    constraint worker_requirement_in_force_not_empty check (not isempty(in_force))
);
comment on table worker_requirement is 'Requirements that workers meet, with the times.';
create index worker_requirement_by_requirement on worker_requirement (requirement_id, worker_id);

-- PayRates -------------------------------------------------------------------

create type pay_unit as enum ('task', 'item', 'hour');
comment on type pay_unit is 'What a rate is paid for.';

create type rate_card_state as enum (
    'draft',      -- prepared; binds nobody
    'approved',   -- by a second person
    'published',  -- terminal: holds while its rates are in force
    'discarded'   -- terminal: never held and never will
);
comment on type rate_card_state is 'Where a version of the rate card stands; that it has ended is a date, not a state.';

-- A version of the rate card: its rates and premium rules, and how far premiums may go.
create table rate_card (
    card_id                uuid             primary key,
    name                   text             not null,
    version                integer          not null,
    state                  rate_card_state  not null,
    -- The most that premiums may multiply a price by, in ten-thousandths: each kind, and all together.
    urgency_cap_bps        integer          not null,
    unsocial_cap_bps       integer          not null,
    language_cap_bps       integer          not null,
    difficulty_cap_bps     integer          not null,
    whole_cap_bps          integer          not null,
    -- SHA-256 of the card as it was drafted: the approval is for this content and no other.
    content_hash           bytea            not null,
    prepared_by            uuid             not null references principal,
    prepared_at            timestamptz      not null,
    approved_by            uuid             references principal,
    -- When its rates hold; null until it is published.
    in_force               tstzrange,
    constraint rate_card_name_bounded check (char_length(name) between 1 and 200),
    constraint rate_card_version_positive check (version > 0),
    constraint rate_card_one_per_version unique (version),
    constraint rate_card_caps_possible check (
        least(urgency_cap_bps, unsocial_cap_bps, language_cap_bps, difficulty_cap_bps, whole_cap_bps) >= 10000
        and greatest(urgency_cap_bps, unsocial_cap_bps, language_cap_bps, difficulty_cap_bps, whole_cap_bps) <= 100000
    ),
    constraint rate_card_hash_is_sha256 check (octet_length(content_hash) = 32),
    constraint rate_card_approved_by_second_person check (approved_by <> prepared_by),
    constraint rate_card_approved_before_publication check (state <> 'published' or approved_by is not null),
    constraint rate_card_in_force_iff_published check ((in_force is not null) = (state = 'published')),
    constraint rate_card_in_force_bounded_below check (not lower_inf(in_force) and not isempty(in_force)),
    constraint rate_card_no_overlap exclude using gist (in_force with &&)
);
comment on table rate_card is 'Versions of the rate card.';
create index rate_card_by_preparer on rate_card (prepared_by);
create index rate_card_by_approver on rate_card (approved_by);

-- A rate that holds from one instant to another; no two for the same case at one instant.
create table rate (
    rate_id       uuid       primary key,
    card_id       uuid       not null references rate_card,
    profession    text       not null references profession,
    tier          tier       not null,
    -- A kind of the program's catalogue.
    task_kind     text       not null,
    -- A country or a part of one, or `any`.
    region        text       not null,
    -- A BCP 47 tag in lower case, or `any`.
    language      text       not null,
    unit          pay_unit   not null,
    amount_minor  bigint     not null,
    -- The least and the most that may be asked for one unit.
    least_minor   bigint     not null,
    most_minor    bigint     not null,
    currency      text       not null,
    -- Null until its card is published.
    in_force      tstzrange,
    prepared_by   uuid       not null references principal,
    approved_by   uuid       references principal,
    constraint rate_amount_positive check (amount_minor between 1 and 1000000000000),
    constraint rate_band_holds_amount check (
        1 <= least_minor and least_minor <= amount_minor and amount_minor <= most_minor and most_minor <= 1000000000000
    ),
    constraint rate_task_kind_well_formed check (task_kind ~ '^[a-z][a-z_]{0,39}$'),
    constraint rate_region_is_iso3166_or_any check (region ~ '^(any|[A-Z]{2}(-[A-Z0-9]{1,3})?)$'),
    constraint rate_language_bounded check (language ~ '^[a-z]{2,8}(-[a-z0-9]{1,8})*$' and char_length(language) <= 35),
    constraint rate_currency_is_iso4217 check (currency ~ '^[A-Z]{3}$'),
    constraint rate_approved_by_second_person check (approved_by <> prepared_by),
    constraint rate_in_force_is_approved check (in_force is null or approved_by is not null),
    constraint rate_in_force_bounded_below check (not lower_inf(in_force) and not isempty(in_force)),
    constraint rate_no_overlap exclude using gist (
        profession with =, tier with =, task_kind with =, region with =, language with =, currency with =,
        in_force with &&
    )
);
comment on table rate is 'Effective-dated pay rates.';
create index rate_by_card on rate (card_id);
create index rate_by_profession on rate (profession);
create index rate_by_preparer on rate (prepared_by);
create index rate_by_approver on rate (approved_by);

create type premium_kind as enum ('urgency', 'unsocial_hours', 'language_scarcity', 'difficulty');
comment on type premium_kind is 'What may raise a price, in the order in which it does.';

-- A rule that multiplies prices while it is in force.
create table premium_rule (
    premium_rule_id  uuid          primary key,
    card_id          uuid          not null references rate_card,
    kind             premium_kind  not null,
    -- Urgency: due within so many hours; difficulty: at least that level; 0 for the others.
    threshold        integer       not null,
    -- Scarcity: the language; `any` for the others.
    language         text          not null,
    factor_bps       integer       not null,
    -- Null while its card is a draft.
    in_force         tstzrange,
    constraint premium_rule_threshold_fits_kind check (
        case kind when 'urgency' then threshold between 1 and 100000 when 'difficulty' then threshold between 2 and 5
                  else threshold = 0 end
    ),
    constraint premium_rule_language_iff_scarcity check ((language = 'any') = (kind <> 'language_scarcity')),
    constraint premium_rule_language_bounded
        check (language ~ '^[a-z]{2,8}(-[a-z0-9]{1,8})*$' and char_length(language) <= 35),
    constraint premium_rule_factor_possible check (factor_bps between 10000 and 100000),
    constraint premium_rule_in_force_bounded_below check (not lower_inf(in_force) and not isempty(in_force)),
    constraint premium_rule_no_overlap exclude using gist (
        kind with =, threshold with =, language with =, in_force with &&
    )
);
comment on table premium_rule is 'Effective-dated rules that multiply prices.';
create index premium_rule_by_card on premium_rule (card_id);

create type escalation_shape as enum (
    'steps',  -- rises at the end of every interval
    'linear'  -- rises all the time
);
comment on type escalation_shape is 'How the price of unclaimed work rises.';

-- The least that an hour of work must come to; the narrowest that fits a batch's rate counts.
create table pay_floor (
    pay_floor_id  uuid       primary key,
    -- Null for any.
    profession    text       references profession,
    tier          tier,
    currency      text       not null,
    hourly_minor  bigint     not null,
    -- Of how many of a batch's newest accepted answers the median of the active time is taken.
    median_of     integer    not null,
    reason        text       not null,
    in_force      tstzrange  not null,
    set_by        uuid       not null references principal,
    constraint pay_floor_currency_is_iso4217 check (currency ~ '^[A-Z]{3}$'),
    constraint pay_floor_hourly_possible check (hourly_minor between 1 and 100000000000),
    constraint pay_floor_median_of_possible check (median_of between 1 and 200),
    constraint pay_floor_reason_given check (char_length(reason) between 1 and 500),
    constraint pay_floor_in_force_bounded_below check (not lower_inf(in_force) and not isempty(in_force)),
    constraint pay_floor_no_overlap exclude using gist (
        (coalesce(profession, '')) with =, tier with =, currency with =, in_force with &&
    ),
    constraint pay_floor_no_overlap_of_any_tier exclude using gist (
        (coalesce(profession, '')) with =, currency with =, in_force with &&
    ) where (tier is null)
);
comment on table pay_floor is 'Effective-dated least pay of an hour.';
create index pay_floor_by_profession on pay_floor (profession);
create index pay_floor_by_setter on pay_floor (set_by);

-- Ledger ---------------------------------------------------------------------

create type account_kind as enum (
    'requester_wallet',  -- what a requester has paid in and not committed
    'batch_hold',        -- what a batch may still cost
    'worker_payable',    -- what a worker has earned and was not paid
    'payout_clearing',   -- what is on its way to the bank
    'platform_fees',     -- the platform's income
    'bank',              -- the world outside; negative by as much as it has brought in
    'platform_top_ups',  -- negative by as much as the platform has paid to keep pay floors
    'tax_payable',       -- what was withheld and is owed to tax authorities
    'conversion',        -- what was changed into another currency and what came of it; one in each
    'rounding',          -- what banks that round otherwise than the books have left over, or taken
    'write_off',         -- negative by as much as was given up
    'platform_remedies', -- negative by as much as appeals have brought workers
    'worker_receivables' -- negative by as much as workers owe of pay that was taken back
);
comment on type account_kind is 'What an account holds.';

-- A place where money of one currency stands. Credit is plus.
create table account (
    account_id     uuid          primary key,
    kind           account_kind  not null,
    -- The requester, batch or worker; the platform's accounts have none.
    owner_id       uuid,
    currency       text          not null,
    constraint account_one_per_owner unique nulls not distinct (kind, owner_id, currency),
    constraint account_currency_agrees unique (account_id, currency),
    constraint account_owner_iff_kind
        check ((owner_id is not null) = (kind in ('requester_wallet', 'batch_hold', 'worker_payable')))
);
comment on table account is 'Accounts of the double-entry ledger.';
-- Serves HistoryQueries.foldedAccounts: the platform's few among all.
create index account_without_owner on account (account_id) where owner_id is null;

-- The balance of a wallet or a hold, which must not go below zero, kept by every transfer: in one slice, or in several
-- where many post to it at once. All others have none. What workers are owed is appended to by many and taken by few, who
-- count it under a lock of the account; the platform's own may go below zero, and are summed from their last fold.
create table account_slice (
    account_id     uuid      not null references account,
    slice_no       smallint  not null,
    balance_minor  bigint    not null,
    constraint account_slice_pkey primary key (account_id, slice_no),
    constraint account_slice_no_bounded check (slice_no between 0 and 63),
    constraint account_slice_never_negative check (balance_minor >= 0),
    constraint account_slice_balance_bounded check (balance_minor <= 1000000000000000)
) with (fillfactor = 50);
comment on table account_slice is 'Balances of accounts, in slices.';
-- Serves HistoryQueries.foldedAccounts: those to which many post.
create index account_slice_beyond_first on account_slice (account_id) where slice_no > 0;

create type entry_kind as enum (
    'funding',        -- a requester has paid in
    'hold',           -- money is set aside for a batch
    'release',        -- and given back
    'acceptance',     -- work was accepted: the worker's pay and the platform's fee
    'top_up',         -- pay was raised to the floor
    'payout',         -- what is owed is on its way
    'settlement',     -- and has left
    'withdrawal',     -- a requester has taken money out
    'bonus',          -- a requester pays more than was agreed
    'conversion',     -- a wallet's money became another currency's
    'write_off',      -- the platform gives up, or makes up for, what cannot be had
    'reversal',       -- another entry is taken back
    'payout_return',  -- a payment came back from the bank
    'withholding',    -- tax was kept back
    'remittance',     -- and was paid to its authority
    'clawback',       -- pay was taken back, by a decision
    'remedy',         -- pay was given after all, by an appeal
    'recovery',       -- what was taken back was kept of a payout
    'clawback_release', -- what was taken back is not owed any more, by an appeal
    'bank_charge',    -- the bank kept or took more than the books have
    'bank_credit',    -- or gave more
    'rounding_charge', -- the bank has rounded otherwise than the books, and took more
    'rounding_credit' -- or gave more
);
comment on type entry_kind is 'Why something was entered in the journal.';

-- What belongs together: transfers that were posted at once for one reason. Append-only.
create table journal_entry (
    entry_id     uuid         primary key,
    kind         entry_kind   not null,
    -- What caused it: an assignment, a batch, a payout's line or share, a voucher, a funding reference. Once per kind: the
    -- same again is not posted twice.
    source_id    uuid         not null,
    -- The entry that this one takes back, which is taken back once.
    reverses_id  uuid         references journal_entry,
    -- For people; where the source does not say it.
    reason       text,
    posted_at    timestamptz  not null,
    constraint journal_entry_one_per_source unique (kind, source_id),
    constraint journal_entry_reversed_once unique (reverses_id),
    constraint journal_entry_reversal_iff_kind check ((reverses_id is not null) = (kind = 'reversal')),
    constraint journal_entry_reason_bounded check (char_length(reason) between 1 and 4000)
);
comment on table journal_entry is 'Reasons of movements of money; append-only.';

create type transfer_kind as enum (
    'funding',   -- bank to requester wallet
    'hold',      -- wallet to batch hold
    'release',   -- batch hold back to wallet
    'earning',   -- batch hold to worker payable
    'fee',       -- batch hold to platform fees
    'payout',    -- worker payable to payout clearing
    'settlement', -- payout clearing to bank
    'top_up',    -- batch hold, or the platform's top-ups, to worker payable
    'withdrawal',     -- requester wallet to bank
    'bonus',          -- requester wallet to worker payable
    'conversion',     -- between a wallet and the conversion account of its currency
    'write_off',      -- between the platform's write-offs and another account
    'reversal',       -- the other way round than the transfer that is its source
    'payout_return',  -- bank to worker payable
    'withholding',    -- worker payable to tax payable
    'remittance',     -- tax payable to bank
    'clawback',       -- worker receivables to where the pay came from: requester wallet, platform; what came back
                      -- there before an appeal, to the platform's remedies
    'remedy',         -- the platform's remedies to worker payable
    'recovery',       -- worker payable to worker receivables
    'clawback_release', -- the platform's remedies to worker receivables
    'fee_return',     -- platform fees to requester wallet, where the pay they were for is taken back
    'bank_charge',    -- the platform's write-offs to bank
    'bank_credit',    -- bank to the platform's write-offs
    'rounding_charge', -- rounding to bank
    'rounding_credit' -- bank to rounding
);
comment on type transfer_kind is 'Why money moved.';

-- One positive amount from one account to another of the same currency: balanced by construction. Append-only.
create table transfer (
    transfer_id        uuid           primary key,
    kind               transfer_kind  not null,
    debit_account_id   uuid           not null,
    credit_account_id  uuid           not null,
    amount_minor       bigint         not null,
    currency           text           not null,
    -- What caused it: an assignment, a batch, a payout's line or share, a funding reference; a top-up is its own, and so
    -- is what is held or released while a batch is worked on, what the platform has back of pay that is taken back
    -- again, and what an appeal gives back besides what was taxed. Once per kind.
    source_id          uuid           not null,
    posted_at          timestamptz    not null,
    entry_id           uuid           not null references journal_entry,
    constraint transfer_amount_positive check (amount_minor between 1 and 1000000000000000),
    constraint transfer_between_two_accounts check (debit_account_id <> credit_account_id),
    constraint transfer_one_per_source unique (kind, source_id),
    constraint transfer_debit_fkey
        foreign key (debit_account_id, currency) references account (account_id, currency),
    constraint transfer_credit_fkey
        foreign key (credit_account_id, currency) references account (account_id, currency)
);
comment on table transfer is 'Movements of money; append-only.';
-- Serve LedgerQueries.statementLines, newest first, and the sums of HistoryQueries from the index alone.
create index transfer_by_debit on transfer (debit_account_id, currency, transfer_id) include (amount_minor);
create index transfer_by_credit on transfer (credit_account_id, currency, transfer_id) include (amount_minor);
create index transfer_by_entry on transfer (entry_id);

-- What an account held after a transfer and all before it, so that a balance is a short sum. Append-only.
create table account_fold (
    account_id     uuid    not null references account,
    -- The last transfer that is counted; transfers are ordered by their ids, which begin with their instant.
    through_id     uuid    not null references transfer,
    balance_minor  bigint  not null,
    constraint account_fold_pkey primary key (account_id, through_id)
);
comment on table account_fold is 'Balances at past instants; append-only.';
create index account_fold_by_transfer on account_fold (through_id);

create type voucher_kind as enum (
    'withdrawal', 'conversion', 'write_off', 'reversal', 'remittance', 'bank_charge', 'bank_credit',
    'rounding_charge', 'rounding_credit'
);
comment on type voucher_kind is 'What finance asks to have entered.';

create type voucher_state as enum (
    'prepared',  -- by a maker
    'posted',    -- terminal: entered, by a second person
    'refused'    -- terminal
);
comment on type voucher_state is 'Where a voucher stands.';

-- An entry that a person of finance prepares and another one posts.
create table voucher (
    voucher_id       uuid           primary key,
    kind             voucher_kind   not null,
    state            voucher_state  not null,
    -- Whose wallet it is about; null for a reversal, a remittance, and what the bank kept, gave or rounded.
    requester_id     uuid,
    -- What leaves the wallet, or the tax payable; what is credited to the wallet by a write-off. Null for a reversal.
    amount_minor     bigint,
    currency         text,
    -- What a conversion brings, and the rate that made it: units of the other currency for one of this, in
    -- hundred-millionths, with where it was published.
    to_amount_minor  bigint,
    to_currency      text,
    rate_e8          bigint,
    rate_source      text,
    -- The entry that a reversal takes back.
    reverses_id      uuid           references journal_entry,
    reason           text           not null,
    prepared_by      uuid           not null references principal,
    prepared_at      timestamptz    not null,
    decided_by       uuid           references principal,
    decided_at       timestamptz,
    constraint voucher_by_two_people check (decided_by <> prepared_by),
    constraint voucher_decided_iff_terminal check (
        (state = 'prepared') = (decided_by is null) and (decided_by is null) = (decided_at is null)
    ),
    constraint voucher_amount_iff_kind check (
        (kind = 'reversal') = (amount_minor is null) and (amount_minor is null) = (currency is null)
        and (kind = 'reversal') = (reverses_id is not null)
    ),
    constraint voucher_requester_iff_kind
        check ((requester_id is not null) = (kind in ('withdrawal', 'conversion', 'write_off'))),
    constraint voucher_rate_iff_conversion check (
        (kind = 'conversion') = (to_amount_minor is not null)
        and (kind = 'conversion') = (to_currency is not null)
        and (kind = 'conversion') = (rate_e8 is not null)
        and (kind = 'conversion') = (rate_source is not null)
    ),
    constraint voucher_amounts_positive check (
        amount_minor between 1 and 1000000000000000 and to_amount_minor between 1 and 1000000000000000 and rate_e8 > 0
    ),
    constraint voucher_reason_bounded check (char_length(reason) between 1 and 4000),
    -- What is more was no rounding.
    constraint voucher_rounding_bounded check (
        kind::text not in ('rounding_charge', 'rounding_credit') or amount_minor <= 10
    )
);
comment on table voucher is 'Entries that need two people.';
create index voucher_by_preparer on voucher (prepared_by);
create index voucher_by_decider on voucher (decided_by);
create index voucher_by_reversed on voucher (reverses_id);
-- An entry has one voucher at a time that wants it taken back.
create unique index voucher_one_reversal on voucher (reverses_id) where state <> 'refused';
create index voucher_prepared on voucher (voucher_id) where state = 'prepared';

-- Tasks ----------------------------------------------------------------------

-- An organisation that publishes and pays.
create table requester (
    requester_id  uuid         primary key,
    external_key  text         not null,
    name          text         not null,
    created_at    timestamptz  not null,
    constraint requester_one_per_external_key unique (external_key),
    constraint requester_name_bounded check (char_length(name) between 1 and 200)
);
comment on table requester is 'Organisations that publish and pay.';

-- What workers of one or several projects are told. The text is in its versions.
create table guideline (
    requester_id    uuid         not null references requester,
    guideline_id    uuid         not null,
    external_key    text         not null,
    name            text         not null,
    -- The newest of its versions, which projects follow unless they are pinned to another.
    newest_version  integer      not null,
    created_at      timestamptz  not null,
    constraint guideline_pkey primary key (requester_id, guideline_id),
    constraint guideline_one_per_external_key unique (requester_id, external_key),
    constraint guideline_key_bounded check (char_length(external_key) between 1 and 200),
    constraint guideline_name_bounded check (char_length(name) between 1 and 200),
    constraint guideline_newest_version_positive check (newest_version > 0)
);
comment on table guideline is 'Texts for workers that projects follow.';

-- A guideline as it read from one instant on. Append-only.
create table guideline_version (
    requester_id  uuid         not null,
    guideline_id  uuid         not null,
    version       integer      not null,
    -- Markdown, and SHA-256 of it.
    body          text         not null,
    body_hash     bytea        not null,
    -- In words, for people.
    changes       text         not null,
    -- Which earlier answers are to be checked again (RecheckScope).
    scope         jsonb        not null,
    published_at  timestamptz  not null,
    -- Null for the text of a project from before guidelines stood by themselves.
    published_by  uuid         references principal,
    constraint guideline_version_pkey primary key (requester_id, guideline_id, version),
    constraint guideline_version_guideline_fkey
        foreign key (requester_id, guideline_id) references guideline (requester_id, guideline_id),
    constraint guideline_version_positive check (version between 1 and 1000000),
    constraint guideline_version_body_bounded check (char_length(body) between 1 and 100000),
    constraint guideline_version_hash_is_sha256 check (octet_length(body_hash) = 32),
    constraint guideline_version_changes_bounded check (char_length(changes) between 1 and 4000)
);
comment on table guideline_version is 'Guidelines as they read, version by version; append-only.';
create index guideline_version_by_publisher on guideline_version (published_by);
create type work_function as enum (
    'functional',  -- what a model is to be able to do
    'safety'       -- what it must not do
);
comment on type work_function is 'What the answers of a project are for; the two are kept apart.';

-- The data key under which a requester's content is sealed, one for each function, wrapped by AES-256-GCM: nonce, key,
-- tag. Destroyed, the content is gone.
create table requester_key (
    requester_id  uuid           not null references requester,
    function      work_function  not null,
    wrapping_key  text           references wrapping_key,
    wrapped       bytea,
    made_at       timestamptz    not null,
    destroyed_at  timestamptz,
    constraint requester_key_pkey primary key (requester_id, function),
    constraint requester_key_is_wrapped check (octet_length(wrapped) = 60),
    constraint requester_key_wrapped_unless_destroyed
        check ((wrapped is null) = (destroyed_at is not null) and (wrapping_key is null) = (wrapped is null))
);
comment on table requester_key is 'Wrapped data keys of requesters.';
-- Serves VaultQueries.lockRequesterKeysToRewrap.
create index requester_key_by_wrapping_key on requester_key (wrapping_key, requester_id, function);

-- Two people destroy a requester's keys: one asks for it, another confirms.
create table key_destruction (
    requester_id  uuid         primary key references requester,
    reasons       text         not null,
    proposed_by   uuid         not null references principal,
    proposed_at   timestamptz  not null,
    confirmed_by  uuid         references principal,
    confirmed_at  timestamptz,
    constraint key_destruction_reasons_given check (char_length(reasons) between 1 and 2000),
    constraint key_destruction_by_two_people check (confirmed_by <> proposed_by),
    constraint key_destruction_confirmed_whole check ((confirmed_by is null) = (confirmed_at is null))
);
comment on table key_destruction is 'Destructions of requesters'' keys, proposed and confirmed.';
create index key_destruction_by_proposer on key_destruction (proposed_by);
create index key_destruction_by_confirmer on key_destruction (confirmed_by);

create type retention_scope as enum (
    'content',                -- what workers read, and their drafts
    'content_and_references'  -- known answers, too
);
comment on type retention_scope is 'What is destroyed of a closed batch.';

-- How long content is kept after its batch was closed.
create table retention_class (
    name              text             primary key,
    days_after_close  integer          not null,
    scope             retention_scope  not null,
    set_by            uuid             not null references principal,
    set_at            timestamptz      not null,
    constraint retention_class_name_well_formed check (name ~ '^[a-z][a-z0-9_]{0,39}$'),
    constraint retention_class_days_possible check (days_after_close between 0 and 36500)
);
comment on table retention_class is 'How long content is kept after its batch was closed.';
create index retention_class_by_setter on retention_class (set_by);

create type deidentification as enum (
    'none',
    'patterns',  -- by the program's own rules
    'external'   -- by a program of the operator's
);
comment on type deidentification is 'What must have been done to content before it is taken in.';

-- A requester's programme: what is asked, and how inputs and answers must look.
create table project (
    requester_id       uuid         not null references requester,
    project_id         uuid         not null,
    external_key       text         not null,
    name               text         not null,
    -- A kind of the program's catalogue, and what the project says to it; null where it brought schemas of its own.
    task_kind          text         not null,
    kind_parameters    jsonb,
    -- What followed from kind and parameters when the project was made.
    input_schema       jsonb        not null,
    answer_schema      jsonb        not null,
    created_at         timestamptz  not null,
    -- Its part of the work that is given out beside other projects of the same priority.
    weight             integer      not null default 1,
    -- What its workers are told, and in which version; null for the newest.
    guideline_id       uuid         not null,
    guideline_pin      integer,
    function           work_function     not null default 'functional',
    -- What its content must have been through before it is taken in.
    deidentification   deidentification  not null default 'none',
    -- Null: its content is kept until its requester's key is destroyed.
    retention_class    text              references retention_class,
    -- How much of a batch one worker may do, in ten-thousandths; null: the larger of 2 % and twice an equal share.
    share_bps          integer,
    constraint project_pkey primary key (requester_id, project_id),
    constraint project_one_per_external_key unique (requester_id, external_key),
    constraint project_name_bounded check (char_length(name) between 1 and 200),
    constraint project_task_kind_well_formed check (task_kind ~ '^[a-z][a-z_]{0,39}$'),
    constraint project_guideline_fkey
        foreign key (requester_id, guideline_id) references guideline (requester_id, guideline_id),
    constraint project_guideline_pin_fkey foreign key (requester_id, guideline_id, guideline_pin)
        references guideline_version (requester_id, guideline_id, version),
    constraint project_weight_possible check (weight between 1 and 1000),
    constraint project_share_possible check (share_bps between 1 and 10000)
);
comment on table project is 'Programmes of a requester.';
create index project_by_guideline on project (requester_id, guideline_id, guideline_pin);
create index project_by_retention_class on project (retention_class);

-- A party in the matter of a whole project; a worker with an interest in it is barred.
create table project_party (
    requester_id  uuid  not null,
    project_id    uuid  not null,
    -- As given, and in the form that is compared (PartyName.normalised).
    party_name    text  not null,
    party         text  not null,
    constraint project_party_pkey primary key (requester_id, project_id, party),
    constraint project_party_project_fkey foreign key (requester_id, project_id) references project (requester_id, project_id),
    constraint project_party_bounded check (char_length(party) between 1 and 200 and char_length(party_name) between 1 and 200)
);
comment on table project_party is 'Parties of projects, for conflicts of interest.';

create type batch_state as enum (
    'draft',   -- tasks can be added, open ones, of which none can be taken; nothing is held yet
    'open',    -- its worst case is held; work can be taken
    'paused',  -- no new leases
    'closed',  -- what was left of the hold went back
    'archived' -- terminal: closed, and left out of lists; everything of it can still be read
);
comment on type batch_state is 'Where a batch stands.';

create type batch_closed_reason as enum (
    'done',      -- nothing was left to do
    'budget',    -- its budget was lowered, and what it no longer covered was withdrawn
    'expired',   -- its deadline passed
    'withdrawn'  -- by hand
);
comment on type batch_closed_reason is 'How a batch ended.';

create type batch_door as enum ('claim', 'offer', 'bid');
comment on type batch_door is 'How assignments of a batch are got: pulled by workers, offered by the scheduler, or won in an auction.';

-- One release of work, priced, with a budget.
create table batch (
    requester_id      uuid         not null,
    batch_id          uuid         not null,
    project_id        uuid         not null,
    name              text         not null,
    state             batch_state  not null,
    door              batch_door   not null,
    requirement_id    uuid         not null references requirement,
    -- How many counted assignments each task wants.
    redundancy        integer      not null,
    -- The price of one assignment, resolved from the rate card when the batch was made, and what the platform adds.
    pay_minor         bigint       not null,
    fee_minor         bigint       not null,
    currency          text         not null,
    rate_id           uuid         not null references rate,
    budget_minor      bigint       not null,
    expected_minutes  integer      not null,
    lease_seconds     integer      not null,
    -- Heartbeats extend a lease up to this long after it began.
    answer_seconds    integer      not null,
    -- After so many leases without an answer a slot is quarantined.
    lapses_max        integer      not null default 5,
    priority          integer      not null,
    created_at        timestamptz  not null,
    opened_at         timestamptz,
    closed_at         timestamptz,
    -- Whose work it takes.
    workforces        workforce[]  not null default '{crowd,agency,staff}',
    -- Whether a claim must look at its tasks' parties.
    has_task_parties  boolean      not null default false,
    -- What was held at the opening for top-ups beside the worst case, and how much of it they took.
    top_up_share_minor  bigint     not null default 0,
    top_up_spent_minor  bigint     not null default 0,
    -- Past it nothing more is handed out; null for no deadline.
    due_at            timestamptz,
    -- How many of its tasks one worker may have; null for any number.
    worker_tasks_max  integer,
    -- How much of what is given out is gold, in ten-thousandths.
    gold_bps          integer      not null default 0,
    -- Whether all tasks of a matter go to one worker.
    is_packed         boolean      not null default false,
    -- Whether a claim must look at matters and at allotments.
    has_matters       boolean      not null default false,
    has_allotments    boolean      not null default false,
    -- How many tasks and slots it has; moved by whoever brings tasks in, in the same transaction.
    task_count        bigint       not null default 0,
    slot_count        bigint       not null default 0,
    -- From when on it waits anew: it was last resumed then, or its deadline was taken away; null for neither.
    reopened_at       timestamptz,
    -- How it ended, and who ended it.
    closed_reason     batch_closed_reason,
    closed_by         uuid         references principal,
    archived_at       timestamptz,
    -- The most answers of a task: its redundancy, or more, which are asked for one by one while answers differ.
    redundancy_most   integer      not null default 1,
    -- The share of the commonest answer that is agreement enough, in ten-thousandths; null where redundancy is fixed.
    agreement_bps     integer,
    -- What it closes as when nothing is in hand any more, where that is not `done`.
    closes_as         batch_closed_reason,
    -- What a change of redundancy that has begun and not ended leads to; until then tasks may have fewer slots than
    -- they want.
    resizing_to       integer,
    -- How many of its tasks with a suggestion stay without it, in ten-thousandths, and what decides which; the seed is
    -- null where none does.
    control_bps         integer    not null default 0,
    control_seed        uuid,
    -- The clearance that its workers need; part of its requirement. 0: none.
    sensitivity         integer    not null default 0,
    -- How far its contents were destroyed as its retention class says: the last task, and when all were.
    emptied_through     uuid,
    emptied_at          timestamptz,
    -- Of an adaptive batch: what a wrong answer costs its requester. With it the posterior decides whether a task has
    -- answers enough, as soon as a full fit of its project can be trusted.
    error_cost_minor    bigint,
    -- What a right answer to one of its tasks is worth to its requester; null where they have not said. Only routing reads it.
    answer_value_minor  bigint,
    constraint batch_pkey primary key (requester_id, batch_id),
    constraint batch_project_fkey foreign key (requester_id, project_id) references project (requester_id, project_id),
    constraint batch_one_per_name unique (requester_id, project_id, name),
    constraint batch_name_bounded check (char_length(name) between 1 and 200),
    constraint batch_redundancy_possible check (redundancy between 1 and 100),
    constraint batch_pay_positive check (pay_minor between 1 and 1000000000000),
    constraint batch_fee_not_negative check (fee_minor between 0 and 1000000000000),
    constraint batch_budget_positive check (budget_minor between 1 and 1000000000000000),
    constraint batch_expected_minutes_possible check (expected_minutes between 1 and 10080),
    constraint batch_lease_seconds_possible check (lease_seconds between 1 and 2592000),
    constraint batch_answer_seconds_possible check (answer_seconds between lease_seconds and 7776000),
    constraint batch_top_ups_within_share check (0 <= top_up_spent_minor and top_up_spent_minor <= top_up_share_minor),
    constraint batch_lapses_max_possible check (lapses_max between 1 and 1000),
    constraint batch_worker_tasks_max_possible check (worker_tasks_max between 1 and 1000000),
    constraint batch_gold_possible check (gold_bps between 0 and 5000),
    constraint batch_takes_somebody check (cardinality(workforces) between 1 and 3),
    constraint batch_counts_possible check (task_count >= 0 and slot_count >= task_count),
    constraint batch_reopened_after_opening check (reopened_at >= opened_at),
    constraint batch_control_possible check (control_bps between 0 and 10000),
    constraint batch_control_seed_iff_control check ((control_seed is not null) = (control_bps > 0)),
    constraint batch_sensitivity_possible check (sensitivity between 0 and 3),
    constraint batch_emptied_only_closed check (num_nonnulls(emptied_through, emptied_at) = 0 or state in ('closed', 'archived')),
    constraint batch_opened_unless_draft check ((opened_at is null) = (state = 'draft')),
    constraint batch_closed_iff_terminal check (
        num_nonnulls(closed_at, closed_reason, closed_by) = case when state in ('closed', 'archived') then 3 else 0 end
    ),
    constraint batch_archived_iff_archived check ((archived_at is not null) = (state = 'archived')),
    constraint batch_redundancy_most_possible check (redundancy_most between redundancy and 100),
    constraint batch_agreement_iff_adaptive check ((agreement_bps is not null) = (redundancy_most > redundancy)),
    constraint batch_error_cost_only_adaptive check (error_cost_minor is null or agreement_bps is not null),
    constraint batch_error_cost_possible check (error_cost_minor between 1 and 1000000000000),
    constraint batch_answer_value_possible check (answer_value_minor between 1 and 1000000000000),
    constraint batch_agreement_possible check (agreement_bps between 1 and 10000),
    constraint batch_resizing_possible check (resizing_to between 1 and redundancy_most)
);
comment on table batch is 'Releases of work.';
create index batch_by_requirement on batch (requirement_id);
create index batch_by_rate on batch (rate_id);
create index batch_by_closer on batch (closed_by);
-- Serve EndingQueries: batches that may have to end.
create index batch_in_work on batch (batch_id) where state in ('open', 'paused');
create index batch_due on batch (due_at) where due_at is not null and state in ('open', 'paused');
-- Serves AnswerScreenQueries.takeScreenedBatch.
create index batch_lately_closed on batch (closed_at) where closed_at is not null;
-- Serves GainQueries.takeBatchToRate.
create index batch_asking on batch (batch_id) where state = 'open' and error_cost_minor is not null;
-- Serves HourPriceQueries.arrivals.
create index batch_by_opening on batch (opened_at) where opened_at is not null;
-- In the order of service. Serves OfferingQueries.firstOffering.
create index batch_open on batch (priority desc, coalesce(due_at, 'infinity'), opened_at, batch_id) where state = 'open';
-- Serves ServiceQueries.candidates and EligibleBatchQueries: what a worker may choose from, by requirement.
create index batch_open_by_requirement
    on batch (requirement_id, priority desc, coalesce(due_at, 'infinity'), opened_at, batch_id)
    where state = 'open' and door = 'claim';
-- The same by age alone; and serves MarketMetricsQueries.openDemandStatement.
create index batch_open_by_requirement_age
    on batch (requirement_id, opened_at, batch_id) where state = 'open' and door = 'claim';
create index batch_open_by_age on batch (opened_at, batch_id) where state = 'open';
-- Serves RetentionQueries.lockBatchToEmpty.
create index batch_to_empty on batch (closed_at, requester_id, batch_id)
    where state in ('closed', 'archived') and emptied_at is null;

-- How a batch's price came about, and how it rises while work lies unclaimed. One each, written with the batch.
create table batch_price (
    requester_id      uuid     not null,
    batch_id          uuid     not null,
    -- What was priced, and the trace of its resolution.
    task              jsonb    not null,
    trace             jsonb    not null,
    -- The platform's part of any pay, in ten-thousandths.
    fee_bps           integer  not null,
    -- What an assignment may cost at most: the hold covers it.
    most_pay_minor    bigint   not null,
    most_fee_minor    bigint   not null,
    -- Null for a price that stays.
    shape             escalation_shape,
    -- From opening to the first rise, from one rise to the next, and by how much.
    after_seconds     integer,
    interval_seconds  integer,
    step_minor        bigint,
    -- What is held for top-ups beside the worst case, in ten-thousandths of its pay.
    top_up_bps        integer  not null default 0,
    constraint batch_price_pkey primary key (requester_id, batch_id),
    constraint batch_price_batch_fkey foreign key (requester_id, batch_id) references batch (requester_id, batch_id),
    constraint batch_price_fee_possible check (fee_bps between 0 and 10000),
    constraint batch_price_top_up_possible check (top_up_bps between 0 and 10000),
    constraint batch_price_most_positive
        check (most_pay_minor between 1 and 1000000000000 and most_fee_minor between 0 and 1000000000000),
    constraint batch_price_curve_whole
        check (num_nulls(shape, after_seconds, interval_seconds, step_minor) in (0, 4)),
    constraint batch_price_curve_possible check (
        after_seconds between 0 and 31536000 and interval_seconds between 60 and 31536000
        and step_minor between 1 and 1000000000000
    )
);
comment on table batch_price is 'How prices of batches came about and rise.';

create type task_state as enum ('open', 'closed');
comment on type task_state is 'Where a task stands; one of a draft batch is a draft. What happens to its slots is theirs.';

-- One unit of work. Its content is apart, so that this row stays narrow.
create table task (
    requester_id  uuid        not null,
    task_id       uuid        not null,
    batch_id      uuid        not null,
    project_id    uuid        not null,
    -- The requester's own name for it: importing twice adds nothing.
    external_key  text        not null,
    state         task_state  not null,
    -- What it belongs to: tasks of one matter go to one worker where they can.
    matter        text,
    constraint task_pkey primary key (requester_id, task_id),
    constraint task_batch_fkey foreign key (requester_id, batch_id) references batch (requester_id, batch_id),
    constraint task_one_per_external_key unique (requester_id, project_id, external_key),
    constraint task_matter_bounded check (char_length(matter) between 1 and 200)
);
comment on table task is 'Units of work.';
-- Serves ClaimQueries.claimSlots: other tasks of a matter.
create index task_by_matter on task (requester_id, batch_id, matter, task_id) where matter is not null;
-- Serves PublishQueries.closeTasks, in steps by task.
create index task_by_batch on task (requester_id, batch_id, task_id);

-- What the worker reads, sealed under its requester's key for functional work by AES-256-GCM: nonce, ciphertext, tag.
create table task_content (
    requester_id   uuid         not null,
    task_id        uuid         not null,
    -- Of rows from before content was sealed, until `guildhall content seal` has been there.
    payload        jsonb,
    sealed         bytea,
    -- HMAC-SHA256 of the content under a key of the requester's: the same content twice is found without opening it.
    mark           bytea,
    -- How it was de-identified, with counts by kind and none of the values; null where it was not.
    deidentified   jsonb,
    -- Destroyed: when, by whom, under which retention class.
    emptied_at     timestamptz,
    emptied_by     uuid,
    emptied_under  text,
    constraint task_content_pkey primary key (requester_id, task_id),
    constraint task_content_task_fkey foreign key (requester_id, task_id) references task (requester_id, task_id),
    constraint task_content_in_one_form check (num_nonnulls(payload, sealed, emptied_at) = 1),
    constraint task_content_is_sealed check (octet_length(sealed) between 29 and 8388608),
    constraint task_content_mark_is_hmac_sha256 check (octet_length(mark) = 32),
    constraint task_content_emptied_whole check (num_nulls(emptied_at, emptied_by, emptied_under) in (0, 3))
);
comment on table task_content is 'Sealed payloads of functional tasks.';
-- Serves ContentQueries.lockUnsealedContent.
create index task_content_unsealed on task_content (requester_id, task_id) where payload is not null;

-- The same of safety projects, apart: in a table and under a key of its own.
create table safety_content (
    requester_id   uuid         not null,
    task_id        uuid         not null,
    sealed         bytea,
    mark           bytea,
    deidentified   jsonb,
    emptied_at     timestamptz,
    emptied_by     uuid,
    emptied_under  text,
    constraint safety_content_pkey primary key (requester_id, task_id),
    constraint safety_content_task_fkey foreign key (requester_id, task_id) references task (requester_id, task_id),
    constraint safety_content_in_one_form check (num_nonnulls(sealed, emptied_at) = 1),
    constraint safety_content_is_sealed check (octet_length(sealed) between 29 and 8388608),
    constraint safety_content_mark_is_hmac_sha256 check (octet_length(mark) = 32),
    constraint safety_content_emptied_whole check (num_nulls(emptied_at, emptied_by, emptied_under) in (0, 3))
);
comment on table safety_content is 'Sealed payloads of safety tasks.';

create type content_purpose as enum (
    'lease',   -- by the worker who holds the task
    'review',  -- by a reviewer, for an answer that waits
    'export'   -- by the requester's own people: one row a page of tasks
);
comment on type content_purpose is 'For what somebody read content.';

-- Somebody read content; written in the transaction that gave it out. Append-only.
create table content_reading (
    requester_id   uuid             not null,
    reading_id     uuid             not null,
    purpose        content_purpose  not null,
    reader_id      uuid             not null references principal,
    -- The task; of an export the first and the last of the page, and how many contents it had.
    task_id        uuid             not null,
    last_task_id   uuid,
    tasks          integer          not null,
    -- The lease, or whose answer was reviewed.
    assignment_id  uuid,
    read_at        timestamptz      not null,
    constraint content_reading_pkey primary key (requester_id, reading_id),
    constraint content_reading_task_fkey foreign key (requester_id, task_id) references task (requester_id, task_id),
    constraint content_reading_assignment_unless_export check ((assignment_id is null) = (purpose = 'export')),
    constraint content_reading_last_iff_export check ((last_task_id is not null) = (purpose = 'export')),
    constraint content_reading_one_task_unless_export check (tasks >= 1 and (tasks = 1 or purpose = 'export'))
);
comment on table content_reading is 'Who read which content, when and for what; append-only.';
create index content_reading_by_task on content_reading (requester_id, task_id, reading_id);
create index content_reading_by_reader on content_reading (reader_id, reading_id);

-- A party in the matter of one task; its batch then says has_task_parties.
create table task_party (
    requester_id  uuid  not null,
    task_id       uuid  not null,
    party_name    text  not null,
    party         text  not null,
    constraint task_party_pkey primary key (requester_id, task_id, party),
    constraint task_party_task_fkey foreign key (requester_id, task_id) references task (requester_id, task_id),
    constraint task_party_bounded check (char_length(party) between 1 and 200 and char_length(party_name) between 1 and 200)
);
comment on table task_party is 'Parties of tasks, for conflicts of interest.';

-- Answers known beforehand, each from a named source; never shown to those who work on the task.
create table reference_answer (
    requester_id  uuid   not null,
    task_id       uuid   not null,
    source        text   not null,
    -- As of a submission.
    answer        jsonb,
    sealed        bytea,
    constraint reference_answer_pkey primary key (requester_id, task_id, source),
    constraint reference_answer_task_fkey foreign key (requester_id, task_id) references task (requester_id, task_id),
    constraint reference_answer_in_one_form check (num_nonnulls(answer, sealed) = 1),
    constraint reference_answer_is_sealed check (octet_length(sealed) between 29 and 2097152)
);
comment on table reference_answer is 'Known answers, for gold and simulation.';
-- Serves ContentQueries.lockUnsealedAnswers.
create index reference_answer_unsealed on reference_answer (requester_id, task_id, source) where answer is not null;

-- What a model says the answer is: shown to whoever works on the task, unless it is a control. One per task.
create table task_suggestion (
    requester_id  uuid         not null,
    task_id       uuid         not null,
    -- Which model said so, and in which version.
    source        text         not null,
    version       text         not null,
    -- As of a submission; null in JSON where it was destroyed.
    suggestion    jsonb,
    made_at       timestamptz  not null,
    -- Whether the task stays without it, to compare with; decided when it came in.
    is_control    boolean      not null,
    sealed        bytea,
    constraint task_suggestion_pkey primary key (requester_id, task_id),
    constraint task_suggestion_task_fkey foreign key (requester_id, task_id) references task (requester_id, task_id),
    constraint task_suggestion_source_bounded
        check (char_length(source) between 1 and 100 and char_length(version) between 1 and 100),
    constraint task_suggestion_in_one_form check (num_nonnulls(suggestion, sealed) = 1),
    constraint task_suggestion_is_sealed check (octet_length(sealed) between 29 and 2097152)
);
comment on table task_suggestion is 'Suggested answers of models.';
-- Serves ContentQueries.lockUnsealedAnswers.
create index task_suggestion_unsealed on task_suggestion (requester_id, task_id) where suggestion <> 'null';

create type task_file_format as enum ('jsonl', 'csv', 'label_studio');
comment on type task_file_format is 'What a file of tasks is written in.';

create type import_state as enum ('running', 'done');
comment on type import_state is 'Where an import stands; one that was cut off is running until it is resumed.';

-- A file on its way into a draft batch: moved on with each chunk, in the chunk's transaction.
create table import_run (
    requester_id   uuid              not null,
    import_run_id  uuid              not null,
    batch_id       uuid              not null,
    -- The file's name without its folder, and SHA-256 of its content, unpacked.
    source_name    text              not null,
    source_hash    bytea             not null,
    format         task_file_format  not null,
    state          import_state      not null,
    -- How many records from the beginning are done, and what came of them.
    records_done   bigint            not null,
    added          bigint            not null,
    unchanged      bigint            not null,
    faulty         bigint            not null,
    begun_by       uuid              not null references principal,
    begun_at       timestamptz       not null,
    ended_at       timestamptz,
    constraint import_run_pkey primary key (requester_id, import_run_id),
    constraint import_run_batch_fkey foreign key (requester_id, batch_id) references batch (requester_id, batch_id),
    constraint import_run_name_bounded check (char_length(source_name) between 1 and 200),
    constraint import_run_hash_is_sha256 check (octet_length(source_hash) = 32),
    constraint import_run_counts_not_negative check (least(added, unchanged, faulty) >= 0),
    constraint import_run_counts_add_up check (records_done = added + unchanged + faulty),
    constraint import_run_ended_iff_done check ((ended_at is not null) = (state = 'done'))
);
comment on table import_run is 'Imports of task files.';
-- What is resumed: the same file into the same batch.
create unique index import_run_one_running_per_file
    on import_run (requester_id, batch_id, source_hash, format) where state = 'running';
create index import_run_by_batch on import_run (requester_id, batch_id, import_run_id);
create index import_run_by_beginner on import_run (begun_by);

-- The first faulty records of an import.
create table import_fault (
    requester_id   uuid     not null,
    import_run_id  uuid     not null,
    fault_no       integer  not null,
    line           bigint   not null,
    -- A JSON Pointer into the record; empty for all of it.
    pointer        text     not null,
    code           text     not null,
    -- For the requester; no content of the record.
    reason         text     not null,
    constraint import_fault_pkey primary key (requester_id, import_run_id, fault_no),
    constraint import_fault_run_fkey
        foreign key (requester_id, import_run_id) references import_run (requester_id, import_run_id),
    constraint import_fault_number_possible check (fault_no between 1 and 1000),
    constraint import_fault_line_positive check (line > 0),
    constraint import_fault_texts_bounded check (
        char_length(pointer) <= 500 and char_length(reason) between 1 and 500 and code ~ '^[a-z_]{1,40}$'
    )
);
comment on table import_fault is 'Faulty records of imports.';

create type allotment_kind as enum (
    'named',  -- for some workers
    'group',  -- for the people of a team
    'pack',   -- one slot of each task of a matter, for whoever takes the first
    'gold',   -- the gold of a batch, given out at its rate
    'award'   -- what a worker has won in an auction, at a price of its own; theirs once they have accepted
);
comment on type allotment_kind is 'Whom slots are set aside for.';

-- Slots that are set aside: nobody but those it is for is given them.
create table allotment (
    requester_id   uuid            not null,
    allotment_id   uuid            not null,
    batch_id       uuid            not null,
    kind           allotment_kind  not null,
    -- A pack's: what its tasks belong to, and which slot of each.
    matter         text,
    slot_no        integer,
    -- Who has taken a pack or accepted an award, and until when it is theirs without a new lease on it.
    holder_id      uuid            references worker,
    held_until     timestamptz,
    -- When what is left goes to everybody; null for never.
    ends_at        timestamptz,
    -- What each slot of an award pays, and the platform's part.
    pay_minor      bigint,
    fee_minor      bigint,
    constraint allotment_pkey primary key (requester_id, allotment_id),
    constraint allotment_batch_fkey foreign key (requester_id, batch_id) references batch (requester_id, batch_id),
    constraint allotment_one_per_pack unique (requester_id, batch_id, matter, slot_no),
    constraint allotment_matter_iff_pack check (num_nonnulls(matter, slot_no) = case kind when 'pack' then 2 else 0 end),
    constraint allotment_held_only_pack_or_award check (kind in ('pack', 'award') or holder_id is null),
    constraint allotment_holding_whole check ((holder_id is null) = (held_until is null)),
    constraint allotment_ends_only_reserved check (kind in ('named', 'group', 'award') or ends_at is null),
    constraint allotment_priced_iff_award
        check (num_nonnulls(pay_minor, fee_minor) = case kind when 'award' then 2 else 0 end),
    constraint allotment_pay_positive check (pay_minor > 0 and fee_minor >= 0)
);
comment on table allotment is 'Slots set aside for somebody.';
create index allotment_by_batch on allotment (requester_id, batch_id, kind, allotment_id);
create index allotment_by_holder on allotment (holder_id, requester_id, batch_id) where holder_id is not null;
-- Serves AllotmentQueries.endedAllotments.
create index allotment_by_end on allotment (ends_at) where ends_at is not null;
-- One for the gold of a batch.
create unique index allotment_one_gold_per_batch on allotment (requester_id, batch_id) where kind = 'gold';

-- Whom an allotment is for.
create table allotment_member (
    requester_id   uuid  not null,
    allotment_id   uuid  not null,
    worker_id      uuid  references worker,
    team_id        uuid  references team,
    constraint allotment_member_allotment_fkey
        foreign key (requester_id, allotment_id) references allotment (requester_id, allotment_id),
    constraint allotment_member_one_each unique nulls not distinct (requester_id, allotment_id, worker_id, team_id),
    constraint allotment_member_is_somebody check (num_nonnulls(worker_id, team_id) = 1)
);
comment on table allotment_member is 'Whom slots are set aside for.';
create index allotment_member_by_worker on allotment_member (worker_id, requester_id) where worker_id is not null;
create index allotment_member_by_team on allotment_member (team_id, requester_id) where team_id is not null;

create type slot_state as enum (
    'waiting',    -- its answer is asked for only if the others differ
    'open',       -- may be leased
    'leased',
    'submitted',  -- waits for review
    'done',       -- terminal: counted
    'withdrawn',  -- terminal: nobody has to answer any more
    'quarantined' -- too many leases on it ended without an answer; a person must look
);
comment on type slot_state is 'Where one wanted answer of a task stands.';

-- One wanted answer of a task. A claim locks a slot, never the task.
create table slot (
    requester_id   uuid        not null,
    task_id        uuid        not null,
    slot_no        integer     not null,
    batch_id       uuid        not null,
    state          slot_state  not null,
    -- Fencing: grows with every lease, so that a holder who was replaced is told so.
    lease_token    bigint      not null,
    -- Set while leased.
    lease_until    timestamptz,
    assignment_id  uuid,
    -- How many leases ended without an answer.
    lapses         integer     not null,
    -- Set aside for somebody; null for whoever comes.
    allotment_id   uuid,
    constraint slot_pkey primary key (requester_id, task_id, slot_no),
    constraint slot_task_fkey foreign key (requester_id, task_id) references task (requester_id, task_id),
    constraint slot_batch_fkey foreign key (requester_id, batch_id) references batch (requester_id, batch_id),
    constraint slot_allotment_fkey
        foreign key (requester_id, allotment_id) references allotment (requester_id, allotment_id),
    constraint slot_no_positive check (slot_no > 0),
    constraint slot_lease_until_iff_leased check ((lease_until is not null) = (state = 'leased')),
    constraint slot_assignment_iff_taken check ((assignment_id is not null) = (state in ('leased', 'submitted', 'done')))
) with (fillfactor = 80, autovacuum_vacuum_scale_factor = 0.01, autovacuum_vacuum_cost_delay = 0);
comment on table slot is 'Wanted answers of tasks; what a claim locks.';
-- Serves ClaimQueries.claimSlots. In an order that no other index has: with `order by allotment_id, slot_no, task_id
-- limit 1` no plan but this one can avoid a sort, so that a claim never walks over slots that are taken, whatever the
-- statistics say.
create index slot_open_by_batch on slot (requester_id, batch_id, allotment_id, slot_no, task_id) where state = 'open';
create index slot_by_allotment on slot (requester_id, allotment_id) where allotment_id is not null;
create index slot_by_batch on slot (requester_id, batch_id, task_id, slot_no);
-- Serves LeaseQueries.lapseLeases.
create index slot_leased_by_end on slot (lease_until, assignment_id) where state = 'leased';
-- Serves QuarantineQueries.quarantined.
create index slot_quarantined on slot (requester_id, batch_id, task_id, slot_no) where state = 'quarantined';

create type assignment_state as enum (
    'leased',
    'submitted',
    'accepted',   -- terminal
    'rejected',   -- terminal
    'expired',    -- terminal: the lease ran out
    'returned',   -- terminal: given back by the worker
    'revoked'     -- terminal: its worker no longer met the requirement
);
comment on type assignment_state is 'Where a worker''s try at a task stands.';

-- One worker's try at one slot, under terms that never change.
create table assignment (
    requester_id      uuid              not null,
    assignment_id     uuid              not null,
    task_id           uuid              not null,
    slot_no           integer           not null,
    batch_id          uuid              not null,
    worker_id         uuid              not null references worker,
    state             assignment_state  not null,
    lease_token       bigint            not null,
    leased_at         timestamptz       not null,
    lease_until       timestamptz       not null,
    -- How far heartbeats may extend the lease.
    answer_by         timestamptz       not null,
    -- Frozen terms, written once: price, unit, currency, guideline version, deadline, place of performance.
    terms             jsonb             not null,
    -- SHA-256 of the terms' canonical form.
    terms_hash        bytea             not null,
    pay_minor         bigint            not null,
    fee_minor         bigint            not null,
    currency          text              not null,
    -- What made the worker eligible at that instant: credential ids, tier.
    eligibility       jsonb             not null,
    -- Where its minutes are reserved.
    week_starts_on    date              not null,
    expected_minutes  integer           not null,
    closed_at         timestamptz,
    -- What the worker is told, whatever is published meanwhile; as the terms say. No foreign key: it would lock the
    -- one row of the version at every lease.
    guideline_id       uuid             not null,
    guideline_version  integer          not null,
    constraint assignment_pkey primary key (requester_id, assignment_id),
    constraint assignment_slot_fkey
        foreign key (requester_id, task_id, slot_no) references slot (requester_id, task_id, slot_no),
    constraint assignment_week_fkey
        foreign key (worker_id, week_starts_on) references worker_week (worker_id, week_starts_on),
    constraint assignment_terms_hash_is_sha256 check (octet_length(terms_hash) = 32),
    constraint assignment_pay_positive check (pay_minor > 0 and fee_minor >= 0),
    constraint assignment_lease_ends_later check (lease_until > leased_at),
    constraint assignment_lease_within_deadline check (lease_until <= answer_by),
    constraint assignment_closed_iff_terminal check ((closed_at is not null) = (state not in ('leased', 'submitted')))
) with (fillfactor = 80);
comment on table assignment is 'Workers'' tries at tasks.';
-- A slot is held once.
create unique index assignment_one_live_per_slot
    on assignment (requester_id, task_id, slot_no) where state in ('leased', 'submitted', 'accepted');
-- One worker never answers a task twice.
create unique index assignment_one_per_worker
    on assignment (requester_id, task_id, worker_id) where state in ('leased', 'submitted', 'accepted', 'rejected');
-- Serves SubmissionQueries.work(of:): a worker's own list, newest first.
create index assignment_by_worker on assignment (worker_id, assignment_id desc);
create index assignment_by_week on assignment (worker_id, week_starts_on);
create index assignment_by_slot on assignment (requester_id, task_id, slot_no);
-- Serves ShareLimitQueries.workers.
create index assignment_by_batch on assignment (requester_id, batch_id, worker_id);
-- Serves ReviewQueries.submittedForReview.
create index assignment_submitted on assignment (requester_id, batch_id, assignment_id) where state = 'submitted';

-- How many leases a worker holds, over all requesters: counted up by a lease, down by its end.
create table worker_load (
    worker_id    uuid     primary key references worker,
    live_leases  integer  not null,
    -- When the last lease ended; null before that. Says since when they are idle while they hold none.
    idle_since   timestamptz,
    constraint worker_load_within_cap check (live_leases between 0 and 100)
);
comment on table worker_load is 'Live leases per worker, never over the cap.';

create type hours_entry_kind as enum (
    'reserved',  -- by a lease, at the expected duration
    'worked',    -- the work was judged, whatever the verdict
    'released'   -- the lease ended without an answer
);
comment on type hours_entry_kind is 'What happened to minutes of a worker.';

-- The ledger of hours: balances are worker_week and worker_day, both reserved less released. Append-only.
create table hours_entry (
    requester_id    uuid              not null,
    assignment_id   uuid              not null,
    kind            hours_entry_kind  not null,
    worker_id       uuid              not null,
    -- Of the instant of the lease, in the worker's zone.
    week_starts_on  date              not null,
    on_day          date              not null,
    minutes         integer           not null,
    occurred_at     timestamptz       not null,
    -- What policies asked for when they were reserved: rest in each 24 hours, and the window with the least left.
    rest_minutes    integer,
    window_weeks        integer,
    window_minutes_max  integer,
    constraint hours_entry_pkey primary key (requester_id, assignment_id, kind),
    constraint hours_entry_assignment_fkey
        foreign key (requester_id, assignment_id) references assignment (requester_id, assignment_id),
    constraint hours_entry_week_fkey
        foreign key (worker_id, week_starts_on) references worker_week (worker_id, week_starts_on),
    constraint hours_entry_day_fkey foreign key (worker_id, on_day) references worker_day (worker_id, on_day),
    constraint hours_entry_minutes_possible check (minutes between 1 and 10080),
    constraint hours_entry_day_in_week check (on_day - week_starts_on between 0 and 6),
    constraint hours_entry_rest_possible check (rest_minutes between 1 and 1439),
    constraint hours_entry_window_whole check ((window_weeks is null) = (window_minutes_max is null)),
    constraint hours_entry_window_possible check (window_weeks between 2 and 53 and window_minutes_max >= 0),
    constraint hours_entry_bounds_of_reserved
        check (kind = 'reserved' or (rest_minutes is null and window_weeks is null))
);
comment on table hours_entry is 'Minutes of workers reserved, worked and released; append-only.';
-- Minutes end once: worked or released.
create unique index hours_entry_one_end_per_assignment on hours_entry (requester_id, assignment_id) where kind <> 'reserved';
-- Serves HoursLedgerQueries.hoursEntries.
create index hours_entry_by_week on hours_entry (worker_id, week_starts_on, assignment_id);
create index hours_entry_by_day on hours_entry (worker_id, on_day);

create type return_reason as enum (
    'not_my_field', 'unclear', 'too_long', 'no_time', 'broken_content', 'conflict_of_interest', 'other'
);
comment on type return_reason is 'Why a task was given back.';

-- Why a task was given back; append-only.
create table task_return (
    requester_id   uuid           not null,
    assignment_id  uuid           not null,
    reason         return_reason  not null,
    -- Empty, or in the worker's words.
    note           text           not null,
    constraint task_return_pkey primary key (requester_id, assignment_id),
    constraint task_return_assignment_fkey
        foreign key (requester_id, assignment_id) references assignment (requester_id, assignment_id),
    constraint task_return_note_bounded check (char_length(note) <= 1000),
    constraint task_return_other_is_said check (reason <> 'other' or note <> '')
);
comment on table task_return is 'Reasons for returning tasks.';

create type gold_source as enum (
    'brought',  -- by its requester, with its known answer
    'minted',   -- a copy of a task whose answer people settled
    'canary'    -- what is right is to give it back, and say why
);
comment on type gold_source is 'How it is known what is right for an item of gold.';

-- What workers are tested with. Whoever is given one of its tasks has seen it, whatever came of it.
create table gold_item (
    requester_id   uuid             not null,
    -- The task that it is about: of a minted one the one that was settled, else the one that is given out.
    gold_item_id   uuid             not null,
    source         gold_source      not null,
    -- How many people it is shown to, and how many it may be; null for as many as ask.
    exposures      integer          not null,
    exposures_max  integer,
    -- Of a canary: why it is given back by whoever is right.
    right_reasons  return_reason[],
    constraint gold_item_pkey primary key (requester_id, gold_item_id),
    constraint gold_item_task_fkey foreign key (requester_id, gold_item_id) references task (requester_id, task_id),
    constraint gold_item_limited_unless_brought check ((exposures_max is null) = (source = 'brought')),
    constraint gold_item_most_possible check (exposures_max between 1 and 100),
    constraint gold_item_shown_within_most check (exposures between 0 and coalesce(exposures_max, exposures)),
    constraint gold_item_reasons_iff_canary check ((right_reasons is not null) = (source = 'canary')),
    constraint gold_item_reasons_named check (cardinality(right_reasons) between 1 and 7)
) with (fillfactor = 80);
comment on table gold_item is 'What workers are tested with.';

-- Which tasks are given out as an item of gold. Append-only.
create table gold_task (
    requester_id  uuid  not null,
    task_id       uuid  not null,
    gold_item_id  uuid  not null,
    constraint gold_task_pkey primary key (requester_id, task_id),
    constraint gold_task_task_fkey foreign key (requester_id, task_id) references task (requester_id, task_id),
    constraint gold_task_item_fkey
        foreign key (requester_id, gold_item_id) references gold_item (requester_id, gold_item_id)
);
comment on table gold_task is 'Tasks that are given out as gold.';
create index gold_task_by_item on gold_task (requester_id, gold_item_id);

-- Who has seen an item of gold, each once, and how they did.
create table gold_exposure (
    requester_id   uuid         not null,
    gold_item_id   uuid         not null,
    worker_id      uuid         not null references worker,
    -- By which they saw it first.
    assignment_id  uuid         not null,
    shown_at       timestamptz  not null,
    -- When it was told how they did, and how; null where that says nothing.
    told_at        timestamptz,
    is_right       boolean,
    constraint gold_exposure_pkey primary key (requester_id, gold_item_id, worker_id),
    constraint gold_exposure_item_fkey
        foreign key (requester_id, gold_item_id) references gold_item (requester_id, gold_item_id),
    constraint gold_exposure_assignment_fkey
        foreign key (requester_id, assignment_id) references assignment (requester_id, assignment_id),
    constraint gold_exposure_one_per_assignment unique (requester_id, assignment_id),
    constraint gold_exposure_known_only_told check (is_right is null or told_at is not null)
);
comment on table gold_exposure is 'Who has seen which gold.';
create index gold_exposure_by_worker on gold_exposure (worker_id, requester_id, shown_at);
-- Serves GoldQueries.lockUntoldExposure.
create index gold_exposure_untold on gold_exposure (shown_at) where told_at is null;

-- What a worker has written of an answer that is not in: saved while working, or handed in too late. There again when
-- the worker leases the task again; gone with the submission.
create table answer_draft (
    requester_id  uuid         not null,
    task_id       uuid         not null,
    worker_id     uuid         not null references worker,
    -- Of drafts from before content was sealed, until `guildhall content seal` has been there.
    answer        jsonb,
    is_late       boolean      not null,
    saved_at      timestamptz  not null,
    -- Under the same key as the task's content.
    sealed        bytea,
    constraint answer_draft_pkey primary key (requester_id, task_id, worker_id),
    constraint answer_draft_task_fkey foreign key (requester_id, task_id) references task (requester_id, task_id),
    constraint answer_draft_in_one_form check (num_nonnulls(answer, sealed) = 1),
    constraint answer_draft_is_sealed check (octet_length(sealed) between 29 and 2097152)
);
comment on table answer_draft is 'Unfinished answers of workers, and answers that came too late.';
-- Serves DraftQueries.forgetDrafts.
create index answer_draft_by_age on answer_draft (saved_at);
create index answer_draft_by_worker on answer_draft (worker_id);
-- Serves ContentQueries.lockUnsealedDrafts.
create index answer_draft_unsealed on answer_draft (requester_id, task_id, worker_id) where answer is not null;

-- What came back. One per assignment; submitting the same again changes nothing.
create table submission (
    requester_id   uuid         not null,
    assignment_id  uuid         not null,
    -- Of answers from before they were sealed, until `guildhall content seal` has been there.
    answer         jsonb,
    hash           bytea        not null,
    submitted_at   timestamptz  not null,
    -- How long the worker was at it: as they say, at most the time since the lease; if they say nothing, that time,
    -- at most the expected duration.
    active_seconds  integer     not null,
    -- Under the same key as the task's content.
    sealed          bytea,
    constraint submission_pkey primary key (requester_id, assignment_id),
    constraint submission_assignment_fkey
        foreign key (requester_id, assignment_id) references assignment (requester_id, assignment_id),
    constraint submission_hash_is_sha256 check (octet_length(hash) = 32),
    constraint submission_active_seconds_possible check (active_seconds between 1 and 7776000),
    constraint submission_in_one_form check (num_nonnulls(answer, sealed) = 1),
    constraint submission_is_sealed check (octet_length(sealed) between 29 and 2097152)
);
comment on table submission is 'Answers of workers.';
-- Serves ContentQueries.lockUnsealedAnswers.
create index submission_unsealed on submission (requester_id, assignment_id) where answer is not null;

-- How far an answer is from what a model suggested for its task. Append-only.
create table suggestion_use (
    requester_id   uuid     not null,
    assignment_id  uuid     not null,
    worker_id      uuid     not null references worker,
    source         text     not null,
    version        text     not null,
    -- Whether the worker had it before them; false for controls.
    was_shown      boolean  not null,
    -- By AnswerDistance: from 0 for the same to the size, that of the larger of both.
    distance       bigint   not null,
    size           bigint   not null,
    -- Shown, and handed in unchanged.
    is_copy        boolean  not null,
    constraint suggestion_use_pkey primary key (requester_id, assignment_id),
    constraint suggestion_use_submission_fkey
        foreign key (requester_id, assignment_id) references submission (requester_id, assignment_id),
    constraint suggestion_use_source_bounded
        check (char_length(source) between 1 and 100 and char_length(version) between 1 and 100),
    constraint suggestion_use_distance_within_size check (distance between 0 and size and size > 0),
    constraint suggestion_use_copy_iff_unchanged check (is_copy = (was_shown and distance = 0))
);
comment on table suggestion_use is 'Answers against the suggestions for their tasks; append-only.';
-- Serves SuggestionUseQueries.suggestionReport.
create index suggestion_use_by_worker on suggestion_use (worker_id, source, version);

-- How far the listing of what a version asks to check again has come. Begun with the version; what comes in later under
-- an earlier version is listed with its submission.
create table recheck_listing (
    requester_id  uuid         not null,
    guideline_id  uuid         not null,
    version       integer      not null,
    -- The last assignment that was looked at; null before the first step.
    looked_until  uuid,
    ended_at      timestamptz,
    constraint recheck_listing_pkey primary key (requester_id, guideline_id, version),
    constraint recheck_listing_version_fkey foreign key (requester_id, guideline_id, version)
        references guideline_version (requester_id, guideline_id, version)
);
comment on table recheck_listing is 'How far changes of guidelines have been worked out.';
-- Serves RecheckQueries.unfinishedListing.
create index recheck_listing_unfinished
    on recheck_listing (requester_id, guideline_id, version) where ended_at is null;

-- An answer that a version of the guideline touches: a fact, whatever is answered later.
create table recheck_item (
    requester_id     uuid         not null,
    guideline_id     uuid         not null,
    version          integer      not null,
    assignment_id    uuid         not null,
    task_id          uuid         not null,
    -- Under which the answer was given.
    answer_version   integer      not null,
    -- What of the scope it is in; no content of the answer.
    reason           text         not null,
    listed_at        timestamptz  not null,
    -- The task that checks it, null until one does; and how often one was made, since a batch can be closed early.
    recheck_task_id  uuid,
    checks           integer      not null default 0,
    constraint recheck_item_pkey primary key (requester_id, guideline_id, version, assignment_id),
    constraint recheck_item_listing_fkey foreign key (requester_id, guideline_id, version)
        references recheck_listing (requester_id, guideline_id, version),
    constraint recheck_item_assignment_fkey
        foreign key (requester_id, assignment_id) references assignment (requester_id, assignment_id),
    constraint recheck_item_recheck_task_fkey
        foreign key (requester_id, recheck_task_id) references task (requester_id, task_id),
    constraint recheck_item_answer_is_older check (answer_version between 1 and version - 1),
    constraint recheck_item_reason_bounded check (char_length(reason) between 1 and 1000),
    constraint recheck_item_checked_by_task check ((recheck_task_id is not null) = (checks > 0)),
    constraint recheck_item_checks_possible check (checks between 0 and 1000)
);
comment on table recheck_item is 'Answers that a change of their guideline asks to check again.';
-- Serves RecheckOpeningQueries.openItems.
create index recheck_item_by_task on recheck_item (requester_id, guideline_id, version, task_id, assignment_id);
create index recheck_item_by_assignment on recheck_item (requester_id, assignment_id, version);
create index recheck_item_by_recheck_task on recheck_item (requester_id, recheck_task_id);

create type offer_state as enum (
    'open',
    'accepted',  -- terminal: it is a lease
    'declined',  -- terminal: the worker said no
    'lapsed',    -- terminal: nobody answered in time
    'filled'     -- terminal: others have all there was; the worker is told
);
comment on type offer_state is 'Where an offer stands; an open one reserves nothing.';

create type decline_reason as enum ('not_now', 'too_low', 'not_my_field', 'too_long', 'conflict_of_interest', 'other');
comment on type decline_reason is 'Why a worker declined an offer.';

-- Work the scheduler proposes to one worker, with a time to answer.
create table offer (
    requester_id   uuid         not null,
    offer_id       uuid         not null,
    batch_id       uuid         not null,
    worker_id      uuid         not null references worker,
    state          offer_state  not null,
    -- Why this worker: the routing round's explanation.
    reason         jsonb        not null,
    offered_at     timestamptz  not null,
    answer_by      timestamptz  not null,
    closed_at      timestamptz,
    assignment_id  uuid,
    -- SHA-256 of the work's terms as they were: pay, minutes, times, guideline.
    terms_hash        bytea     not null,
    -- Which offer of the batch on these terms it is to the worker; each stands for another task.
    turn_no           integer   not null,
    -- What it asked for, and what it paid.
    expected_minutes  integer   not null,
    pay_minor         bigint    not null,
    currency          text      not null,
    -- By the wall clock where the worker lives, as it was made: the Monday, and which six hours of the day.
    week_starts_on    date      not null,
    hour_band         smallint  not null,
    -- What a worker said who declined; null where nothing was said.
    decline_reason    decline_reason,
    constraint offer_pkey primary key (requester_id, offer_id),
    constraint offer_batch_fkey foreign key (requester_id, batch_id) references batch (requester_id, batch_id),
    constraint offer_closed_iff_terminal check ((closed_at is not null) = (state <> 'open')),
    constraint offer_assignment_iff_accepted check ((assignment_id is not null) = (state = 'accepted')),
    constraint offer_answer_by_later check (answer_by > offered_at),
    constraint offer_terms_hash_is_sha256 check (octet_length(terms_hash) = 32),
    constraint offer_turn_possible check (turn_no between 1 and 100000),
    constraint offer_minutes_possible check (expected_minutes between 1 and 10080),
    constraint offer_pay_possible check (pay_minor between 0 and 1000000000000),
    constraint offer_currency_is_iso4217 check (currency ~ '^[A-Z]{3}$'),
    constraint offer_week_starts_monday check (extract(isodow from week_starts_on) = 1),
    constraint offer_hour_band_possible check (hour_band between 0 and 3),
    constraint offer_decline_reason_only_declined check (decline_reason is null or state = 'declined')
);
comment on table offer is 'Offers of the scheduler.';
create unique index offer_one_open_per_worker_batch
    on offer (requester_id, batch_id, worker_id) where state = 'open';
-- No task is offered twice to one worker on the same terms: there are as many turns as tasks.
create unique index offer_once_per_turn on offer (requester_id, batch_id, worker_id, terms_hash, turn_no);
-- Who declined is not asked again on the same terms, unless all they said was that it is not the time.
create unique index offer_not_again_on_terms
    on offer (requester_id, batch_id, worker_id, terms_hash)
 where state = 'open' or state = 'declined' and decline_reason is distinct from 'not_now';
create index offer_by_worker on offer (worker_id, offer_id desc);
create index offer_open_by_end on offer (answer_by) where state = 'open';

-- How workers answered offers, by the profession, the six hours of their day in which they came and what they paid
-- against the rate: what their chance to accept is learnt from. Says the same as their offers.
create table offer_response (
    worker_id   uuid      not null references worker,
    profession  text      not null references profession,
    hour_band   smallint  not null,
    accepted    integer   not null default 0,
    declined    integer   not null default 0,
    lapsed      integer   not null default 0,
    -- 0 under nine tenths of the rate, 2 above eleven tenths, else 1.
    pay_band        smallint     not null,
    -- The same counts in thousandths, of which half is left after 60 days, as they were at the last answer; and the
    -- minutes until acceptances.
    faded_accepted  bigint       not null,
    faded_offered   bigint       not null,
    faded_delay     bigint       not null,
    faded_at        timestamptz  not null,
    constraint offer_response_pkey primary key (worker_id, profession, hour_band, pay_band),
    constraint offer_response_hour_band_possible check (hour_band between 0 and 3),
    constraint offer_response_pay_band_possible check (pay_band between 0 and 2),
    constraint offer_response_counts_possible check (accepted >= 0 and declined >= 0 and lapsed >= 0),
    constraint offer_response_fading_possible check (
        0 <= faded_accepted and faded_accepted <= faded_offered
        and faded_offered <= 1000 * (accepted + declined + lapsed)::bigint and faded_delay >= 0
    )
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
    -- Until when work past its bound has used up its share of the cell's hours; null where it never took any.
    late_until  timestamptz,
    constraint routing_cell_epoch_possible check (epoch >= 0),
    constraint routing_cell_routed_iff_epoch check ((routed_at is not null) = (epoch > 0))
);
comment on table routing_cell is 'Cells of the market and when they were routed last.';

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

-- What answers come to --------------------------------------------------------

-- What a full fit of a project found of all its workers together, sealed; one row for each fit, so that it is known by
-- which an answer was weighed. One under way at a time.
create table label_fit (
    requester_id  uuid         not null,
    project_id    uuid         not null,
    version       integer      not null,
    started_at    timestamptz  not null,
    -- Null while it is under way, as is all below.
    finished_at   timestamptz,
    tasks         integer,
    workers       integer,
    answers       integer,
    -- Why it should not be trusted as it is: codes.
    warnings      text[],
    -- Whether posteriors decide by it.
    is_trusted    boolean,
    -- Shares of the answers, all workers' confusions together, calibration.
    sealed        bytea,
    constraint label_fit_pkey primary key (requester_id, project_id, version),
    constraint label_fit_project_fkey
        foreign key (requester_id, project_id) references project (requester_id, project_id),
    constraint label_fit_version_positive check (version > 0),
    constraint label_fit_finished_whole check (
        num_nonnulls(finished_at, tasks, workers, answers, warnings, is_trusted, sealed) in (0, 7)
    ),
    constraint label_fit_is_sealed check (octet_length(sealed) between 29 and 2097152)
);
comment on table label_fit is 'Full fits of projects.';
create unique index label_fit_one_under_way on label_fit (requester_id, project_id) where finished_at is null;

-- What the answers to a task come to: for each the chances of its worker as they were known, sealed. The posterior
-- follows from it. Of kinds with a few classes that all tasks of a project share.
create table task_posterior (
    requester_id  uuid         not null,
    task_id       uuid         not null,
    project_id    uuid         not null,
    -- How many answers are in it.
    answers       integer      not null,
    -- The full fit that its shares are of; 0 before the first.
    fit_version   integer      not null default 0,
    -- Whether other answers count by now than are in it.
    is_stale      boolean      not null,
    -- Counts each change.
    revision      bigint       not null,
    -- When an answer came or went last.
    changed_at    timestamptz  not null,
    sealed        bytea,
    -- The revision by which skill_outcome was told how right its answers are.
    told_revision bigint       not null default 0,
    constraint task_posterior_pkey primary key (requester_id, task_id),
    constraint task_posterior_task_fkey foreign key (requester_id, task_id) references task (requester_id, task_id),
    constraint task_posterior_project_fkey
        foreign key (requester_id, project_id) references project (requester_id, project_id),
    constraint task_posterior_counts_possible check (answers >= 0 and fit_version >= 0 and revision >= 0),
    constraint task_posterior_is_sealed check (octet_length(sealed) between 29 and 2097152),
    constraint task_posterior_weighed_or_stale check (sealed is not null or is_stale)
);
comment on table task_posterior is 'What the answers to tasks come to.';
-- Serves FitQueries.posteriors.
create index task_posterior_by_project on task_posterior (requester_id, project_id, task_id);
-- Serves FitQueries.projectsToFit.
create index task_posterior_by_change on task_posterior (requester_id, project_id, changed_at);
-- Serves SkillOutcomeQueries.lockUntoldPosterior.
create index task_posterior_untold on task_posterior (requester_id, task_id) where revision <> told_revision;
-- Serves PosteriorQueries.staleTasks.
create index task_posterior_stale on task_posterior (requester_id, task_id) where is_stale;

-- How often a worker gave each answer where each is true, in a project, sealed. Only their own answers move it, and
-- full fits.
create table confusion_table (
    requester_id  uuid         not null,
    project_id    uuid         not null,
    worker_id     uuid         not null references worker,
    -- The full fit that it begins from; 0 before the first.
    fit_version   integer      not null,
    -- How many answers are in it.
    answers       bigint       not null,
    changed_at    timestamptz  not null,
    -- Null before the first answer.
    sealed        bytea,
    constraint confusion_table_pkey primary key (requester_id, project_id, worker_id),
    constraint confusion_table_project_fkey
        foreign key (requester_id, project_id) references project (requester_id, project_id),
    constraint confusion_table_counts_possible check (answers >= 0 and fit_version >= 0),
    constraint confusion_table_is_sealed check (octet_length(sealed) between 29 and 2097152)
);
comment on table confusion_table is 'What answers of workers are worth in projects.';
create index confusion_table_by_worker on confusion_table (worker_id);

create type stopping_basis as enum (
    'agreement',  -- the share of the commonest answer
    'posterior'   -- the calibrated probability of the likeliest
);
comment on type stopping_basis is 'By what an adaptive batch decides whether a task has answers enough.';

create type stopping_outcome as enum (
    'enough',
    'another',    -- one more is asked for
    'unsettled'   -- none is left to ask for: people settle it
);
comment on type stopping_outcome is 'What was decided about a task whose answers were all in.';

-- Why one more answer was asked for, or none. Append-only.
create table stopping (
    requester_id    uuid              not null,
    stopping_id     uuid              not null,
    batch_id        uuid              not null,
    task_id         uuid              not null,
    basis           stopping_basis    not null,
    outcome         stopping_outcome  not null,
    answers         integer           not null,
    answers_least   integer           not null,
    answers_most    integer           not null,
    -- What was reached, and what was wanted, in ten-thousandths.
    confidence_bps  integer           not null,
    target_bps      integer           not null,
    decided_at      timestamptz       not null,
    -- By the posterior: the full fit it was calibrated by, and all that it follows from, sealed.
    fit_version     integer,
    sealed          bytea,
    constraint stopping_pkey primary key (requester_id, stopping_id),
    constraint stopping_task_fkey foreign key (requester_id, task_id) references task (requester_id, task_id),
    constraint stopping_batch_fkey foreign key (requester_id, batch_id) references batch (requester_id, batch_id),
    constraint stopping_counts_possible check (answers >= 0 and answers_least between 1 and answers_most),
    constraint stopping_shares_possible check (confidence_bps between 0 and 10000 and target_bps between 1 and 10000),
    constraint stopping_enough_iff_reached
        check ((outcome = 'enough') = (confidence_bps >= target_bps and answers >= answers_least)),
    constraint stopping_sealed_iff_posterior
        check (num_nonnulls(fit_version, sealed) = case when basis = 'posterior' then 2 else 0 end),
    constraint stopping_is_sealed check (octet_length(sealed) between 29 and 2097152)
);
comment on table stopping is 'Why answers were asked for, or no more.';
-- Serves StoppingQueries.stoppings, and OpinionQueries.reviewFacts.
create index stopping_by_task on stopping (requester_id, task_id, stopping_id);
create index stopping_by_batch on stopping (requester_id, batch_id, stopping_id);

-- How much one more answer is expected to settle the tasks of a batch that ask for one: by somebody of whom nothing is
-- known, as of when. Batches that stop by the posterior.
create table batch_gain (
    requester_id  uuid         not null,
    batch_id      uuid         not null,
    rated_at      timestamptz  not null,
    -- In millionths; null where no task asks for one more, or no fit can be trusted.
    usual_ppm     bigint,
    constraint batch_gain_pkey primary key (requester_id, batch_id),
    constraint batch_gain_batch_fkey foreign key (requester_id, batch_id) references batch (requester_id, batch_id),
    constraint batch_gain_possible check (usual_ppm between 0 and 1000000)
);
comment on table batch_gain is 'What one more answer by anybody would bring.';

-- The same by workers, by their confusion in the project.
create table worker_gain (
    requester_id  uuid    not null,
    batch_id      uuid    not null,
    worker_id     uuid    not null references worker,
    gain_ppm      bigint  not null,
    constraint worker_gain_pkey primary key (requester_id, batch_id, worker_id),
    constraint worker_gain_batch_fkey
        foreign key (requester_id, batch_id) references batch_gain (requester_id, batch_id),
    constraint worker_gain_possible check (gain_ppm between 0 and 1000000)
);
comment on table worker_gain is 'What one more answer by workers would bring.';
create index worker_gain_by_worker on worker_gain (worker_id);

-- Why offers were made and work was not ------------------------------------------

create type unrouted_reason as enum (
    'nobody_eligible',  -- the worker does not meet what the work demands
    'barred',           -- their team, an exclusion or an interest
    'away',             -- their windows leave no time to answer, or to do the work
    'no_hours',         -- what is left of their hours is less than it takes
    'too_many',         -- they have as many leases and open offers as anybody may
    'offered',          -- they have an open offer of it
    'declined',         -- they turned it down lately, or let it lapse
    'work_done',        -- they have done their part of all that is open
    'below_ask',        -- it pays less than they ask for
    'below_pay',        -- by their answers it is worth less to the requester than it pays
    'below_price',      -- their hours are worth more elsewhere
    'waits_for_better', -- who is likely to come in time would bring more
    'outbid',           -- others brought more value for what there was
    'nothing_there'     -- there was nobody, or nothing, to look at
);
comment on type unrouted_reason is 'What keeps a worker from an offer; later ones are nearer to one.';

-- Why the scheduler chose that worker for that offer. Written with the offer, kept for 90 days.
create table offer_explanation (
    requester_id            uuid         not null,
    offer_id                uuid         not null,
    explained_at            timestamptz  not null,
    -- What the pair is worth, what that is made of, and what the worker's time would bring elsewhere; micro-units.
    value_micros            bigint       not null,
    parts                   jsonb        not null,
    hours_price_micros      bigint       not null,
    -- Who came next of those who could have had it, and what they are worth; null where nobody did.
    runner_up_id            uuid         references worker,
    runner_up_micros        bigint,
    -- How many could have had it.
    candidates              integer      not null,
    -- Of the whole plan: its value ÷ the best that is possible, at least.
    certificate_millionths  bigint       not null,
    constraint offer_explanation_pkey primary key (requester_id, offer_id),
    constraint offer_explanation_offer_fkey
        foreign key (requester_id, offer_id) references offer (requester_id, offer_id),
    constraint offer_explanation_runner_up_whole check ((runner_up_id is null) = (runner_up_micros is null)),
    constraint offer_explanation_candidates_possible
        check (candidates between (case when runner_up_id is null then 1 else 2 end) and 1000000),
    constraint offer_explanation_certificate_possible check (certificate_millionths between 0 and 1000000)
);
comment on table offer_explanation is 'Why offers were made, kept for 90 days.';
create index offer_explanation_by_runner_up on offer_explanation (runner_up_id) where runner_up_id is not null;
-- Serves ExplanationQueries.forgetExplanations.
create index offer_explanation_by_time on offer_explanation (explained_at);

-- Why slots of an open batch were not offered: the tasks of a batch are alike to the scheduler, so what is said holds
-- for each. A row stands for as long as the same was said, and for five minutes at least; the newest is what holds now.
-- Kept for 30 days.
create table routing_explanation (
    requester_id  uuid             not null,
    batch_id      uuid             not null,
    explained_at  timestamptz      not null,
    last_said_at  timestamptz      not null,
    -- Of the worker who came nearest to an offer.
    reason        unrouted_reason  not null,
    message       text             not null,
    -- How many workers each reason keeps away.
    counts        jsonb            not null,
    -- How many slots nobody is offered.
    slots_left    integer          not null,
    constraint routing_explanation_pkey primary key (requester_id, batch_id, explained_at),
    constraint routing_explanation_batch_fkey
        foreign key (requester_id, batch_id) references batch (requester_id, batch_id),
    constraint routing_explanation_said_later check (last_said_at >= explained_at),
    constraint routing_explanation_message_bounded check (char_length(message) between 1 and 1000),
    constraint routing_explanation_slots_possible check (slots_left between 1 and 1000000)
);
comment on table routing_explanation is 'Why open work was not offered, kept for 30 days.';
-- Serves ExplanationQueries.forgetExplanations.
create index routing_explanation_by_time on routing_explanation (last_said_at);

-- Why a worker was offered nothing, as it was said last.
create table worker_explanation (
    worker_id     uuid             primary key references worker,
    explained_at  timestamptz      not null,
    reason        unrouted_reason  not null,
    message       text             not null,
    -- How many batches each reason keeps from them.
    counts        jsonb            not null,
    constraint worker_explanation_message_bounded check (char_length(message) between 1 and 1000)
);
comment on table worker_explanation is 'Why workers were offered nothing, the newest of each.';
-- Serves ExplanationQueries.forgetExplanations.
create index worker_explanation_by_time on worker_explanation (explained_at);

-- What is done as a deadline nears -------------------------------------------------

create type escalation_step_kind as enum (
    'reach',   -- more of those who meet what is demanded are asked, with more time to answer
    'price',   -- further offers pay more, within band, hold and budget
    'forced',  -- the price of hours is ignored
    'alert'    -- an operator is told, with what can be done
);
comment on type escalation_step_kind is 'Steps of the ladder that a batch climbs as its deadline nears.';

-- What further offers of a batch pay, in place of its posted price; the highest number counts. Append-only.
create table batch_raise (
    requester_id    uuid         not null,
    batch_id        uuid         not null,
    raise_no        integer      not null,
    pay_minor       bigint       not null,
    fee_minor       bigint       not null,
    -- The top of the rate's band for a task of the batch.
    band_most_minor bigint       not null,
    -- What the hold grew by, so that it covers every slot at that pay.
    held_minor      bigint       not null,
    raised_at       timestamptz  not null,
    raised_by       uuid         not null references principal,
    constraint batch_raise_pkey primary key (requester_id, batch_id, raise_no),
    constraint batch_raise_batch_fkey foreign key (requester_id, batch_id) references batch (requester_id, batch_id),
    constraint batch_raise_number_possible check (raise_no between 1 and 100),
    constraint batch_raise_within_band check (pay_minor between 1 and band_most_minor),
    constraint batch_raise_amounts_possible
        check (fee_minor between 0 and 1000000000000 and held_minor between 0 and 1000000000000000
               and band_most_minor <= 1000000000000)
);
comment on table batch_raise is 'Better prices of batches whose deadline nears; append-only.';
create index batch_raise_by_raiser on batch_raise (raised_by);

-- An offer that pays what a raise says, in place of the posted price. Append-only.
create table offer_raise (
    requester_id  uuid     not null,
    offer_id      uuid     not null,
    batch_id      uuid     not null,
    raise_no      integer  not null,
    constraint offer_raise_pkey primary key (requester_id, offer_id),
    constraint offer_raise_offer_fkey foreign key (requester_id, offer_id) references offer (requester_id, offer_id),
    constraint offer_raise_raise_fkey
        foreign key (requester_id, batch_id, raise_no) references batch_raise (requester_id, batch_id, raise_no)
);
comment on table offer_raise is 'Offers that pay more than the posted price; append-only.';
create index offer_raise_by_raise on offer_raise (requester_id, batch_id, raise_no);

-- A step that was taken for a batch, once for a deadline: with another deadline the ladder begins anew. Append-only.
create table escalation_step (
    requester_id         uuid                  not null,
    batch_id             uuid                  not null,
    due_at               timestamptz           not null,
    kind                 escalation_step_kind  not null,
    -- Prices are raised several times; every other step is taken once.
    level                integer               not null,
    taken_at             timestamptz           not null,
    -- What it was decided on: within which nine of ten tasks are done, and how many were open.
    service_p90_seconds  integer               not null,
    open_slots           integer               not null,
    facts                jsonb                 not null,
    constraint escalation_step_pkey primary key (requester_id, batch_id, due_at, kind, level),
    constraint escalation_step_batch_fkey
        foreign key (requester_id, batch_id) references batch (requester_id, batch_id),
    constraint escalation_step_level_possible check (level between 1 and case when kind = 'price' then 100 else 1 end),
    constraint escalation_step_before_deadline check (taken_at < due_at),
    constraint escalation_step_service_possible check (service_p90_seconds between 1 and 7776000),
    constraint escalation_step_slots_possible check (open_slots >= 1)
);
comment on table escalation_step is 'Steps that were taken as deadlines neared; append-only.';
-- Serves EscalationQueries.forcedMinutes.
create index escalation_step_forced on escalation_step (taken_at) where kind = 'forced';

-- How long tasks of a kind take from lease to answer, learnt from accepted work. One row each, learnt anew every day.
create table service_pace (
    task_kind     text         primary key,
    samples       integer      not null,
    -- Nine of ten are done within that share of their expected duration, in thousandths.
    p90_permille  bigint       not null,
    learnt_at     timestamptz  not null,
    constraint service_pace_kind_well_formed check (task_kind ~ '^[a-z][a-z_]{0,39}$'),
    constraint service_pace_samples_possible check (samples between 1 and 100000),
    constraint service_pace_share_positive check (p90_permille between 1 and 1000000000)
);
comment on table service_pace is 'How long tasks of a kind take.';

create type alert_state as enum (
    'open',   -- for an operator to act on
    'closed'  -- terminal: somebody has said what was done, or nothing is left to do
);
comment on type alert_state is 'Where an alert stands.';

-- A batch that will not be done in time by what the ladder may do, with what an operator can do and what that costs.
create table schedule_alert (
    requester_id   uuid         not null,
    alert_id       uuid         not null,
    batch_id       uuid         not null,
    state          alert_state  not null,
    raised_at      timestamptz  not null,
    due_at         timestamptz  not null,
    open_slots     integer      not null,
    -- Up to three, the least bad first.
    options        jsonb        not null,
    closed_at      timestamptz,
    closed_by      uuid         references principal,
    resolution     text,
    constraint schedule_alert_pkey primary key (requester_id, alert_id),
    constraint schedule_alert_batch_fkey
        foreign key (requester_id, batch_id) references batch (requester_id, batch_id),
    constraint schedule_alert_options_named
        check (jsonb_typeof(options) = 'array' and jsonb_array_length(options) between 1 and 3),
    constraint schedule_alert_slots_possible check (open_slots >= 1),
    constraint schedule_alert_closed_iff_terminal
        check (num_nonnulls(closed_at, closed_by, resolution) = case when state = 'open' then 0 else 3 end),
    constraint schedule_alert_resolution_bounded check (char_length(resolution) between 1 and 2000)
);
comment on table schedule_alert is 'Batches that need an operator to be done in time.';
-- One at a time for a batch.
create unique index schedule_alert_one_open_per_batch
    on schedule_alert (requester_id, batch_id) where state = 'open';
create index schedule_alert_by_batch on schedule_alert (requester_id, batch_id);
create index schedule_alert_by_closer on schedule_alert (closed_by) where closed_by is not null;
-- Serves AlertQueries.alerts.
create index schedule_alert_by_state on schedule_alert (state, alert_id);

-- What workers will have time for, and what their time is worth ----------------------

create type week_part as enum ('weekdays', 'weekend');
comment on type week_part is 'Parts of a week of which hours are forecast by themselves.';

-- How many minutes of those that a worker declared for a part of a week they will work: declared × a share that is Beta
-- distributed, learnt from their weeks before. Made once for a week; what came of it is written when it is over.
create table hours_forecast (
    worker_id         uuid         not null references worker,
    -- A Monday, where the worker lives.
    week_starts_on    date         not null,
    part              week_part    not null,
    declared_minutes  integer      not null,
    -- Of the share, in thousandths.
    alpha_milli       bigint       not null,
    beta_milli        bigint       not null,
    -- What is planned with, and what is promised with: in nine of ten weeks it is at least that.
    mean_minutes      integer      not null,
    p10_minutes       integer      not null,
    made_at           timestamptz  not null,
    -- Null until the week is over; and whether hours were worked or asked for in it: else it says nothing of them.
    worked_minutes    integer,
    was_asked         boolean,
    -- The worker's own time for their last 50 answers ÷ the expected, shrunk to 1, in millionths.
    pace_millionths   integer      not null default 1000000,
    -- What offers of the part asked for, once it is over, but for those that say nothing of hours (declined for another
    -- reason than time, filled); null where the week brought none, so that whoever worked took work of their own accord.
    offered_minutes   integer,
    constraint hours_forecast_pkey primary key (worker_id, week_starts_on, part),
    constraint hours_forecast_starts_monday check (extract(isodow from week_starts_on) = 1),
    constraint hours_forecast_share_positive
        check (alpha_milli between 1 and 1000000000000 and beta_milli between 1 and 1000000000000),
    constraint hours_forecast_minutes_in_order check (
        0 <= p10_minutes and p10_minutes <= mean_minutes and mean_minutes <= declared_minutes
        and declared_minutes <= 10140
    ),
    constraint hours_forecast_worked_possible check (worked_minutes >= 0),
    constraint hours_forecast_over_as_a_whole check ((worked_minutes is null) = (was_asked is null)),
    constraint hours_forecast_pace_possible check (pace_millionths between 1 and 100000000),
    constraint hours_forecast_offered_possible check (offered_minutes >= 0),
    constraint hours_forecast_offered_when_over check (offered_minutes is null or worked_minutes is not null)
);
comment on table hours_forecast is 'Forecast hours of workers, and what came of them; kept for 26 weeks.';
-- Serves ForecastQueries.closeWeeks.
create index hours_forecast_to_close on hours_forecast (week_starts_on, worker_id, part) where worked_minutes is null;
-- Serves ForecastQueries: what a week came to, and what is forgotten.
create index hours_forecast_by_week on hours_forecast (week_starts_on, worker_id, part);

-- How well a week's hours were forecast, over the parts of it in which workers were asked for any.
create table forecast_backtest (
    week_starts_on    date         primary key,
    workers           integer      not null,
    -- As far as they were asked for.
    forecast_minutes  bigint       not null,
    worked_minutes    bigint       not null,
    -- |worked − forecast| ÷ forecast, in ten-thousandths.
    error_bps         bigint       not null,
    -- How many workers' promises there were, and how many of them were kept.
    promises          integer      not null,
    promises_kept     integer      not null,
    tested_at         timestamptz  not null,
    constraint forecast_backtest_starts_monday check (extract(isodow from week_starts_on) = 1),
    constraint forecast_backtest_workers_positive check (workers >= 1),
    constraint forecast_backtest_minutes_possible
        check (forecast_minutes >= 0 and worked_minutes >= 0 and error_bps between 0 and 1000000000),
    constraint forecast_backtest_promises_possible check (promises_kept between 0 and promises and promises <= workers)
);
comment on table forecast_backtest is 'Weekly backtests of the forecast of hours.';

-- A night's solve of the days ahead. Its row is written last: prices of a day without one do not count.
create table price_solve (
    solved_on               date         primary key,
    solved_at               timestamptz  not null,
    -- Answers wanted and workers that it was solved over.
    demands                 integer      not null,
    workers                 integer      not null,
    -- Value ÷ the best that is possible, at least.
    certificate_millionths  bigint       not null,
    -- No price of the night is above this: the most that a quarter of an hour brings anywhere; micro-units.
    price_most_micros       bigint       not null,
    -- Of scheduler_policy, 0 before the first: by which weights and rates it was solved. Prices by others do not count.
    policy_version          integer      not null default 0,
    constraint price_solve_counts_possible check (demands >= 0 and workers >= 0),
    constraint price_solve_certificate_possible check (certificate_millionths between 0 and 1000000),
    constraint price_solve_most_possible check (price_most_micros between 0 and 1000000000000000),
    constraint price_solve_policy_version_possible check (policy_version >= 0)
);
comment on table price_solve is 'Nightly solves that priced workers'' hours.';

-- What a quarter of an hour of a worker's time would bring in the week ahead. Kept for a week.
create table hour_price (
    worker_id     uuid    not null references worker,
    solved_on     date    not null,
    price_micros  bigint  not null,
    -- The quarters of an hour that the solve reckoned with.
    units         integer not null,
    constraint hour_price_pkey primary key (worker_id, solved_on),
    constraint hour_price_not_negative check (price_micros between 0 and 1000000000000000),
    constraint hour_price_units_possible check (units between 0 and 676)
);
comment on table hour_price is 'Nightly prices of workers'' time.';
create index hour_price_by_day on hour_price (solved_on, worker_id);

-- Bidding --------------------------------------------------------------------

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
    -- By how much bids may move the close, all together, as it was said at the opening.
    extension_most_seconds  integer      not null,
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
    constraint auction_awards_counted check (awards_written >= 0),
    constraint auction_extension_most_possible check (extension_most_seconds between 0 and 604800)
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

create type lapse_reason as enum (
    'unanswered',   -- the winner did not answer in time
    'batch_over',   -- the batch gave out no work any more, or its deadline had come
    'not_active',   -- the winner's standing did not let them work
    'not_eligible'  -- the winner did not meet any more what the work demands, or was barred from it
);
comment on type lapse_reason is 'Why an award lapsed; only the first is counted by the screens.';

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
    -- Why it lapsed; null unless it did.
    lapse_reason       lapse_reason,
    -- What was accepted and not taken, in units and in minor units; null until the reservation is over.
    unused_units       integer,
    unused_minor       bigint,
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
    constraint award_replaced_only_given_back check (not is_replaced or state in ('declined', 'lapsed')),
    constraint award_lapse_reason_iff_lapsed check ((lapse_reason is not null) = (state = 'lapsed')),
    constraint award_unused_whole check ((unused_units is null) = (unused_minor is null)),
    constraint award_unused_only_accepted check (unused_units is null or state = 'accepted'),
    constraint award_unused_possible
        check (unused_units between 0 and units and unused_minor between 0 and total_minor)
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
create index award_reserved on award (reserved_until) where state = 'accepted' and unused_units is null;

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
    -- SHA-256 of cell, currency, kind and workers: the same again changes the open finding.
    fingerprint        bytea          not null,
    found_at           timestamptz    not null,
    state              finding_state  not null,
    decided_at         timestamptz,
    decided_by         uuid           references principal,
    reasons            text,
    currency           text           not null,
    constraint screen_finding_score_possible check (score_milli between 0 and 1000000000000),
    constraint screen_finding_workers_named check (cardinality(workers) between 1 and 200),
    constraint screen_finding_auctions_named check (cardinality(auctions) between 1 and 10000),
    constraint screen_finding_fingerprint_is_sha256 check (octet_length(fingerprint) = 32),
    constraint screen_finding_decided_iff_not_open
        check (num_nonnulls(decided_at, decided_by, reasons) = case when state = 'open' then 0 else 3 end),
    constraint screen_finding_reasons_given check (char_length(reasons) between 1 and 2000),
    constraint screen_finding_decider_is_other check (decided_by <> all (workers)),
    constraint screen_finding_currency_is_iso4217 check (currency ~ '^[A-Z]{3}$')
);
comment on table screen_finding is 'What screens of auctions found, and what people said about it.';
create index screen_finding_by_requirement on screen_finding (requirement_id);
create index screen_finding_by_profession on screen_finding (profession);
create index screen_finding_by_decider on screen_finding (decided_by) where decided_by is not null;
-- Serves FindingQueries.findings.
create index screen_finding_by_state on screen_finding (state, screen_finding_id);
create unique index screen_finding_one_open on screen_finding (fingerprint) where state = 'open';

-- When the auctions of a cell that are in one currency were last screened, by whichever scheduler.
create table screened_cell (
    requirement_id  uuid         not null references requirement,
    profession      text         not null references profession,
    tier            tier         not null,
    currency        text         not null,
    screened_at     timestamptz  not null,
    constraint screened_cell_pkey primary key (requirement_id, profession, tier, currency),
    constraint screened_cell_currency_is_iso4217 check (currency ~ '^[A-Z]{3}$')
);
comment on table screened_cell is 'When cells of auctions were last screened.';
create index screened_cell_by_profession on screened_cell (profession);

-- Quality --------------------------------------------------------------------

create type verdict as enum (
    'accepted',
    'accepted_in_part',  -- share_bps of the terms is paid
    'rejected'           -- has a decision
);
comment on type verdict is 'What a reviewer said.';

-- One judgement of a submission by a person who did not write it.
create table review (
    requester_id   uuid         not null,
    review_id      uuid         not null,
    assignment_id  uuid         not null,
    author_id      uuid         not null,
    reviewer_id    uuid         not null references principal,
    verdict        verdict      not null,
    -- Share of the pay, in ten-thousandths.
    share_bps      integer      not null,
    reasons        text         not null,
    decision_id    uuid         references decision,
    reviewed_at    timestamptz  not null,
    -- Where the share follows from weighed fields: the weight of what is right, and of all. The share then is rounded down.
    part_weight    bigint,
    whole_weight   bigint,
    constraint review_weights_in_order check (
        (part_weight is null) = (whole_weight is null)
        and (part_weight is null or verdict = 'accepted_in_part' and part_weight between 1 and whole_weight - 1)
    ),
    constraint review_pkey primary key (requester_id, review_id),
    constraint review_assignment_fkey
        foreign key (requester_id, assignment_id) references assignment (requester_id, assignment_id),
    constraint review_one_per_assignment unique (requester_id, assignment_id),
    constraint review_reviewer_is_not_author check (reviewer_id <> author_id),
    constraint review_share_matches_verdict check (
        (verdict = 'accepted' and share_bps = 10000)
        or (verdict = 'accepted_in_part' and share_bps between 1 and 9999)
        or (verdict = 'rejected' and share_bps = 0)
    ),
    -- Whatever is not paid in full is an adverse decision.
    constraint review_decision_unless_accepted check ((decision_id is null) = (verdict = 'accepted'))
);
comment on table review is 'Verdicts on submissions.';
create index review_by_reviewer on review (reviewer_id);
create index review_by_decision on review (decision_id);

-- How a project's answers are judged: weights of fields, scores, how often a second person looks. Without a row the
-- program's defaults hold.
create table review_policy (
    requester_id  uuid         not null,
    project_id    uuid         not null,
    settings      jsonb        not null,
    changed_by    uuid         not null references principal,
    changed_at    timestamptz  not null,
    constraint review_policy_pkey primary key (requester_id, project_id),
    constraint review_policy_project_fkey
        foreign key (requester_id, project_id) references project (requester_id, project_id),
    constraint review_policy_settings_bounded check (octet_length(settings::text) <= 65536)
);
comment on table review_policy is 'How answers of projects are judged.';
create index review_policy_by_changer on review_policy (changed_by);

create type opinion_role as enum (
    'first',
    'second',      -- blind: without knowing the first
    'adjudicator'  -- where both differ
);
comment on type opinion_role is 'As what somebody judged an answer.';

-- What one person says of an answer. The last word of them is the review. Append-only.
create table opinion (
    requester_id     uuid          not null,
    assignment_id    uuid          not null,
    role             opinion_role  not null,
    batch_id         uuid          not null,
    author_id        uuid          not null,
    person_id        uuid          not null references principal,
    verdict          verdict       not null,
    share_bps        integer       not null,
    part_weight      bigint,
    whole_weight     bigint,
    reasons          text          not null,
    -- Marks of fields with quotes, scores, the rule.
    sheet            jsonb         not null,
    submission_hash  bytea         not null,
    given_at         timestamptz   not null,
    -- Of the first: how likely a second one was, in ten-thousandths, and whether there is to be one.
    risk_bps         integer       not null,
    asks_second      boolean       not null,
    constraint opinion_pkey primary key (requester_id, assignment_id, role),
    constraint opinion_assignment_fkey
        foreign key (requester_id, assignment_id) references assignment (requester_id, assignment_id),
    constraint opinion_one_per_person unique (requester_id, assignment_id, person_id),
    constraint opinion_person_is_not_author check (person_id <> author_id),
    constraint opinion_share_matches_verdict check (
        (verdict = 'accepted' and share_bps = 10000)
        or (verdict = 'accepted_in_part' and share_bps between 1 and 9999)
        or (verdict = 'rejected' and share_bps = 0)
    ),
    constraint opinion_weights_in_order check (
        (part_weight is null) = (whole_weight is null)
        and (part_weight is null or verdict = 'accepted_in_part' and part_weight between 1 and whole_weight - 1)
    ),
    constraint opinion_risk_possible check (risk_bps between 0 and 10000),
    constraint opinion_sheet_bounded check (octet_length(sheet::text) <= 262144)
);
comment on table opinion is 'What people said of answers; append-only.';
create index opinion_by_person on opinion (person_id, given_at);
-- Serves MintQueries.upheldTasks.
create index opinion_upheld on opinion (requester_id, batch_id, assignment_id) where role <> 'first' and verdict = 'accepted';

-- How many first opinions there are of the answers to a batch, or by a worker, and how many of them rejected for one
-- person alone: what the limit of such rejections is held against, without counting anew.
create table review_tally (
    requester_id  uuid    not null,
    -- A batch or a worker.
    subject_id    uuid    not null,
    judged        bigint  not null,
    alone         bigint  not null,
    constraint review_tally_pkey primary key (requester_id, subject_id),
    constraint review_tally_counts_possible check (alone between 0 and judged)
) with (fillfactor = 50);
comment on table review_tally is 'How much was judged, and rejected by one person alone.';

-- An answer that was sent back to its worker, with what it was; the assignment stays submitted. One at a time.
create table rework (
    requester_id    uuid         not null,
    assignment_id   uuid         not null,
    round           integer      not null,
    author_id       uuid         not null,
    sent_by         uuid         not null references principal,
    reasons         text         not null,
    sheet           jsonb        not null,
    -- The version that was sent back, as it was stored.
    answer          jsonb,
    hash            bytea        not null,
    active_seconds  integer      not null,
    submitted_at    timestamptz  not null,
    sent_at         timestamptz  not null,
    -- Until when the worker may hand in another; then the version stands as it is.
    answer_until    timestamptz  not null,
    answered_at     timestamptz,
    -- As of the submission.
    sealed          bytea,
    constraint rework_in_one_form check (num_nonnulls(answer, sealed) = 1),
    constraint rework_pkey primary key (requester_id, assignment_id, round),
    constraint rework_assignment_fkey
        foreign key (requester_id, assignment_id) references assignment (requester_id, assignment_id),
    constraint rework_round_bounded check (round between 1 and 5),
    constraint rework_sender_is_not_author check (sent_by <> author_id),
    constraint rework_reasons_bounded check (char_length(reasons) between 1 and 4000),
    constraint rework_hash_is_sha256 check (octet_length(hash) = 32),
    constraint rework_ends_later check (answer_until > sent_at),
    constraint rework_answered_in_time check (answered_at >= sent_at and answered_at < answer_until)
);
comment on table rework is 'Answers that were sent back.';
create index rework_by_sender on rework (sent_by);
-- Serves ReworkQueries.openReworks.
create index rework_open_by_author on rework (author_id, assignment_id) where answered_at is null;

create type skill_basis as enum (
    'appeal',     -- an appeal overturned what was judged
    'gold',       -- against the known answer
    'judged',     -- by people
    'posterior'   -- by what the others have answered
);
comment on type skill_basis is 'How it is known whether an answer was right; the first of them counts.';

-- How right an answer was, as far as is known, for the estimates of its worker's skill. It tells nothing of what was
-- answered.
create table skill_outcome (
    requester_id   uuid         not null,
    assignment_id  uuid         not null,
    task_id        uuid         not null,
    worker_id      uuid         not null references worker,
    -- The node of the skill tree: profession and kind of the task.
    skill          text         not null,
    basis          skill_basis  not null,
    -- From 0 for wrong to a million for right, and how much that counts.
    right_ppm      integer      not null,
    weight_ppm     integer      not null,
    answered_at    timestamptz  not null,
    -- Whether the estimates of its worker have seen it as it is.
    is_counted     boolean      not null,
    constraint skill_outcome_pkey primary key (requester_id, assignment_id),
    constraint skill_outcome_assignment_fkey
        foreign key (requester_id, assignment_id) references assignment (requester_id, assignment_id),
    constraint skill_outcome_shares_possible check (
        right_ppm between 0 and 1000000 and weight_ppm between 0 and 1000000
    ),
    constraint skill_outcome_skill_bounded
        check (skill ~ '^[a-z][a-z0-9_]*(/[a-z0-9_]+)*$' and char_length(skill) <= 200)
);
comment on table skill_outcome is 'How right answers were.';
-- Serve SkillOutcomeQueries: outcomes of a worker, of a task, of a node, and who has new ones.
create index skill_outcome_by_worker on skill_outcome (worker_id, answered_at desc);
create index skill_outcome_by_task on skill_outcome (requester_id, task_id);
create index skill_outcome_by_skill on skill_outcome (skill, answered_at desc);
create index skill_outcome_uncounted on skill_outcome (worker_id) where not is_counted;
create type signal_kind as enum (
    'speed',            -- faster than the text can be read
    'near_duplicate',   -- texts of two workers that are nearly the same
    'agreement',        -- workers who agree more often than what each takes for what explains
    'suggestion_copy',  -- what a model suggested, where nearly nobody else says so
    'skill_shift',      -- work that has become worse
    'targeted_bias',    -- contradiction on tasks with one feature, and not elsewhere
    'gold',             -- too many known answers that were not met
    'guessing'          -- answers that do not depend on what is true
);
comment on type signal_kind is 'What screens of answers look for.';

create type quality_case_state as enum (
    'open',       -- for a person to look at
    'dismissed',  -- terminal: nothing is behind it
    'upheld'      -- terminal: it is so; what follows is a decision of its own
);
comment on type quality_case_state is 'Where a case about answers stands.';

-- What screens found in the answers to a batch, for a person to look at. Nothing follows from it by itself.
create table quality_case (
    quality_case_id  uuid                primary key,
    requester_id     uuid                not null,
    batch_id         uuid                not null,
    signal           signal_kind         not null,
    -- Whom it is about; in the order of the ids, each once. Evidence about more of them joins them.
    workers          uuid[]              not null,
    opened_at        timestamptz         not null,
    state            quality_case_state  not null,
    decided_at       timestamptz,
    decided_by       uuid                references principal,
    -- For other operators.
    reasons          text,
    constraint quality_case_batch_fkey foreign key (requester_id, batch_id) references batch (requester_id, batch_id),
    constraint quality_case_workers_named check (cardinality(workers) between 1 and 200),
    constraint quality_case_decided_iff_not_open
        check (num_nonnulls(decided_at, decided_by, reasons) = case when state = 'open' then 0 else 3 end),
    constraint quality_case_reasons_given check (char_length(reasons) between 1 and 2000),
    constraint quality_case_decider_is_other check (decided_by <> all (workers))
);
comment on table quality_case is 'What screens found in answers, and what people said about it.';
create index quality_case_by_batch on quality_case (requester_id, batch_id, signal);
create index quality_case_by_decider on quality_case (decided_by) where decided_by is not null;
-- Serves QualityCaseQueries.qualityCases.
create index quality_case_by_state on quality_case (state, quality_case_id);

-- What one screening found for a case. Append-only.
create table quality_evidence (
    quality_case_id  uuid         not null references quality_case,
    -- SHA-256 of workers, tasks and facts: the same again is no second evidence.
    digest           bytea        not null,
    -- The power of ten that the chance of it is one in, when nothing is the matter, in thousandths; of near duplicates
    -- a thousand times how many there are.
    score_milli      bigint       not null,
    -- On which tasks it shows, in the order of the ids, each once.
    tasks            uuid[]       not null,
    facts            jsonb        not null,
    found_at         timestamptz  not null,
    constraint quality_evidence_pkey primary key (quality_case_id, digest),
    constraint quality_evidence_digest_is_sha256 check (octet_length(digest) = 32),
    constraint quality_evidence_score_possible check (score_milli between 0 and 1000000000000),
    constraint quality_evidence_tasks_named check (cardinality(tasks) between 1 and 1000),
    constraint quality_evidence_facts_bounded check (octet_length(facts::text) <= 65536)
);
comment on table quality_evidence is 'What cases about answers rest on; append-only.';

-- How far the answers to a batch were screened, by whichever scheduler.
create table screened_batch (
    requester_id      uuid         not null,
    batch_id          uuid         not null,
    -- The last task of the piece before; null between two passes over the batch.
    through_task_id   uuid,
    screened_at       timestamptz  not null,
    constraint screened_batch_pkey primary key (requester_id, batch_id),
    constraint screened_batch_batch_fkey foreign key (requester_id, batch_id) references batch (requester_id, batch_id)
);
comment on table screened_batch is 'How far answers were screened.';
-- Serves AnswerScreenQueries.takeScreenedBatch: those in the midst of a pass.
create index screened_batch_midway on screened_batch (screened_at) where through_task_id is not null;

-- Batches whose answers are not given out until somebody has looked at them.
create table batch_quarantine (
    requester_id   uuid         not null,
    quarantine_id  uuid         not null,
    batch_id       uuid         not null,
    reasons        text         not null,
    ordered_by     uuid         not null references principal,
    ordered_at     timestamptz  not null,
    lifted_by      uuid         references principal,
    lifted_at      timestamptz,
    lift_reasons   text,
    constraint batch_quarantine_pkey primary key (requester_id, quarantine_id),
    constraint batch_quarantine_batch_fkey
        foreign key (requester_id, batch_id) references batch (requester_id, batch_id),
    constraint batch_quarantine_reasons_given check (char_length(reasons) between 1 and 2000),
    constraint batch_quarantine_lift_reasons_given check (char_length(lift_reasons) between 1 and 2000),
    constraint batch_quarantine_lifted_whole check (num_nonnulls(lifted_by, lifted_at, lift_reasons) in (0, 3)),
    constraint batch_quarantine_lifted_later check (lifted_at >= ordered_at)
);
comment on table batch_quarantine is 'Batches whose answers are not given out.';
create unique index batch_quarantine_one_in_force on batch_quarantine (requester_id, batch_id) where lifted_at is null;
create index batch_quarantine_by_batch on batch_quarantine (requester_id, batch_id);
create index batch_quarantine_by_orderer on batch_quarantine (ordered_by);
create index batch_quarantine_by_lifter on batch_quarantine (lifted_by) where lifted_by is not null;
-- Serves BatchQuarantineQueries.quarantines.
create index batch_quarantine_by_id on batch_quarantine (quarantine_id);

-- Answers of one worker that no longer count, by a decision: to one batch, or to all batches of a project. They stay
-- stored and paid; exports and aggregates leave them out.
create table withdrawn_contribution (
    requester_id   uuid         not null,
    withdrawal_id  uuid         not null,
    project_id     uuid         not null,
    -- Null for all of the project.
    batch_id       uuid,
    worker_id      uuid         not null references worker,
    decision_id    uuid         not null references decision,
    -- Work that was taken later is not concerned.
    withdrawn_at   timestamptz  not null,
    -- When an appeal was granted: they count again.
    ended_at       timestamptz,
    constraint withdrawn_contribution_pkey primary key (requester_id, withdrawal_id),
    constraint withdrawn_contribution_project_fkey
        foreign key (requester_id, project_id) references project (requester_id, project_id),
    constraint withdrawn_contribution_batch_fkey
        foreign key (requester_id, batch_id) references batch (requester_id, batch_id),
    constraint withdrawn_contribution_one_per_decision unique (decision_id),
    constraint withdrawn_contribution_ends_later check (ended_at >= withdrawn_at)
);
comment on table withdrawn_contribution is 'Answers that no longer count, by decision.';
-- Serves WithdrawnQueries.withdrawn, for each answer that is counted.
create index withdrawn_contribution_in_force
    on withdrawn_contribution (requester_id, worker_id, project_id) where ended_at is null;
create index withdrawn_contribution_by_project on withdrawn_contribution (requester_id, project_id);
create index withdrawn_contribution_by_batch on withdrawn_contribution (requester_id, batch_id)
 where batch_id is not null;
create index withdrawn_contribution_by_worker on withdrawn_contribution (worker_id);

-- Tasks that are asked again since answers to them were withdrawn, and the copy that asks. Append-only.
create table recollected_task (
    requester_id   uuid  not null,
    withdrawal_id  uuid  not null,
    task_id        uuid  not null,
    copy_task_id   uuid  not null,
    constraint recollected_task_pkey primary key (requester_id, withdrawal_id, task_id),
    constraint recollected_task_withdrawal_fkey
        foreign key (requester_id, withdrawal_id) references withdrawn_contribution (requester_id, withdrawal_id),
    constraint recollected_task_task_fkey foreign key (requester_id, task_id) references task (requester_id, task_id),
    constraint recollected_task_copy_fkey
        foreign key (requester_id, copy_task_id) references task (requester_id, task_id),
    constraint recollected_task_one_per_copy unique (requester_id, copy_task_id),
    constraint recollected_task_is_another check (copy_task_id <> task_id)
);
comment on table recollected_task is 'Tasks that are asked again.';
create index recollected_task_by_task on recollected_task (requester_id, task_id);

-- A batch whose work took so long that an hour of it came to less than the floor. Append-only.
create table pay_floor_flag (
    requester_id    uuid         not null,
    flag_id         uuid         not null,
    batch_id        uuid         not null,
    pay_floor_id    uuid         not null references pay_floor,
    -- How many answers were looked at, and the median of their active time.
    answers         integer      not null,
    median_seconds  integer      not null,
    -- What an hour of the least paid of them came to, and what it had to.
    hourly_minor    bigint       not null,
    floor_minor     bigint       not null,
    -- What an assignment accepted in full is owed so that the median comes to the floor.
    owed_minor      bigint       not null,
    flagged_at      timestamptz  not null,
    constraint pay_floor_flag_pkey primary key (requester_id, flag_id),
    constraint pay_floor_flag_batch_fkey foreign key (requester_id, batch_id) references batch (requester_id, batch_id),
    constraint pay_floor_flag_answers_possible check (answers between 1 and 200),
    constraint pay_floor_flag_median_possible check (median_seconds between 1 and 7776000),
    constraint pay_floor_flag_below_floor check (0 <= hourly_minor and hourly_minor < floor_minor),
    constraint pay_floor_flag_owed_positive check (owed_minor > 0)
);
comment on table pay_floor_flag is 'Batches found below the pay floor.';
create index pay_floor_flag_by_batch on pay_floor_flag (requester_id, batch_id, flag_id desc);
create index pay_floor_flag_by_floor on pay_floor_flag (pay_floor_id);

-- What a worker is owed for an assignment: one for the work, its terms times the share accepted; one for each flag under
-- which it was topped up; and any bonuses.
create table earning (
    requester_id   uuid         not null,
    assignment_id  uuid         not null,
    worker_id      uuid         not null references worker,
    amount_minor   bigint       not null,
    currency       text         not null,
    transfer_id    uuid         not null references transfer,
    earned_at      timestamptz  not null,
    -- The assignment's.
    batch_id       uuid         not null,
    -- Why it is a top-up; null for the work itself and a bonus.
    flag_id        uuid,
    -- Of a bonus its transfer; null for everything else.
    bonus_id       uuid,
    constraint earning_pkey primary key (requester_id, transfer_id),
    constraint earning_assignment_fkey
        foreign key (requester_id, assignment_id) references assignment (requester_id, assignment_id),
    constraint earning_flag_fkey foreign key (requester_id, flag_id) references pay_floor_flag (requester_id, flag_id),
    constraint earning_one_per_flag unique nulls not distinct (requester_id, assignment_id, flag_id, bonus_id),
    constraint earning_bonus_is_its_transfer check (bonus_id is null or bonus_id = transfer_id and flag_id is null),
    constraint earning_one_per_transfer unique (transfer_id),
    constraint earning_amount_positive check (amount_minor > 0)
);
comment on table earning is 'What work is owed, and top-ups to the pay floor.';
create index earning_by_worker on earning (worker_id, earned_at);
create index earning_by_flag on earning (requester_id, flag_id);
-- Serves TopUpQueries: the newest answers of a batch, and those that were paid too little.
create index earning_by_batch on earning (requester_id, batch_id, earned_at, assignment_id)
 where flag_id is null and bonus_id is null;

create type clawback_rule as enum (
    'fraud_upheld',
    'paid_by_mistake'
);
comment on type clawback_rule is 'By which rules pay is taken back.';

create type clawback_state as enum (
    'proposed',   -- by one person
    'refused',    -- terminal: another has refused it; the worker never heard of it
    'decided',    -- another has decided it: the worker was told and can appeal
    'overturned'  -- terminal: an appeal was granted
);
comment on type clawback_state is 'Where a clawback stands.';

-- Pay that is taken back: what of which earnings, by a decision. What the worker owes of it is a claim of the platform,
-- recovered from later payouts by parts.
create table clawback (
    clawback_id    uuid            primary key,
    worker_id      uuid            not null references worker,
    currency       text            not null,
    rule           clawback_rule   not null,
    -- In all, as its items.
    amount_minor   bigint          not null,
    -- Of which as much is recovered as can be: all; once it was overturned, what the platform had given back by then, of
    -- which a recovery may turn out to be none, as its payment came back.
    claim_minor    bigint          not null,
    -- For the worker to read.
    reasons        text            not null,
    state          clawback_state  not null,
    proposed_by    uuid            not null references principal,
    proposed_at    timestamptz     not null,
    decided_by     uuid            references principal,
    decided_at     timestamptz,
    decision_id    uuid            references decision,
    -- From when on it is recovered.
    effect_at      timestamptz,
    -- When the worker agreed to more than a part of each payout.
    agreed_at      timestamptz,
    -- The earning by which was given back what had been recovered after taxes when it was overturned; what had been
    -- before them is another of the appeal's entry, and taxed.
    given_back_id  uuid            references transfer,
    constraint clawback_amount_positive check (amount_minor > 0),
    constraint clawback_claim_within_amount check (claim_minor between 0 and amount_minor),
    constraint clawback_reasons_bounded check (char_length(reasons) between 1 and 4000),
    constraint clawback_decided_by_another check (decided_by <> proposed_by),
    constraint clawback_decider_iff_ended check (
        (decided_by is null) = (state = 'proposed') and (decided_at is null) = (state = 'proposed')
    ),
    constraint clawback_decision_iff_decided check (
        (decision_id is not null) = (state in ('decided', 'overturned')) and (effect_at is null) = (decision_id is null)
    ),
    constraint clawback_effect_after_decision check (effect_at > decided_at),
    constraint clawback_agreed_to_decided check (agreed_at is null or decision_id is not null),
    constraint clawback_given_back_if_overturned check (given_back_id is null or state = 'overturned')
);
comment on table clawback is 'Pay that is taken back.';
-- Serves NettingQueries.
create index clawback_by_worker on clawback (worker_id);
create index clawback_by_proposer on clawback (proposed_by);
create index clawback_by_decider on clawback (decided_by);
create index clawback_by_decision on clawback (decision_id);
create index clawback_by_gift on clawback (given_back_id);

-- What of an earning is taken back.
create table clawback_item (
    clawback_item_id  uuid     primary key,
    clawback_id       uuid     not null references clawback,
    requester_id      uuid     not null,
    transfer_id       uuid     not null,
    amount_minor      bigint   not null,
    -- False once it was refused or overturned.
    is_live           boolean  not null,
    constraint clawback_item_earning_fkey
        foreign key (requester_id, transfer_id) references earning (requester_id, transfer_id),
    constraint clawback_item_amount_positive check (amount_minor > 0)
);
comment on table clawback_item is 'What of earnings is taken back.';
create index clawback_item_by_clawback on clawback_item (clawback_id);
create index clawback_item_by_earning on clawback_item (requester_id, transfer_id);
-- An earning is taken back once.
create unique index clawback_item_one_live_per_earning on clawback_item (requester_id, transfer_id) where is_live;

-- Payouts --------------------------------------------------------------------

create type payout_batch_state as enum (
    'prepared',  -- by a maker; its lines are fixed
    'approved',  -- by a second person, for exactly this content
    'issued',    -- terminal: the file was written and the money has left
    'cancelled'  -- terminal
);
comment on type payout_batch_state is 'Where a payout batch stands.';

create type payout_format as enum (
    'pain.001.001.03', 'pain.001.001.09', 'nacha-ppd', 'nacha-ccd', 'cn-csv', 'csv'
);
comment on type payout_format is 'Forms of payment files.';

-- From which account is paid, and in which form: what a bank agreed with the platform.
create table payout_source (
    name        text           primary key,
    format      payout_format  not null,
    currency    text           not null,
    -- The payer's name, address and account, and what a NACHA file needs beside.
    settings    jsonb          not null,
    changed_by  uuid           not null references principal,
    changed_at  timestamptz    not null,
    constraint payout_source_name_plain check (name ~ '^[a-z0-9][a-z0-9-]{0,49}$'),
    constraint payout_source_settings_bounded check (octet_length(settings::text) <= 8192)
);
comment on table payout_source is 'Accounts that payouts are made from.';
create index payout_source_by_changer on payout_source (changed_by);

create type payout_line_state as enum (
    'open',     -- not paid yet, as far as is known
    'settled',  -- terminal, unless it comes back: it has left the payer's account
    'failed'    -- terminal: refused by the bank, or come back; its earnings are due again
);
comment on type payout_line_state is 'What became of a payment.';

-- Payments to many workers that go to the bank as one file.
create table payout_batch (
    payout_batch_id  uuid                primary key,
    currency         text                not null,
    state            payout_batch_state  not null,
    total_minor      bigint              not null,
    line_count       integer             not null,
    -- SHA-256 over the lines: the approval is for this content and no other.
    content_hash     bytea               not null,
    prepared_by      uuid                not null references principal,
    prepared_at      timestamptz         not null,
    approved_by      uuid                references principal,
    approved_at      timestamptz,
    issued_at        timestamptz,
    cancelled_at     timestamptz,
    -- In which form its file leaves; null for a table without accounts, of which nothing more is heard.
    format           payout_format,
    -- Who pays, from which account, and when, as it was when the batch was prepared.
    payer            jsonb,
    -- Of the file: SHA-256, and how many bytes.
    file_hash        bytea,
    file_bytes       bigint,
    constraint payout_batch_total_positive check (total_minor > 0 and line_count > 0),
    constraint payout_batch_hash_is_sha256 check (octet_length(content_hash) = 32),
    constraint payout_batch_approved_by_second_person check (approved_by is distinct from prepared_by or approved_by is null),
    constraint payout_batch_approval_whole check ((approved_by is null) = (approved_at is null)),
    constraint payout_batch_approved_before_issue check (state not in ('approved', 'issued') or approved_by is not null),
    constraint payout_batch_issued_iff_terminal check ((issued_at is not null) = (state = 'issued')),
    constraint payout_batch_cancelled_iff_terminal check ((cancelled_at is not null) = (state = 'cancelled')),
    constraint payout_batch_payer_iff_format check ((payer is null) = (format is null)),
    constraint payout_batch_file_iff_issued check (
        (file_hash is not null) = (state = 'issued' and format is not null)
        and (file_hash is null) = (file_bytes is null)
    ),
    constraint payout_batch_file_hash_is_sha256 check (octet_length(file_hash) = 32)
);
comment on table payout_batch is 'Payments that leave as one file.';
create index payout_batch_by_preparer on payout_batch (prepared_by);
create index payout_batch_by_approver on payout_batch (approved_by);

-- One payment: to a worker, or to an agency for all its people together.
create table payout_line (
    payout_line_id   uuid    primary key,
    payout_batch_id  uuid    not null references payout_batch,
    -- Who is paid.
    worker_id        uuid    references worker,
    amount_minor     bigint  not null,
    currency         text    not null,
    -- ISO 20022 EndToEndId: at most 35 characters, unique for ever.
    end_to_end_id    text    not null,
    -- Who is paid in the workers' place.
    payee_team_id    uuid    references team,
    -- The account that is paid to, sealed under the payee's key as it was when the batch was prepared; null in a batch
    -- without a format, and when the payee was erased.
    sealed_account   bytea,
    -- Of the payout method that was copied.
    method_version   integer,
    -- The same as end_to_end_id where there is less room: 15 letters and digits.
    short_id         text,
    state            payout_line_state  not null default 'open',
    -- Why it failed, as the bank says it: AC04, R03.
    reason           text,
    -- When the bank said that it would pay.
    accepted_at      timestamptz,
    settled_at       timestamptz,
    failed_at        timestamptz,
    -- The entries of the bank's statement for it going out and coming back.
    debit_entry_id   uuid,
    credit_entry_id  uuid,
    constraint payout_line_one_payee check (num_nonnulls(worker_id, payee_team_id) = 1),
    constraint payout_line_one_per_payee unique nulls not distinct (payout_batch_id, worker_id, payee_team_id),
    constraint payout_line_end_to_end_id_unique unique (end_to_end_id),
    constraint payout_line_end_to_end_id_bounded check (char_length(end_to_end_id) between 1 and 35),
    constraint payout_line_amount_positive check (amount_minor > 0),
    constraint payout_line_short_id_unique unique (short_id),
    constraint payout_line_short_id_bounded check (short_id ~ '^[0-9A-Z]{1,15}$'),
    constraint payout_line_account_is_sealed check (octet_length(sealed_account) between 29 and 8192),
    constraint payout_line_account_versioned check (sealed_account is null or method_version is not null),
    constraint payout_line_settled_has_time check (state <> 'settled' or settled_at is not null),
    constraint payout_line_failed_iff_state check ((failed_at is not null) = (state = 'failed')),
    constraint payout_line_reason_iff_failed check ((reason is not null) = (state = 'failed')),
    constraint payout_line_reason_bounded check (char_length(reason) between 1 and 35)
);
comment on table payout_line is 'Single payments of a payout batch.';
-- Serves ReconcileQueries: payments of which nothing was heard.
create index payout_line_open on payout_line (payout_batch_id) where state = 'open';
create index payout_line_by_debit_entry on payout_line (debit_entry_id);
create index payout_line_by_credit_entry on payout_line (credit_entry_id);
create index payout_line_by_worker on payout_line (worker_id);
create index payout_line_by_payee_team on payout_line (payee_team_id);

-- What the payees of a table were called when it was issued, so that it says the same each time it is written.
create table payout_payee (
    payout_line_id  uuid  primary key references payout_line,
    payee_key       text  not null,
    -- Empty where there is none, and once the payee was erased.
    payee_name      text  not null,
    constraint payout_payee_texts_bounded check (
        char_length(payee_key) between 1 and 200 and char_length(payee_name) <= 200
    )
);
comment on table payout_payee is 'What payees of issued tables were called.';

-- How much of a line is one worker's; what is taken from what they are owed.
create table payout_share (
    payout_share_id  uuid    primary key,
    payout_line_id   uuid    not null references payout_line,
    worker_id        uuid    not null references worker,
    amount_minor     bigint  not null,
    constraint payout_share_one_per_worker unique (payout_line_id, worker_id),
    constraint payout_share_amount_positive check (amount_minor > 0)
);
comment on table payout_share is 'Parts of payments by worker.';
create index payout_share_by_worker on payout_share (worker_id);

-- Which earnings a line pays.
create table payout_item (
    requester_id    uuid     not null,
    -- Which the earning is.
    transfer_id     uuid     not null,
    payout_line_id  uuid     not null references payout_line,
    -- False once its batch was cancelled.
    is_live         boolean  not null,
    constraint payout_item_pkey primary key (requester_id, transfer_id, payout_line_id),
    constraint payout_item_earning_fkey
        foreign key (requester_id, transfer_id) references earning (requester_id, transfer_id)
);
comment on table payout_item is 'Earnings paid by a payout line.';
-- An earning is paid once.
create unique index payout_item_one_live_per_earning on payout_item (requester_id, transfer_id) where is_live;
create index payout_item_by_line on payout_item (payout_line_id);

-- What of a share of a payout is kept for a clawback, after taxes.
create table clawback_recovery (
    clawback_recovery_id  uuid     primary key,
    clawback_id           uuid     not null references clawback,
    payout_batch_id       uuid     not null references payout_batch,
    payout_share_id       uuid     not null references payout_share,
    amount_minor          bigint   not null,
    -- False once its batch was cancelled, or its payment came back.
    is_live               boolean  not null,
    -- Of which as much is of earnings in the share itself that were taken back before they were paid: never had, and not
    -- taxed. The rest is kept of what is left after taxes.
    untaxed_minor         bigint   not null,
    constraint clawback_recovery_one_per_share unique (payout_share_id, clawback_id),
    constraint clawback_recovery_amount_positive check (amount_minor > 0),
    constraint clawback_recovery_untaxed_within_amount check (untaxed_minor between 0 and amount_minor)
);
comment on table clawback_recovery is 'What of payouts is kept for clawbacks.';
create index clawback_recovery_by_batch on clawback_recovery (payout_batch_id, clawback_recovery_id);
create index clawback_recovery_by_clawback on clawback_recovery (clawback_id);

create type payout_rhythm as enum ('on_demand', 'weekly', 'monthly');
comment on type payout_rhythm is 'How often payouts fall due.';

create type payout_due_state as enum (
    'open',      -- waits for a person
    'prepared',  -- terminal: a person has prepared the batch
    'skipped'    -- terminal: a person has left it, and said why
);
comment on type payout_due_state is 'What became of a payout that fell due.';

-- When payouts of a source fall due, by the wall clock of a zone.
create table payout_schedule (
    source         text           primary key references payout_source (name),
    rhythm         payout_rhythm  not null,
    -- Bit 0 is Monday, or the first of the month; a day that a month has not is its last one.
    days           bigint         not null,
    -- Since midnight of the wall clock.
    minute         bigint         not null,
    -- IANA.
    time_zone      text           not null,
    -- Who has earned less waits.
    minimum_minor  bigint         not null,
    -- The next one; null on demand.
    next_at        timestamptz,
    changed_by     uuid           not null references principal,
    changed_at     timestamptz    not null,
    constraint payout_schedule_days_of_rhythm check (
        case rhythm when 'on_demand' then days = 0
                    when 'weekly' then days between 1 and 127
                    else days between 1 and 2147483647 end
    ),
    constraint payout_schedule_minute_of_day check (minute between 0 and 1439),
    constraint payout_schedule_zone_bounded check (char_length(time_zone) between 1 and 64),
    constraint payout_schedule_minimum_never_negative check (minimum_minor >= 0),
    constraint payout_schedule_next_iff_rhythm check ((next_at is null) = (rhythm = 'on_demand'))
);
comment on table payout_schedule is 'When payouts fall due.';
create index payout_schedule_by_changer on payout_schedule (changed_by);
-- Serves PayoutScheduleQueries.lockDueSchedules.
create index payout_schedule_by_next on payout_schedule (next_at, source);

-- A payout that fell due, for a person to prepare. One at a time for each source, however many dates have passed.
create table payout_due (
    payout_due_id    uuid              primary key,
    source           text              not null references payout_source (name),
    -- The last date that has passed, and how many before it went by without a payout.
    due_at           timestamptz       not null,
    missed           bigint            not null,
    -- On which the bank is to pay: of the date's zone, never a Saturday or Sunday.
    pay_on           date              not null,
    minimum_minor    bigint            not null,
    opened_at        timestamptz       not null,
    state            payout_due_state  not null,
    payout_batch_id  uuid              references payout_batch,
    closed_by        uuid              references principal,
    closed_at        timestamptz,
    -- Why it was left.
    reason           text,
    constraint payout_due_missed_never_negative check (missed >= 0),
    constraint payout_due_minimum_possible check (minimum_minor >= 0),
    constraint payout_due_pays_on_weekday check (extract(isodow from pay_on) < 6),
    constraint payout_due_batch_iff_prepared check ((payout_batch_id is not null) = (state = 'prepared')),
    constraint payout_due_closed_iff_ended check (
        (closed_by is null) = (state = 'open') and (closed_at is null) = (state = 'open')
    ),
    constraint payout_due_reason_iff_skipped check ((reason is not null) = (state = 'skipped')),
    constraint payout_due_reason_bounded check (char_length(reason) between 1 and 4000)
);
comment on table payout_due is 'Payouts that fell due.';
create unique index payout_due_one_open_per_source on payout_due (source) where state = 'open';
create index payout_due_by_source on payout_due (source);
create index payout_due_by_batch on payout_due (payout_batch_id);
create index payout_due_by_closer on payout_due (closed_by);

-- What a worker was paid under a rule set in a period, as far as that rule counts it; of payouts that were not cancelled. The
-- row is locked by whoever prepares the next one, so that no two begin from the same sum.
create table tax_sum (
    worker_id       uuid     not null references worker,
    rule_set        text     not null,
    currency        text     not null,
    -- The first day of the year or month.
    period_on       date     not null,
    counted_minor   bigint   not null,
    withheld_minor  bigint   not null,
    -- The months with income, bit 0 is January.
    months          integer  not null,
    -- Of claims, as far as they were counted.
    exempt_minor      bigint  not null default 0,
    deductions_minor  bigint  not null default 0,
    relief_minor      bigint  not null default 0,
    constraint tax_sum_pkey primary key (worker_id, rule_set, currency, period_on),
    constraint tax_sum_never_negative check (counted_minor >= 0 and withheld_minor >= 0),
    constraint tax_sum_months_possible check (months between 0 and 4095),
    constraint tax_sum_claims_never_negative check (exempt_minor >= 0 and deductions_minor >= 0 and relief_minor >= 0)
);
comment on table tax_sum is 'Sums that cumulative taxes count from.';

-- What is withheld of a share of a payout, frozen when the payout is prepared, posted when it is issued. Append-only.
create table withholding (
    withholding_id         uuid    primary key,
    payout_batch_id        uuid    not null references payout_batch,
    payout_share_id        uuid    not null references payout_share,
    worker_id              uuid    not null references worker,
    -- Where the work was done, ISO 3166-1; null where the rule does not ask.
    place                  text,
    residence              text    not null,
    rule_set               text    not null,
    rule_set_from          date    not null,
    -- The day that counts as that of payment, and the last one on which the payout may be issued by this.
    paid_on                date    not null,
    holds_until            date    not null,
    currency               text    not null,
    gross_minor            bigint  not null,
    withheld_minor         bigint  not null,
    -- The first day of what it counts over; null where it counts by itself.
    period_on              date,
    -- What it counts from, and what of it is counted.
    counted_before_minor   bigint  not null,
    withheld_before_minor  bigint  not null,
    counted_minor          bigint  not null,
    -- The reports in which it stands.
    counts_toward          text[]  not null,
    -- Pieces of work, and what the platform took for them.
    activities             bigint  not null,
    fees_minor             bigint  not null,
    -- Step by step: what was done, by which source.
    lines                  jsonb   not null,
    -- Of the worker's claims what is counted with it.
    exempt_minor           bigint  not null default 0,
    deductions_minor       bigint  not null default 0,
    relief_minor           bigint  not null default 0,
    constraint withholding_one_per_place unique nulls not distinct (payout_share_id, place),
    constraint withholding_sum_fkey
        foreign key (worker_id, rule_set, currency, period_on)
        references tax_sum (worker_id, rule_set, currency, period_on),
    constraint withholding_place_is_code check (place ~ '^[A-Z]{2}$'),
    constraint withholding_residence_is_code check (residence ~ '^[A-Z]{2}$'),
    constraint withholding_rule_set_named check (rule_set ~ '^[a-z][a-z0-9-]{0,39}$'),
    constraint withholding_days_in_order check (rule_set_from <= paid_on and paid_on <= holds_until),
    constraint withholding_gross_positive check (gross_minor > 0),
    constraint withholding_within_gross check (withheld_minor between 0 and gross_minor),
    constraint withholding_counted_within_gross check (counted_minor between 0 and gross_minor),
    constraint withholding_base_never_negative check (counted_before_minor >= 0 and withheld_before_minor >= 0),
    constraint withholding_work_never_negative check (activities >= 0 and fees_minor >= 0),
    constraint withholding_explained check (jsonb_typeof(lines) = 'array' and jsonb_array_length(lines) between 1 and 50),
    constraint withholding_claims_possible check (
        exempt_minor between 0 and gross_minor and deductions_minor >= 0 and relief_minor >= 0
    )
);
comment on table withholding is 'Taxes withheld of payouts; append-only.';
create index withholding_by_batch on withholding (payout_batch_id, withholding_id);
-- Serves the sums of a period, and lists of a worker.
create index withholding_by_sum on withholding (worker_id, rule_set, currency, period_on);

-- Withholdings of payments that came back: nothing was paid, so nothing was to be withheld. Append-only.
create table withholding_reversal (
    withholding_id  uuid         primary key references withholding,
    reversed_at     timestamptz  not null
);
comment on table withholding_reversal is 'Withholdings that were taken back; append-only.';

create type bank_file_kind as enum ('pain.002', 'camt.053', 'camt.054', 'nacha', 'returns_csv');
comment on type bank_file_kind is 'Files that a bank sends.';

-- A file of the bank that was taken in, once.
create table bank_import (
    bank_import_id  uuid            primary key,
    kind            bank_file_kind  not null,
    file_hash       bytea           not null,
    -- As the bank calls it; empty where it does not.
    message_id      text            not null,
    imported_by     uuid            not null references principal,
    imported_at     timestamptz     not null,
    entry_count     integer         not null,
    -- What does not add up in the file, as it was taken in all the same.
    faults          jsonb           not null,
    constraint bank_import_once unique (file_hash),
    constraint bank_import_hash_is_sha256 check (octet_length(file_hash) = 32),
    constraint bank_import_count_possible check (entry_count >= 0)
);
comment on table bank_import is 'Files of banks that were taken in.';
create index bank_import_by_importer on bank_import (imported_by);

create type bank_outcome as enum (
    'accepted',        -- the bank will pay
    'settled',         -- it has paid
    'rejected',        -- it will not pay
    'returned',        -- what was paid came back
    'repeated',        -- known before
    'unmatched',       -- no payment of ours
    'amount_differs',  -- not the amount of the payment
    'contradicts'      -- not what was known of the payment
);
comment on type bank_outcome is 'What a line of a bank file said of a payment; the last three are for a person to look at.';

-- What a bank file says, line by line.
create table bank_entry (
    bank_entry_id    uuid          primary key,
    bank_import_id   uuid          not null references bank_import,
    -- From 1, as the file has them.
    position         integer       not null,
    outcome          bank_outcome  not null,
    payout_line_id   uuid          references payout_line,
    -- All open payments of it at once.
    payout_batch_id  uuid          references payout_batch,
    end_to_end_id    text,
    account          text          not null,
    -- The bank's, by which the same booking in two files is known.
    reference        text          not null,
    amount_minor     bigint,
    currency         text,
    is_credit        boolean       not null,
    booked_on        text,
    reason           text,
    information      text          not null,
    -- What a person found out about one that did not fit.
    resolution       text,
    resolved_by      uuid          references principal,
    resolved_at      timestamptz,
    constraint bank_entry_one_per_position unique (bank_import_id, position),
    constraint bank_entry_position_positive check (position > 0),
    constraint bank_entry_amount_whole check ((amount_minor is null) = (currency is null)),
    constraint bank_entry_matched_iff_outcome check (
        outcome = 'unmatched' or num_nonnulls(payout_line_id, payout_batch_id) = 1
    ),
    constraint bank_entry_resolution_whole check (
        (resolution is null) = (resolved_by is null) and (resolution is null) = (resolved_at is null)
    ),
    constraint bank_entry_texts_bounded check (
        char_length(end_to_end_id) <= 100 and char_length(account) <= 100 and char_length(reference) <= 100
        and char_length(booked_on) <= 40 and char_length(reason) <= 35 and char_length(information) <= 1000
        and char_length(resolution) between 1 and 4000
    )
);
comment on table bank_entry is 'Lines of bank files.';
create index bank_entry_by_line on bank_entry (payout_line_id);
create index bank_entry_by_batch on bank_entry (payout_batch_id);
create index bank_entry_by_resolver on bank_entry (resolved_by);
-- Serves ReconcileQueries.openEntries.
create index bank_entry_open on bank_entry (bank_entry_id)
 where outcome in ('unmatched', 'amount_differs', 'contradicts') and resolved_at is null;

alter table payout_line
    add constraint payout_line_debit_entry_fkey foreign key (debit_entry_id) references bank_entry,
    add constraint payout_line_credit_entry_fkey foreign key (credit_entry_id) references bank_entry;

-- What statements say of the account's balance, so that one that is missing shows.
create table bank_statement (
    bank_statement_id  uuid     primary key,
    bank_import_id     uuid     not null references bank_import,
    account            text     not null,
    statement_id       text     not null,
    currency           text     not null,
    -- The day of the closing balance; null where the bank does not say it.
    stated_on          date,
    opening_minor      bigint   not null,
    closing_minor      bigint   not null,
    -- The sum of the booked entries: closing less opening, unless an entry is missing.
    booked_minor       bigint   not null,
    -- What a person found out about one that does not fit.
    resolution         text,
    resolved_by        uuid     references principal,
    resolved_at        timestamptz,
    constraint bank_statement_texts_bounded check (char_length(account) <= 100 and char_length(statement_id) <= 100),
    constraint bank_statement_resolution_bounded check (char_length(resolution) between 1 and 4000),
    constraint bank_statement_resolution_whole check (
        (resolution is null) = (resolved_by is null) and (resolution is null) = (resolved_at is null)
    )
);
comment on table bank_statement is 'Balances that banks have stated.';
create index bank_statement_by_import on bank_statement (bank_import_id);
create index bank_statement_by_resolver on bank_statement (resolved_by);
create index bank_statement_by_account on bank_statement (account, currency, bank_statement_id);

-- What workers say of a requester once they were paid for a batch: each from 1, bad, to 5, good. Append-only.
create table requester_rating (
    requester_id  uuid         not null,
    batch_id      uuid         not null,
    worker_id     uuid         not null references worker,
    clarity       integer      not null,
    fairness      integer      not null,
    pay_speed     integer      not null,
    rated_at      timestamptz  not null,
    constraint requester_rating_pkey primary key (requester_id, batch_id, worker_id),
    constraint requester_rating_batch_fkey
        foreign key (requester_id, batch_id) references batch (requester_id, batch_id),
    constraint requester_rating_clarity_possible check (clarity between 1 and 5),
    constraint requester_rating_fairness_possible check (fairness between 1 and 5),
    constraint requester_rating_pay_speed_possible check (pay_speed between 1 and 5)
);
comment on table requester_rating is 'Ratings of requesters by workers; append-only.';
create index requester_rating_by_worker on requester_rating (worker_id);

-- Privileges -----------------------------------------------------------------

-- The program works as this role: it cannot change what is append-only, nor the schema.
grant select, insert, update, delete on all tables in schema public to guildhall_app;
revoke update, delete on audit_event, audit_seal, agreement, agreement_acceptance, transfer, journal_entry, account_fold, decision, submission, review, earning,
    pay_floor_flag,
    credential_evidence, credential_reminder, exam, hours_entry, task_return, content_reading
    from guildhall_app;
-- What was once in force stays on record; only its end may change.
revoke delete on interest, exclusion, team, team_member, team_capacity, project_party, task_party, worker_clearance
    from guildhall_app;
-- What was withheld stays as it was.
revoke update, delete on withholding, withholding_reversal from guildhall_app;
-- What was destroyed is empty, not gone.
revoke delete on task_content, safety_content, requester_key, retention_class from guildhall_app;
-- How a price came about stays as it was.
revoke update, delete on batch_price from guildhall_app;
revoke insert, update, delete on schema_step from guildhall_app;
-- What a document is called may say who handed it in; an erasure takes that away, and nothing else.
grant update (name) on credential_evidence to guildhall_app;
-- Terms never change after the lease, nor does anything else but where the assignment stands.
revoke update on assignment from guildhall_app;
grant update (state, lease_until, closed_at) on assignment to guildhall_app;
-- What a guideline said, and what was suggested, stays as it was.
revoke update, delete on guideline_version, suggestion_use, task_suggestion from guildhall_app;
revoke delete on guideline, recheck_listing, recheck_item from guildhall_app;
revoke update on recheck_item, guideline from guildhall_app;
grant update (recheck_task_id, checks) on recheck_item to guildhall_app;
grant update (name, newest_version) on guideline to guildhall_app;
-- What a model suggested goes with the content that it is about.
grant update (suggestion, sealed) on task_suggestion to guildhall_app;
-- To seal what was handed in before answers were sealed.
grant update (answer, sealed) on submission to guildhall_app;
-- What was asked, offered or found stays on record.
revoke update, delete on direct_offer_turn, direct_offer_lease from guildhall_app;
revoke delete on direct_offer, screen_finding from guildhall_app;
-- What a worker wrote goes with their erasure.
grant update (conditions) on direct_offer_turn to guildhall_app;
-- What was bid, and how good a bidder was known to be, stays as it was; an opening of bids is on record for ever.
revoke update, delete on bid_version, auction_quality from guildhall_app;
revoke delete on auction, bid, award, early_opening from guildhall_app;
-- What was paid more, and which steps were taken, stays as it was; an alert is on record for ever.
revoke update, delete on batch_raise, offer_raise, escalation_step from guildhall_app;
revoke delete on schedule_alert, forecast_backtest from guildhall_app;
-- By which weights work was routed stays on record.
revoke update, delete on scheduler_policy from guildhall_app;
-- What is on a voucher stays as it was prepared; only its end is entered.
revoke update, delete on voucher from guildhall_app;
grant update (state, decided_by, decided_at) on voucher to guildhall_app;
-- What a bank has said stays as it was; only what a person found out is entered.
revoke update, delete on bank_import, bank_statement, bank_entry from guildhall_app;
grant update (resolution, resolved_by, resolved_at) on bank_entry, bank_statement to guildhall_app;
-- Why answers were asked for stays as it was.
revoke update, delete on stopping from guildhall_app;
-- What is taken back, and what was kept for it, stays on record.
revoke update, delete on clawback_item, clawback_recovery from guildhall_app;
grant update (is_live) on clawback_item, clawback_recovery to guildhall_app;
revoke delete on clawback from guildhall_app;
-- What was claimed stays as it was; only who looked at it, and its end, are entered.
revoke update, delete on tax_claim from guildhall_app;
grant update (verified_by, verified_at, withdrawn_by, withdrawn_at) on tax_claim to guildhall_app;
-- What fell due stays on record.
revoke delete on payout_due, payout_schedule, payout_payee from guildhall_app;
-- What was said of an answer stays as it was, and so does what was sent back; a new version of an answer takes its place.
revoke update, delete on opinion, rework, appeal from guildhall_app;
grant update (answered_at, answer, sealed) on rework to guildhall_app;
grant update (hash, submitted_at, active_seconds) on submission to guildhall_app;
grant update (state, answered_by, answered_at, answer, remedy, told_at) on appeal to guildhall_app;
-- What screens found, and what was said of it, stays on record.
revoke update, delete on quality_case, quality_evidence from guildhall_app;
grant update (workers, state, decided_at, decided_by, reasons) on quality_case to guildhall_app;
-- What was kept back and what was withdrawn stays on record; only its end is entered.
revoke update, delete on batch_quarantine, withdrawn_contribution, recollected_task from guildhall_app;
grant update (lifted_by, lifted_at, lift_reasons) on batch_quarantine to guildhall_app;
grant update (ended_at) on withdrawn_contribution to guildhall_app;
-- What workers said of requesters stays as it was.
revoke update, delete on requester_rating from guildhall_app;
-- Who has seen which gold stays on record; only how they did is entered.
revoke update, delete on gold_item, gold_task, gold_exposure from guildhall_app;
grant update (exposures) on gold_item to guildhall_app;
grant update (told_at, is_right) on gold_exposure to guildhall_app;

-- What was sent, and what came back, stays as it was until it is forgotten as a whole.
revoke update on webhook_event, webhook_attempt from guildhall_app;
-- Who signs in by what stays on record.
revoke delete on webhook_endpoint, sign_in_provider from guildhall_app;

-- A second wall, beside what the program allows: whoever is only a worker, or acts for requesters, reads as this role, to
-- which the tables of personal and requesters' data show what is its own. It changes nothing. What it is told, whose
-- behalf it reads on, ends with each transaction; without it there is nothing to see.
grant select on all tables in schema public to guildhall_member;
alter default privileges in schema public grant select on tables to guildhall_member;
revoke select on kept_secret, recovery_code, sign_in_ticket, sign_in_failure, provider_attempt, worker_key, team_key,
    identity_mark, operator_proposal, payout_payee
    from guildhall_member;
-- COPY fills these, which it cannot where there are policies; each reading of them goes on record, in a change.
revoke select on task_content, safety_content from guildhall_member;

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

alter table credential_evidence enable row level security;
create policy credential_evidence_of_program on credential_evidence to guildhall_app using (true) with check (true);
create policy credential_evidence_own on credential_evidence for select to guildhall_member
    using (exists (select from credential
                    where credential.credential_id = credential_evidence.credential_id
                      and credential.worker_id = (select nullif(current_setting('guildhall.me', true), '')::uuid)));

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
