-- Kinds of money moved by appeals, which the next step uses: a value cannot be used in the step that adds it.

alter type account_kind add value 'platform_remedies';
alter type entry_kind add value 'remedy';
alter type transfer_kind add value 'remedy';
