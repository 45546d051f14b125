create schema accounts;

create table accounts.account (
    id              uuid primary key,
    username        text not null check (username ~ '^[a-z0-9_.]{3,30}$'),
    skeleton        text not null,     -- how the username looks: 0=o, 1=l=i, without . and _
    email           text not null check (length(email) between 3 and 254),
    mailbox         text not null,     -- the address without regard to case
    password_hash   text not null,     -- argon2id, in its own notation
    role            text not null check (role in ('user', 'moderator', 'admin')),
    state           text not null check (state in ('pending', 'active', 'banned', 'deleted')),
    version         integer not null default 1,
    created_at      timestamptz not null,
    role_changed_at timestamptz        -- tokens made before it name another role
);
create unique index account_skeleton on accounts.account (skeleton);
create unique index account_mailbox on accounts.account (mailbox);
create index account_username on accounts.account (username);
create index account_role_changed on accounts.account (role_changed_at)
    where role_changed_at is not null;

-- Tokens that make a pending account active. They are derived from the id and a key that is not in
-- the database; what is here tells a good one and cannot make one.
create table accounts.activation (
    id         uuid primary key,
    account_id uuid not null references accounts.account on delete cascade,
    token_hash bytea not null,
    created_at timestamptz not null,
    expires_at timestamptz not null,
    mailed_at  timestamptz,
    used_at    timestamptz
);
create unique index activation_token on accounts.activation (token_hash);
create index activation_account on accounts.activation (account_id);

create table accounts.session (
    id           uuid primary key,
    account_id   uuid not null references accounts.account on delete cascade,
    device       text,
    address      text,
    proved_at    timestamptz not null,  -- when the password was given
    created_at   timestamptz not null,
    last_seen_at timestamptz not null,  -- at its login and each refresh
    revoked_at   timestamptz,
    reason       text
);
create index session_account on accounts.session (account_id) where revoked_at is null;
create index session_revoked on accounts.session (revoked_at) where revoked_at is not null;

-- The refresh tokens of a session, one after the other: all but the last are replaced.
create table accounts.refresh (
    token_hash  bytea primary key,
    session_id  uuid not null references accounts.session on delete cascade,
    created_at  timestamptz not null,
    expires_at  timestamptz not null,
    replaced_at timestamptz
);
create unique index refresh_current on accounts.refresh (session_id) where replaced_at is null;
