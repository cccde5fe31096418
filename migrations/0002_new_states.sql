-- New values of types that stood, in a step of their own: a value can be used only once it is committed.

alter type account_kind add value 'platform_top_ups';
alter type transfer_kind add value 'top_up';
alter type slot_state add value 'quarantined';
alter type assignment_state add value 'revoked';
