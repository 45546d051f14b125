-- name: enqueue
insert into platform.job (id, lane, kind, unique_key, payload, due_at)
values (:id, :lane, :kind, :unique_key, :payload, coalesce(:due_at::timestamptz, now()))
on conflict (kind, unique_key) where unique_key is not null and dead_at is null
do update set due_at = case when job.held then job.due_at
                            else least(job.due_at, excluded.due_at)
                       end,
              again = case when job.held
                           then least(coalesce(job.again, excluded.due_at), excluded.due_at)
                      end;

-- name: withdraw
delete from platform.job
 where kind = :kind
   and unique_key = :unique_key
   and dead_at is null;

-- name: take
-- In the order they are due, past those another worker is just taking.
update platform.job
   set attempts = attempts + 1,
       held = true,
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

-- name: hold
update platform.job
   set due_at = now() + make_interval(secs => :lease)
 where id = :id
   and attempts = :attempts
   and held
returning true;

-- name: done
-- Gone, unless it was wanted again while it was worked on.
with mine as (
    select id, again
      from platform.job
     where id = :id
       and attempts = :attempts
       and held
       for update
), once_more as (
    update platform.job
       set due_at = mine.again, again = null, held = false, attempts = 0, error = null
      from mine
     where job.id = mine.id
       and mine.again is not null
)
delete from platform.job
 using mine
 where job.id = mine.id
   and mine.again is null;

-- name: later
update platform.job
   set due_at = now() + make_interval(secs => :seconds),
       again = null,
       held = false,
       error = :error
 where id = :id
   and attempts = :attempts
   and held;

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
-- One that was wanted again while it failed for the last time has all its tries anew.
update platform.job
   set dead_at = case when again is null then now() end,
       due_at = coalesce(again, due_at),
       attempts = case when again is null then attempts else 0 end,
       again = null,
       held = false,
       error = :error
 where id = :id
   and attempts = :attempts
   and held;

-- name: standing
-- How the lanes stand; `late` is how many seconds ago the first that nobody works on was due.
select lane,
       count(*) filter (where dead_at is null and not held) as waiting,
       count(*) filter (where dead_at is null and held) as held,
       count(*) filter (where dead_at is not null) as dead,
       coalesce(extract(epoch from now() - min(due_at) filter (where dead_at is null
                                                                 and due_at < now())), 0)::float
           as late
  from platform.job
 group by lane
 order by lane;
