-- A new value of a type that stood, in a step of its own: a value can be used only once it is committed.

alter type batch_state add value 'archived';
