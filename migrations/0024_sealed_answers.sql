-- Answers, known answers and suggestions under the key of their requester. What stands is clear until
-- `guildhall content seal` has been there.

alter table submission
    alter column answer drop not null,
    add column sealed bytea,
    add constraint submission_in_one_form check (num_nonnulls(answer, sealed) = 1),
    add constraint submission_is_sealed check (octet_length(sealed) between 29 and 2097152);
create index submission_unsealed on submission (requester_id, assignment_id) where answer is not null;

alter table reference_answer
    alter column answer drop not null,
    add column sealed bytea,
    add constraint reference_answer_in_one_form check (num_nonnulls(answer, sealed) = 1),
    add constraint reference_answer_is_sealed check (octet_length(sealed) between 29 and 2097152);
create index reference_answer_unsealed on reference_answer (requester_id, task_id, source) where answer is not null;

alter table task_suggestion
    alter column suggestion drop not null,
    add column sealed bytea,
    add constraint task_suggestion_in_one_form check (num_nonnulls(suggestion, sealed) = 1),
    add constraint task_suggestion_is_sealed check (octet_length(sealed) between 29 and 2097152);
create index task_suggestion_unsealed on task_suggestion (requester_id, task_id) where suggestion <> 'null';

grant update (sealed) on task_suggestion to guildhall_app;
grant update (answer, sealed) on submission to guildhall_app;
