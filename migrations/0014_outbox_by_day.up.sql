-- The outbox in pieces of a day each, so that a week later a piece goes at once. What came before
-- this is kept in the piece for days without one of their own.
alter table platform.outbox rename to outbox_before;
alter table platform.outbox_before alter column seq drop identity;
create sequence platform.outbox_seq;
select setval('platform.outbox_seq', coalesce(max(seq), 0) + 1, false) from platform.outbox_before;

create table platform.outbox (
    seq          bigint not null default nextval('platform.outbox_seq'),
    id           uuid not null,         -- the event's own; the broker refuses to take it twice
    topic        text not null,
    key          uuid not null,         -- events of one key are delivered in order
    payload      bytea not null,        -- JSON, as it is sent
    headers      jsonb,                 -- W3C trace context and request id, where there were any
    created_at   timestamptz not null default now(),
    published_at timestamptz,
    constraint outbox_by_day_pkey primary key (seq, created_at)
) partition by range (created_at);
create index outbox_unpublished on platform.outbox (seq) where published_at is null;

create table platform.outbox_default partition of platform.outbox default;

-- What is waiting is a few rows at the near end of an index that churns: it is cleaned often.
create function platform.make_outbox_day(day date) returns boolean language plpgsql
set lock_timeout = '250ms' as $$
declare
    piece text := format('outbox_%s', to_char(day, 'YYYYMMDD'));
begin
    if to_regclass('platform.' || piece) is not null then
        return false;
    end if;
    -- Attached, not made in place: writers go on meanwhile (PostgreSQL, ALTER TABLE).
    execute format('create table platform.%I (like platform.outbox including all) with ('
        || 'autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 20000, '
        || 'vacuum_index_cleanup = on)', piece);
    execute format('alter table platform.outbox attach partition platform.%I '
        || 'for values from (%L) to (%L)', piece,
        day::timestamp at time zone 'UTC', (day + 1)::timestamp at time zone 'UTC');
    return true;
exception when check_violation then
    return false;  -- the default piece has rows of that day, and gets the rest of it, too
end
$$;

-- With a row that is not published it stays.
create function platform.drop_outbox_day(day date) returns boolean language plpgsql
set lock_timeout = '250ms' as $$
declare
    piece text := format('outbox_%s', to_char(day, 'YYYYMMDD'));
    waiting boolean;
begin
    execute format('lock table only platform.outbox, platform.%I in access exclusive mode', piece);
    execute format('select exists (select from platform.%I where published_at is null)', piece)
       into waiting;
    if not waiting then
        execute format('drop table platform.%I', piece);
    end if;
    return not waiting;
end
$$;

insert into platform.outbox (seq, id, topic, key, payload, headers, created_at, published_at)
select seq, id, topic, key, payload, headers, created_at, published_at
  from platform.outbox_before
 order by seq;
drop table platform.outbox_before;

select platform.make_outbox_day(greatest(
           (select max(created_at at time zone 'UTC')::date from platform.outbox_default) + 1,
           (now() at time zone 'UTC')::date) + ahead)
  from generate_series(0, 7) as ahead;
