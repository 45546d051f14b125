drop table platform.dead_letter;
