-- name: reach
-- The lock tells who is at work on this key anywhere; it goes with the transaction. An answer kept
-- between the look and the lock is not seen here: `keep` then keeps nothing, and one looks again.
select pg_try_advisory_xact_lock(:lock) as free, kept.decision_id, kept.request_hash, kept.answer
  from (select) as one
  left join platform.idempotency as kept
         on kept.scope = :scope and kept.operation = :operation and kept.key = :key;

-- name: keep
insert into platform.idempotency (scope, operation, key, request_hash, decision_id, answer)
values (:scope, :operation, :key, :request_hash, :decision_id, :answer)
on conflict do nothing
returning true;

-- name: among
select scope, operation, key, decision_id, request_hash, answer
  from unnest(:scopes::bytea[], :operations::text[], :keys::text[]) as asked (scope, operation, key)
  join platform.idempotency using (scope, operation, key);

-- name: take_back
delete from platform.idempotency
 where scope = :scope
   and operation = :operation
   and key = :key;

-- name: forget
-- A few at a time, in the order of the index, and none that another process is just forgetting.
with old as (
    select ctid
      from platform.idempotency
     where created_at < :before
     order by created_at
     limit :count
       for update skip locked
), gone as (
    delete from platform.idempotency where ctid in (select ctid from old) returning 1
)
select count(*) from gone;
