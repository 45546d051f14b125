drop table platform.lease;
drop table platform.holder;
