drop table posts.comment;

alter table posts.post drop column comment_count;
