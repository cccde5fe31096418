-- An auditor is nothing else beside. Whoever was made an agency's manager as well is that no more; the audit log has
-- both.
delete from role_grant
 where role <> 'auditor'
   and exists (select from role_grant as other
                where other.principal_id = role_grant.principal_id and other.role = 'auditor'
                  and other.in_force && role_grant.in_force);
alter table role_grant add constraint role_grant_auditor_alone exclude using gist (
    principal_id with =, ((role = 'auditor')::integer) with <>, in_force with &&
);
