drop table platform.rebuild;
drop index platform.dead_letter_latest;
drop index platform.dead_letter_asked;
alter table platform.dead_letter drop column asked_at;
