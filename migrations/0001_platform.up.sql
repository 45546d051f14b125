-- What every context writes beside its own rows, in the same transaction.

create schema if not exists platform;

create table platform.outbox (
    seq          bigint generated always as identity primary key,
    id           uuid not null,         -- the event's own; the broker refuses to take it twice
    topic        text not null,
    key          uuid not null,         -- events of one key are delivered in order
    payload      bytea not null,        -- JSON, as it is sent
    headers      jsonb,                 -- W3C trace context and request id, where there were any
    created_at   timestamptz not null default now(),
    published_at timestamptz
);
create index outbox_waiting on platform.outbox (seq) where published_at is null;

create table platform.idempotency (
    scope        bytea not null,        -- whose key: a caller, or the request itself
    operation    text not null,
    key          text not null,
    request_hash bytea not null,
    decision_id  uuid not null,         -- made before the first try, so that a retry knows its own
    answer       bytea not null,
    created_at   timestamptz not null default now(),
    primary key (scope, operation, key)
);
create index idempotency_age on platform.idempotency (created_at);

create table platform.audit (
    id         uuid primary key,
    at         timestamptz not null,
    actor      text not null,
    act        text not null,
    subject    uuid,
    detail     jsonb not null,
    request_id text not null
);
create index audit_subject on platform.audit (subject, id) where subject is not null;

-- Search by parts of words and without accents. Trusted extensions: the database's owner may
-- create them; a server that does not have them still runs everything else.
do $$
declare
    wanted text;
begin
    foreach wanted in array array['pg_trgm', 'unaccent'] loop
        if exists (select from pg_available_extensions where name = wanted) then
            execute format('create extension if not exists %I', wanted);
        else
            raise notice 'the extension % is not available on this server', wanted;
        end if;
    end loop;
end
$$;
