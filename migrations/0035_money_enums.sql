-- Words for money.

select 1;
