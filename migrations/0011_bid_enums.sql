-- New values of types that stood, in a step of their own: a value can be used only once it is committed.

alter type batch_door add value 'bid';
alter type allotment_kind add value 'award';
