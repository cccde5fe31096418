-- Money.

select 1;
