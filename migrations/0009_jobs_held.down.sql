drop index platform.job_dead;
create index job_due on platform.job (lane, due_at) where dead_at is null;
drop index platform.job_turn;
alter table platform.job drop column again, drop column held;
