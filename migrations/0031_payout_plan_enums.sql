-- Words for payout schedules and clawbacks.

alter type decision_kind add value 'clawback';
alter type account_kind add value 'worker_receivables';
alter type entry_kind add value 'recovery';
alter type entry_kind add value 'clawback_release';
alter type transfer_kind add value 'recovery';
alter type transfer_kind add value 'clawback_release';

create type payout_rhythm as enum ('on_demand', 'weekly', 'monthly');
comment on type payout_rhythm is 'How often payouts fall due.';

create type payout_due_state as enum (
    'open',      -- waits for a person
    'prepared',  -- terminal: a person has prepared the batch
    'skipped'    -- terminal: a person has left it, and said why
);
comment on type payout_due_state is 'What became of a payout that fell due.';

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

create type tax_claim_kind as enum (
    'exempt',      -- income that is free of tax
    'special',     -- a special deduction: social insurance, housing fund
    'additional',  -- a special additional deduction: children, education, rent, the old, the ill
    'other',       -- another lawful deduction
    'relief'       -- from the tax itself
);
comment on type tax_claim_kind is 'What workers claim against cumulative taxes.';
