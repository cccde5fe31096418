-- Gold minted from judged work.

select 1;
