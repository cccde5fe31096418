-- Words for gold, signals and the worker's record.

alter type decision_kind add value 'contribution_withdrawn';
