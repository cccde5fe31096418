-- Words for gold that is minted from judged work.

select 1;
