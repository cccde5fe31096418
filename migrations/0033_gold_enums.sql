-- A word for answers that do not depend on what is true.

alter type signal_kind add value 'guessing';
