-- What comes round: once per slot for all processes, and how the last time went.

create table platform.periodic (
    name       text primary key,
    every      interval not null,
    due_at     timestamptz not null,       -- the slot that is next, or is worked on
    held_until timestamptz,                -- somebody works on it; after this, another may
    attempt    bigint not null default 0,  -- who holds it must know it to say how it went
    began_at   timestamptz,
    ended_at   timestamptz,
    done       integer,                    -- how much there was to do the last time
    error      text                        -- why the last time failed
);

-- What is swept away is found without reading what stays.
create index account_pending on accounts.account (id) where state = 'pending';
create index activation_expiry on accounts.activation (expires_at);
create index refresh_expiry on accounts.refresh (expires_at);
