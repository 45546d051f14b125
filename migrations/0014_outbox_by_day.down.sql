alter table platform.outbox rename to outbox_by_day;
create table platform.outbox (
    seq          bigint generated always as identity primary key,
    id           uuid not null,
    topic        text not null,
    key          uuid not null,
    payload      bytea not null,
    headers      jsonb,
    created_at   timestamptz not null default now(),
    published_at timestamptz
);
create index outbox_waiting on platform.outbox (seq) where published_at is null;
insert into platform.outbox (seq, id, topic, key, payload, headers, created_at, published_at)
overriding system value
select seq, id, topic, key, payload, headers, created_at, published_at
  from platform.outbox_by_day
 order by seq;
select setval(pg_get_serial_sequence('platform.outbox', 'seq'), coalesce(max(seq), 0) + 1, false)
  from platform.outbox;
drop table platform.outbox_by_day;
drop sequence platform.outbox_seq;
drop function platform.make_outbox_day(date);
drop function platform.drop_outbox_day(date);
