-- name: waiting
-- Never from a high-water mark: commits do not come in the order of their numbers.
select seq, id, topic, payload, created_at
  from platform.outbox
 where published_at is null
 order by seq
 limit :count;

-- name: published
-- Of their days only.
update platform.outbox
   set published_at = now()
 where seq = any(:seqs::bigint[])
   and created_at between :first and :last;

-- name: found
-- In the stream already: their publisher died before it could say so.
update platform.outbox
   set published_at = now()
  from unnest(:seqs::bigint[], :ids::uuid[]) as found (seq, id)
 where outbox.seq = found.seq
   and outbox.id = found.id
   and published_at is null;

-- name: span
select coalesce(min(seq), 0) as first, coalesce(max(seq), -1) as last
  from platform.outbox;

-- name: again
update platform.outbox
   set published_at = null
 where seq between :first and :last
   and published_at is not null;

-- name: asked
select true
  from platform.rebuild
 where stream = :stream;

-- name: rebuilt
delete from platform.rebuild
 where stream = :stream;

-- name: backlog
select count(*) as waiting,
       coalesce(extract(epoch from now() - min(created_at)), 0)::float as late
  from platform.outbox
 where published_at is null;

-- name: ask
insert into platform.rebuild (stream)
values (:stream)
on conflict do nothing;

-- name: kept
select count(*)
  from platform.outbox;
