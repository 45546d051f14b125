-- A job says whether somebody works on it, so that one that is wanted again is not forgotten.

alter table platform.job
  add column held  boolean not null default false,
  add column again timestamptz;  -- wanted once more while it is worked on: when

-- By id as well: many that are due at one moment are not sorted for each that is taken.
create index job_turn on platform.job (lane, due_at, id) where dead_at is null;
drop index platform.job_due;
create index job_dead on platform.job (dead_at) where dead_at is not null;
