-- Words for how people sign in, and for what is sent to them.

select 1;
