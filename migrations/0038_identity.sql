-- How people sign in.

select 1;
