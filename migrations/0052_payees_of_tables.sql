-- A table that was issued says the same each time it is written: what its payees were called then is kept.
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

insert into payout_payee
select payout_line_id, left(coalesce(team.external_key, worker.external_key), 200),
       coalesce(team.name, worker_person.name, '')
  from payout_line
  join payout_batch using (payout_batch_id)
  left join worker using (worker_id)
  left join worker_person using (worker_id)
  left join team on team.team_id = payout_line.payee_team_id
 where payout_batch.state = 'issued' and payout_batch.format is null;

grant select, insert, update on payout_payee to guildhall_app;
revoke select on payout_payee from guildhall_member;
