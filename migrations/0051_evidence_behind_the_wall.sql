-- What a document behind a credential is called may say who handed it in, and its worker may now ask for it: it stands
-- behind the second wall, too.
alter table credential_evidence enable row level security;
create policy credential_evidence_of_program on credential_evidence to guildhall_app using (true) with check (true);
create policy credential_evidence_own on credential_evidence for select to guildhall_member
    using (exists (select from credential
                    where credential.credential_id = credential_evidence.credential_id
                      and credential.worker_id = (select nullif(current_setting('guildhall.me', true), '')::uuid)));
