-- Words for posteriors and skill estimates that follow each answer.

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

create type skill_basis as enum (
    'appeal',     -- an appeal overturned what was judged
    'gold',       -- against the known answer
    'judged',     -- by people
    'posterior'   -- by what the others have answered
);
comment on type skill_basis is 'How it is known whether an answer was right; the first of them counts.';
