-- name: write
-- Many decisions in one statement, each with its own outcome. Keys are claimed first: what was
-- answered before, or is being decided elsewhere, does not become fresh. A context's statement
-- takes the place of `select id from fresh` and writes what is fresh; only what it wrote is
-- announced and audited.
with asked as materialized (
    select scope, operation, key, request_hash, id, answer, pg_try_advisory_xact_lock(lock) as free
      from unnest(:scopes::bytea[], :operations::text[], :keys::text[], :request_hashes::bytea[],
                  :claimed::uuid[], :answers::bytea[], :locks::bigint[])
           as claim (scope, operation, key, request_hash, id, answer, lock)
), taken as (
    insert into platform.idempotency (scope, operation, key, request_hash, decision_id, answer)
    select scope, operation, key, request_hash, id, answer
      from asked
     where free
     order by scope, operation, key
    on conflict do nothing
    returning decision_id
), fresh (id) as (
    select decision_id from taken
    union all
    select unnest(:unclaimed::uuid[])
), written (id) as (
    select id from fresh
), announced as (
    insert into platform.outbox (id, topic, key, payload)
    select event.id, topic, key, payload
      from unnest(:event_rows::uuid[], :event_ids::uuid[], :event_topics::text[],
                  :event_keys::uuid[], :event_payloads::bytea[])
           with ordinality as event (row_id, id, topic, key, payload, place)
      join written on written.id = event.row_id
     order by place
), audited as (
    insert into platform.audit (id, at, actor, act, subject, detail, request_id)
    select act.id, at, actor, act, subject, detail, request_id
      from jsonb_array_elements(:acts::jsonb) as pair
     cross join jsonb_to_record(pair -> 1)
           as act (id uuid, at timestamptz, actor text, act text, subject uuid, detail jsonb,
                   request_id text)
      join written on written.id = (pair ->> 0)::uuid
)
select fresh.id, case when written.id is null then 'already' else 'written' end as outcome
  from fresh left join written using (id)
union all
select id, 'held' from asked where not free;
