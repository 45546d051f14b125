-- Who does what one process does for all. A lease ends with its holder's row: every lease of a
-- process at the same moment.
create table platform.holder (
    id    bigint primary key,   -- also the number of a session lock that the process holds
    until timestamptz not null  -- without another beat by then it may be replaced
);
create table platform.lease (
    name   text primary key,
    epoch  bigint not null default 0,  -- one more each time it is taken
    holder bigint references platform.holder on delete set null
);
create index lease_holder on platform.lease (holder);
