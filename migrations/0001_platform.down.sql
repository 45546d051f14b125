drop table platform.audit;
drop table platform.idempotency;
drop table platform.outbox;
drop extension if exists unaccent;
drop extension if exists pg_trgm;
