-- name: bury
insert into platform.dead_letter (reaction, event_id, topic, payload, error)
values (:reaction, :event_id, :topic, :payload, :error)
on conflict (reaction, event_id) do update
   set error = excluded.error,
       died_at = now(),
       asked_at = null;

-- name: counts
select reaction, count(*) as letters
  from platform.dead_letter
 group by reaction
 order by reaction;

-- name: page
-- The latest first; after one that was shown before.
select reaction, event_id, topic, error, died_at, asked_at
  from platform.dead_letter
 where (:reaction::text is null or reaction = :reaction)
   and (:after::uuid is null
        or (died_at, reaction, event_id)
           < (select died_at, reaction, event_id
                from platform.dead_letter
               where reaction = :after_reaction
                 and event_id = :after))
 order by died_at desc, reaction desc, event_id desc
 limit :count;

-- name: find
select reaction, event_id, topic, payload, error, died_at, asked_at
  from platform.dead_letter
 where event_id = :event_id
 order by reaction;

-- name: ask
-- Whoever runs the reaction tries them again, within a second or so.
update platform.dead_letter
   set asked_at = now()
 where (:reaction::text is null or reaction = :reaction)
   and (:event_id::uuid is null or event_id = :event_id)
returning reaction, event_id;

-- name: left
select count(*) filter (where asked_at is not null) as waiting, count(*) as dead
  from unnest(:reactions::text[], :event_ids::uuid[]) as tried (reaction, event_id)
  join platform.dead_letter using (reaction, event_id);

-- name: asked
-- In the order they were announced in, as far as their ids tell.
select event_id, topic, payload
  from platform.dead_letter
 where reaction = :reaction
   and asked_at is not null
 order by event_id
 limit :count;

-- name: raised
delete from platform.dead_letter
 where reaction = :reaction
   and event_id = :event_id;
