-- Every statement of this context. No other context touches schema "posts".

-- name: insert_many (writer)
insert into posts.post (id, author_id, title, content, tags, visibility, created_at)
select id, author_id, title, content,
       array(select jsonb_array_elements_text(tags::jsonb)), visibility, created_at
  from unnest(:id::uuid[], :author_id::uuid[], :title::text[], :content::text[], :tags::text[],
              :visibility::text[], :created_at::timestamptz[])
       as new (id, author_id, title, content, tags, visibility, created_at)
  join fresh using (id)
 order by id
returning id;

-- name: find
select id, author_id, title, content, tags, visibility, comment_count,
       version, created_at, edited_at
  from posts.post
 where id = any(:post_ids::uuid[])
   and deleted_at is null;

-- name: ids_by_author
-- Only of those the viewer may see: the end of a page would tell the id of a hidden one.
select id
  from posts.post
 where author_id = :author_id
   and visibility = any(:visibilities::text[])
   and deleted_at is null
   and (:before::uuid is null or id < :before)
 order by id desc
 limit :count;

-- name: newest_ids
-- The newest so many are by the so many who wrote last, and not older than the last thing each of
-- them wrote: so little is looked at, however many are followed.
with latest as (
    select author.id as author_id, post.id
      from unnest(:author_ids::uuid[]) as author (id)
     cross join lateral (
           select id
             from posts.post
            where author_id = author.id
              and (visibility = any(:visibilities::text[]) or author_id = :viewer_id)
              and deleted_at is null
              and id < :before
            order by id desc
            limit 1) as post
     order by post.id desc
     limit :count
)
select post.id
  from latest
 cross join lateral (
       select id
         from posts.post
        where author_id = latest.author_id
          and (visibility = any(:visibilities::text[]) or author_id = :viewer_id)
          and deleted_at is null
          and id <= latest.id
          and id >= coalesce((select last.id from latest as last order by last.id desc
                               offset :count - 1),
                             '00000000-0000-0000-0000-000000000000')
        order by id desc
        limit :count) as post
 order by post.id desc
 limit :count;

-- name: wanted_ids_newest
select post.id
  from unnest(:author_ids::uuid[]) as author (id)
 cross join lateral (
       select id
         from posts.post
        where author_id = author.id
          and (visibility = any(:visibilities::text[]) or author_id = :viewer_id)
          and deleted_at is null
          and id > :after
          and id < :before
          and tags @> :tags::text[]
          and (:search::text is null
               or position(lower(:search) in lower(content)) > 0
               or position(lower(:search) in lower(title)) > 0)
          and (:since::timestamptz is null or created_at >= :since)
          and (:until::timestamptz is null or created_at <= :until)
        order by id desc
        limit :count) as post
 order by post.id desc
 limit :count;

-- name: wanted_ids_oldest
select post.id
  from unnest(:author_ids::uuid[]) as author (id)
 cross join lateral (
       select id
         from posts.post
        where author_id = author.id
          and (visibility = any(:visibilities::text[]) or author_id = :viewer_id)
          and deleted_at is null
          and id > :after
          and id < :before
          and tags @> :tags::text[]
          and (:search::text is null
               or position(lower(:search) in lower(content)) > 0
               or position(lower(:search) in lower(title)) > 0)
          and (:since::timestamptz is null or created_at >= :since)
          and (:until::timestamptz is null or created_at <= :until)
        order by id
        limit :count) as post
 order by post.id
 limit :count;

-- name: lock
select id, author_id, title, content, tags, visibility, comment_count,
       version, created_at, edited_at
  from posts.post
 where id = :post_id
   and deleted_at is null
   for update;

-- name: keep_edition
insert into posts.edition (post_id, version, title, content, tags, visibility, written_at)
select id, version, title, content, tags, visibility, coalesce(edited_at, created_at)
  from posts.post
 where id = :post_id;

-- name: update
update posts.post
   set title = :title,
       content = :content,
       tags = :tags,
       visibility = :visibility,
       version = version + 1,
       edited_at = :edited_at
 where id = :post_id
returning id, author_id, title, content, tags, visibility, comment_count,
       version, created_at, edited_at;

-- name: delete
update posts.post
   set deleted_at = :deleted_at
 where id = :post_id;

-- name: insert_comment
-- The post is locked.
with counted as (
    update posts.post
       set comment_count = comment_count + 1
     where id = :post_id
)
insert into posts.comment (id, post_id, author_id, content, created_at)
values (:id, :post_id, :author_id, :content, :created_at);

-- name: comments
select id, post_id, author_id, content, version, created_at, edited_at
  from posts.comment
 where post_id = :post_id
   and deleted_at is null
   and (:before::uuid is null or id < :before)
 order by id desc
 limit :count;

-- name: lock_comment
select id, post_id, author_id, content, version, created_at, edited_at
  from posts.comment
 where id = :comment_id
   and post_id = :post_id
   and deleted_at is null
   for update;

-- name: update_comment
update posts.comment
   set content = :content,
       version = version + 1,
       edited_at = :edited_at
 where id = :comment_id
returning id, post_id, author_id, content, version, created_at, edited_at;

-- name: delete_comment
-- The post and the comment are locked.
with taken as (
    update posts.comment
       set deleted_at = :deleted_at
     where id = :comment_id
    returning post_id
)
update posts.post
   set comment_count = comment_count - 1
  from taken
 where id = taken.post_id;
