-- What a right answer to one of a batch's tasks is worth to its requester: routing goes by it.
alter table batch
    add column answer_value_minor bigint,
    add constraint batch_answer_value_possible check (answer_value_minor between 1 and 1000000000000);

-- The forced lane takes a small share of a day's hours: what it took lately is counted.
create index escalation_step_forced on escalation_step (taken_at) where kind = 'forced';
