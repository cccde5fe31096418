-- Words for how people sign in, and for what is sent to requesters.

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

create type secret_kind as enum ('totp', 'webhook', 'oidc');
comment on type secret_kind is 'What a wrapped secret is for.';

create type sign_in_method as enum ('password', 'totp', 'recovery_code', 'oidc');
comment on type sign_in_method is 'How a person showed who they are; the strongest step counts.';

create type ticket_kind as enum ('invitation', 'reset');
comment on type ticket_kind is 'What a ticket that was sent to an address is for.';

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
