-- name: arrange
-- What is new is due at once; what nobody knows any more goes.
with gone as (
    delete from platform.periodic where name <> all (:names::text[])
)
insert into platform.periodic (name, every, due_at)
select name, every, now()
  from unnest(:names::text[], :everys::interval[]) as work (name, every)
 order by name
on conflict (name) do update
   set every = excluded.every,
       due_at = least(periodic.due_at, now() + excluded.every)
 where periodic.every <> excluded.every;

-- name: take
update platform.periodic
   set held_until = now() + make_interval(secs => :lease),
       attempt = attempt + 1,
       began_at = now()
 where name = (select name
                 from platform.periodic
                where name = any (:names::text[])
                  and due_at <= now()
                  and (held_until is null or held_until <= now())
                order by due_at, name
                limit 1
                  for update skip locked)
returning name, due_at as slot, attempt;

-- name: finish
-- The next slot is the first that is not over: those missed are one.
update platform.periodic
   set due_at = to_timestamp((floor(extract(epoch from now()) / extract(epoch from every)) + 1)
                             * extract(epoch from every)),
       held_until = null,
       ended_at = now(),
       done = :done,
       error = :error
 where name = :name
   and attempt = :attempt
returning true;

-- name: standing
select name,
       ended_at,
       done,
       error,
       extract(epoch from now() - greatest(due_at, held_until))::float as late
  from platform.periodic
 order by name;
