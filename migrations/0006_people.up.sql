create schema people;

create table people.profile (
    id              uuid primary key,   -- accounts.account; no foreign key crosses a context
    username        text not null,      -- as accounts announced it
    state           text not null check (state in ('pending', 'active', 'gone')),
    display_name    text check (length(display_name) between 1 and 50),
    bio             text check (length(bio) between 1 and 500),
    website         text check (length(website) between 1 and 200),
    location        text check (length(location) between 1 and 100),
    follower_count  integer not null default 0 check (follower_count >= 0),
    following_count integer not null default 0 check (following_count >= 0),
    version         integer not null default 1,
    created_at      timestamptz not null
);
