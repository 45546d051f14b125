-- Events that a reaction could not take, until somebody looks at them.
create table platform.dead_letter (
    reaction text not null,
    event_id uuid not null,
    topic    text not null,
    payload  bytea not null,
    error    text not null,
    died_at  timestamptz not null default now(),
    primary key (reaction, event_id)
);
