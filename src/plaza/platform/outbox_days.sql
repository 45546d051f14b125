-- name: make
select platform.make_outbox_day(:day);

-- name: pieces
select to_date(right(piece.relname, 8), 'YYYYMMDD') as day
  from pg_inherits
  join pg_class as piece on piece.oid = inhrelid
 where inhparent = 'platform.outbox'::regclass
   and piece.relname <> 'outbox_default'
 order by day;

-- name: drop
select platform.drop_outbox_day(:day);

-- name: forget
-- Of days that had no piece of their own.
with old as (
    select seq, created_at
      from platform.outbox_default
     where created_at < :before
       and published_at is not null
     limit :count
), gone as (
    delete from platform.outbox_default using old
     where outbox_default.seq = old.seq
       and outbox_default.created_at = old.created_at
    returning 1
)
select count(*) from gone;
