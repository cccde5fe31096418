-- Whether two operators named the address that somebody was invited to. Of letters under way nobody knows it: where it
-- takes two, they are to be sent again.
alter table person_login add column by_two boolean not null default false;
