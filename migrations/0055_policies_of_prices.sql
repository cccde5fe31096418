-- By which setting of the weights a night's prices were found: those of another one do not count.
alter table price_solve
    add column policy_version integer not null default 0,
    add constraint price_solve_policy_version_possible check (policy_version >= 0);

-- Work past its bound goes before all other by a share of a cell's hours.
alter table routing_cell add column late_until timestamptz;
