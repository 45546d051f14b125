drop table people.follow;
