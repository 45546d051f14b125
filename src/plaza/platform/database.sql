-- name: announce
insert into platform.outbox (id, topic, key, payload)
select id, topic, key, payload
  from unnest(:ids::uuid[], :topics::text[], :keys::uuid[], :payloads::bytea[])
       with ordinality as event (id, topic, key, payload, place)
 order by place;

-- name: audit
insert into platform.audit (id, at, actor, act, subject, detail, request_id)
select id, at, actor, act, subject, detail, request_id
  from jsonb_to_recordset(:acts)
       as act (id uuid, at timestamptz, actor text, act text, subject uuid, detail jsonb,
               request_id text);
