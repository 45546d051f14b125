create table people.follow (
    follower_id uuid not null references people.profile on delete cascade,
    followed_id uuid not null references people.profile on delete cascade,
    created_at  timestamptz not null,
    primary key (follower_id, followed_id)
);
create index follow_followed on people.follow (followed_id, follower_id);
