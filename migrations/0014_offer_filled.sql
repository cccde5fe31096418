-- New values of types that stood, in a step of their own: a value can be used only once it is committed.

alter type offer_state add value 'filled';
