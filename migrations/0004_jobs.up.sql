-- Work for later, one row each: it is gone when done, due again when it failed.

create table platform.job (
    id         uuid primary key,
    lane       text not null,           -- lanes do not wait for each other
    kind       text not null,           -- <context>.<what is to be done>
    unique_key text,                    -- of one kind and key there is one live job at most
    payload    jsonb not null,
    due_at     timestamptz not null,    -- while it is worked on: when to give the worker up
    attempts   integer not null default 0,
    created_at timestamptz not null default now(),
    error      text,                    -- why the last attempt failed
    dead_at    timestamptz              -- no attempt was left; kept to be looked at
);
create index job_due on platform.job (lane, due_at) where dead_at is null;
create unique index job_unique on platform.job (kind, unique_key)
    where unique_key is not null and dead_at is null;
