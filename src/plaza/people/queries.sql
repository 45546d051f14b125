-- Every statement of this context. No other context touches schema "people".

-- name: find
select id, username, display_name, bio, website, location,
       follower_count, following_count, version, created_at
  from people.profile
 where id = any(:user_ids::uuid[])
   and state = 'active';

-- name: learn
-- In any order and as often as it is told: pending becomes active or gone, and gone is the end.
insert into people.profile (id, username, state, created_at)
select id, username, state, created_at
  from unnest(:ids::uuid[], :usernames::text[], :states::text[], :created_ats::timestamptz[])
       as heard (id, username, state, created_at)
 order by id
on conflict (id) do update
   set state = case when profile.state = 'pending' or excluded.state = 'gone' then excluded.state
                    else profile.state end,
       created_at = least(profile.created_at, excluded.created_at);

-- name: lock
select id, username, display_name, bio, website, location,
       follower_count, following_count, version, created_at
  from people.profile
 where id = any(:user_ids::uuid[])
   and state = 'active'
 order by id
   for no key update;

-- name: update
update people.profile
   set display_name = :display_name,
       bio = :bio,
       website = :website,
       location = :location,
       version = version + 1
 where id = :user_id
returning id, username, display_name, bio, website, location,
          follower_count, following_count, version, created_at;
