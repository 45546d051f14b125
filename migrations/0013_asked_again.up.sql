-- Dead letters are tried again, and the stream is rebuilt, by whoever holds the lease: asked here.
alter table platform.dead_letter add column asked_at timestamptz;
create index dead_letter_asked on platform.dead_letter (reaction, event_id)
    where asked_at is not null;
create index dead_letter_latest on platform.dead_letter (died_at, reaction, event_id);

create table platform.rebuild (
    stream   text primary key,
    asked_at timestamptz not null default now()
);
