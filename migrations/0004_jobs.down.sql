drop table platform.job;
