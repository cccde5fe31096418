-- What finance has chosen for a worker's taxes stands, whatever tax profile the worker enters after.
alter table tax_choice add column by_finance boolean not null default false;
update tax_choice set by_finance = true
 where exists (select from role_grant
                where role_grant.principal_id = tax_choice.chosen_by and role_grant.role = 'finance_maker'
                  and role_grant.in_force @> lower(tax_choice.in_force));
