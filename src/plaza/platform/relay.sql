-- name: waiting
-- Never from a high-water mark: commits do not come in the order of their numbers.
select seq, id, topic, payload
  from platform.outbox
 where published_at is null
 order by seq
 limit :count;

-- name: published
update platform.outbox
   set published_at = now()
 where seq = any(:seqs::bigint[]);
