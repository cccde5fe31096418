-- New states of slots and assignments, in a step of their own: a value can be used only once it is committed.

alter type slot_state add value 'quarantined';
alter type assignment_state add value 'revoked';
