-- name: stand
-- A lock of the session, which gives it back when it ends.
select pg_advisory_lock(:holder);

-- name: hold
-- Under that lock.
insert into platform.holder (id, until)
values (:holder, clock_timestamp() + make_interval(secs => :seconds));

-- name: offer
insert into platform.lease (name)
select name
  from unnest(:names::text[]) as wanted (name)
 order by name
on conflict do nothing;

-- name: beat
update platform.holder
   set until = clock_timestamp() + make_interval(secs => :seconds)
 where id = :holder
returning true;

-- name: replace
-- Whoever's beat has stopped, and whoever's session is gone: its lock is free. One that is just
-- committing under its lease (`vouch`) is left until that is over.
delete from platform.holder
 where id = any (array(
        select id
          from platform.holder
         where id <> :holder
           and (until < clock_timestamp() or pg_try_advisory_xact_lock(id))
         order by id
           for update skip locked));

-- name: take
update platform.lease
   set holder = :holder,
       epoch = epoch + 1
 where name = any (array(
        select name
          from platform.lease
         where name = any(:names::text[])
           and holder is null
         order by name
           for update skip locked))
returning name, epoch;

-- name: give_back
-- An epoch that was seen and is not of this database, which is new or was put back: the next is
-- higher than both.
update platform.lease
   set holder = null,
       epoch = greatest(epoch, :seen)
 where name = :name
   and holder = :holder;

-- name: leave
delete from platform.holder
 where id = :holder;

-- name: vouch
-- Until this transaction ends nobody replaces the holder; a beat is not in its way.
select true
  from platform.holder
 where id = :holder
   for key share;

-- name: led
select lease.name
  from platform.lease
  join platform.holder on holder.id = lease.holder
 where holder.until > clock_timestamp()
 order by lease.name;
