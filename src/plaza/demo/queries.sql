-- What the platform remembers of demo data.

-- name: wait_in_line
-- Until the transaction ends: two with one recipe would make it twice.
select pg_advisory_xact_lock(hashtextextended('demo.seed', 0));

-- name: seeded
select seeded.seed, seeded.users, seeded.posts_per_user, seeded.until, seeded.guide,
       seeded.follows, seeded.comments
  from platform.audit
 cross join jsonb_to_record(detail)
       as seeded (seed bigint, users bigint, posts_per_user bigint, until timestamptz, guide text,
                  follows bigint, comments bigint)
 where act = 'demo.seed'
   and seeded.seed = :seed
   and seeded.users = :users
   and seeded.posts_per_user = :posts_per_user;
