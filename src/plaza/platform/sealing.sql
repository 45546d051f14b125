-- name: head
select seq, hash
  from platform.audit_head;

-- name: unsealed
select id, at, actor, act, subject, detail::text as detail, request_id
  from platform.audit
 where seq is null
 order by id
 limit :count;

-- name: move
-- Nothing for whoever did not know the end: another process has sealed meanwhile.
update platform.audit_head
   set seq = :seq,
       hash = :hash,
       sealed_at = now()
 where seq = :known_seq
   and hash = :known_hash
returning true;

-- name: seal
with sealed as (
    update platform.audit
       set seq = link.seq,
           hash = link.hash
      from unnest(:ids::uuid[], :seqs::bigint[], :hashes::bytea[]) as link (id, seq, hash)
     where audit.id = link.id
    returning 1
)
select count(*) from sealed;

-- name: sealed_after
select id, at, actor, act, subject, detail::text as detail, request_id, seq, hash
  from platform.audit
 where seq > :seq
 order by seq
 limit :count;

-- name: waiting
-- How many are not sealed yet, and how many seconds ago the first of them was written.
select count(*), coalesce(extract(epoch from now() - min(at)), 0)::float as late
  from platform.audit
 where seq is null;
