-- The API.

select 1;
