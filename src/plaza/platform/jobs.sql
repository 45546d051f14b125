-- name: enqueue
insert into platform.job (id, lane, kind, unique_key, payload, due_at)
values (:id, :lane, :kind, :unique_key, :payload, coalesce(:due_at::timestamptz, now()))
on conflict do nothing;

-- name: withdraw
delete from platform.job
 where kind = :kind
   and unique_key = :unique_key
   and dead_at is null;

-- name: take
-- In the order they are due, past those another worker is just taking.
update platform.job
   set attempts = attempts + 1,
       due_at = now() + make_interval(secs => :lease)
 where id = any (array(
        select id
          from platform.job
         where lane = :lane
           and kind = any(:kinds::text[])
           and due_at <= now()
           and dead_at is null
         order by due_at, id
         limit :count
           for update skip locked))
returning id, lane, kind, payload, attempts;

-- name: done
-- Also when its time was over and another works on it: done is done.
delete from platform.job
 where id = :id;

-- name: later
update platform.job
   set due_at = now() + make_interval(secs => :seconds),
       error = :error
 where id = :id
   and attempts = :attempts;

-- name: forget_dead
with old as (
    select id
      from platform.job
     where dead_at < :before
     limit :count
       for update skip locked
), gone as (
    delete from platform.job where id in (select id from old) returning 1
)
select count(*) from gone;

-- name: bury
update platform.job
   set dead_at = now(),
       error = :error
 where id = :id
   and attempts = :attempts;
