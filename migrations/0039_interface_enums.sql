-- Words for the API.

select 1;
