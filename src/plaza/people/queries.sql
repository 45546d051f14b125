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

-- name: follow
-- Both profiles are locked.
with made as (
    insert into people.follow (follower_id, followed_id, created_at)
    values (:follower_id, :followed_id, :created_at)
    on conflict do nothing
    returning follower_id, followed_id
)
update people.profile
   set following_count = following_count + (id = made.follower_id)::integer,
       follower_count = follower_count + (id = made.followed_id)::integer
  from made
 where id in (made.follower_id, made.followed_id)
returning id;

-- name: unfollow
-- Both profiles are locked.
with ended as (
    delete from people.follow
     where follower_id = :follower_id
       and followed_id = :followed_id
    returning follower_id, followed_id
)
update people.profile
   set following_count = following_count - (id = ended.follower_id)::integer,
       follower_count = follower_count - (id = ended.followed_id)::integer
  from ended
 where id in (ended.follower_id, ended.followed_id)
returning id;

-- name: follower_ids
select follower_id
  from people.follow
 where followed_id = :user_id
   and (:before::uuid is null or follower_id < :before)
 order by follower_id desc
 limit :count;

-- name: following_ids
select followed_id
  from people.follow
 where follower_id = :user_id
   and (:before::uuid is null or followed_id < :before)
 order by followed_id desc
 limit :count;

-- name: followed_by
select follower_id, array_agg(followed_id) as followed_ids
  from people.follow
 where follower_id = any(:user_ids::uuid[])
 group by follower_id;

-- name: follows_of
select followed_id, follower_id
  from people.follow
 where followed_id = any(:user_ids::uuid[])
   and (followed_id, follower_id) > (:past_followed_id::uuid, :past_follower_id::uuid)
 order by followed_id, follower_id
 limit :count;

-- name: between
select viewer_id, user_id,
       exists (select
                 from people.follow
                where follower_id = viewer_id
                  and followed_id = user_id) as follows,
       exists (select
                 from people.follow
                where follower_id = user_id
                  and followed_id = viewer_id) as followed_by
  from unnest(:viewer_ids::uuid[], :user_ids::uuid[]) as pair (viewer_id, user_id);
