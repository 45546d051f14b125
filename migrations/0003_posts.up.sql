create schema posts;

create table posts.post (
    id         uuid primary key,
    author_id  uuid not null,  -- accounts.account; no foreign key crosses a context
    title      text check (length(title) between 1 and 200),
    content    text not null check (length(content) between 1 and 2000),
    tags       text[] not null check (cardinality(tags) <= 10),
    visibility text not null check (visibility in ('public', 'followers', 'close_friends', 'private')),
    version    integer not null default 1,
    created_at timestamptz not null,
    edited_at  timestamptz,
    deleted_at timestamptz
);

-- A person's posts, newest first: ids sort by time.
create index post_by_author on posts.post (author_id, id desc) where deleted_at is null;

-- What a post said before each of its edits.
create table posts.edition (
    post_id    uuid not null references posts.post on delete cascade,
    version    integer not null,
    title      text,
    content    text not null,
    tags       text[] not null,
    visibility text not null,
    written_at timestamptz not null,
    primary key (post_id, version)
);
