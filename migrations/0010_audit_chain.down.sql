drop trigger never_emptied on platform.audit;
drop trigger only_add_and_seal on platform.audit;
drop function platform.only_add_and_seal;
drop table platform.audit_head;
drop index platform.audit_unsealed;
drop index platform.audit_chain;
alter table platform.audit drop column hash, drop column seq;
