alter table posts.post
  add column comment_count integer not null default 0 check (comment_count >= 0);

create table posts.comment (
    id         uuid primary key,
    post_id    uuid not null references posts.post on delete cascade,
    author_id  uuid not null,  -- accounts.account; no foreign key crosses a context
    content    text not null check (length(content) between 1 and 1000),
    version    integer not null default 1,
    created_at timestamptz not null,
    edited_at  timestamptz,
    deleted_at timestamptz
);

-- A post's comments, newest first: ids sort by time.
create index comment_by_post on posts.comment (post_id, id desc) where deleted_at is null;
