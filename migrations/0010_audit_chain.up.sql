-- The lines of the audit become a chain: each is sealed with the hash of the one before it.

alter table platform.audit
  add column seq  bigint,   -- its place in the chain; null until it is sealed, within a second or so
  add column hash bytea;    -- SHA-256 over the hash before it and the line (platform/sealing.py)
create unique index audit_chain on platform.audit (seq) where seq is not null;
create index audit_unsealed on platform.audit (id) where seq is null;

-- Where the chain ends: a line is sealed only by whoever knew the end, so that it never forks.
create table platform.audit_head (
    one       boolean primary key default true check (one),
    seq       bigint not null,
    hash      bytea not null,
    sealed_at timestamptz not null
);
insert into platform.audit_head (seq, hash, sealed_at)
values (0, decode(repeat('00', 32), 'hex'), now());

-- Lines are added and sealed, and that is all. It stops statements, not whoever owns the table.
create function platform.only_add_and_seal() returns trigger language plpgsql as $$
begin
    if tg_op = 'INSERT' and new.seq is null and new.hash is null then
        return new;
    end if;
    if tg_op = 'UPDATE'
       and old.seq is null and new.seq is not null and new.hash is not null
       and to_jsonb(old) - 'seq' - 'hash' = to_jsonb(new) - 'seq' - 'hash' then
        return new;
    end if;
    raise exception 'platform.audit is only added to' using errcode = 'restrict_violation';
end
$$;
create trigger only_add_and_seal before insert or update or delete on platform.audit
   for each row execute function platform.only_add_and_seal();
create trigger never_emptied before truncate on platform.audit
   for each statement execute function platform.only_add_and_seal();
