-- What people write, for tests of the platform.

-- name: insert_many (writer)
insert into lines.line (id, author_id, words, mood)
select id, author_id, words, mood
  from unnest(:id::uuid[], :author_id::uuid[], :words::text[], :mood::text[])
       as new (id, author_id, words, mood)
  join fresh using (id)
 order by id
returning id;

-- name: take_names (writer)
-- In the order of what may collide, so that no two processes take two names crosswise.
insert into lines.name (id, name)
select id, name
  from unnest(:id::uuid[], :name::text[]) as new (id, name)
  join fresh using (id)
 order by name
on conflict (name) do nothing
returning id;

-- name: insert
insert into lines.line (id, author_id, words, mood) values (:line, :author_id, :words, :mood);

-- name: find
select id, author_id, words, mood, at from lines.line where id = any(:ids::uuid[]) order by words;

-- name: one
select id, author_id, words, mood, at from lines.line where id = :line;

-- name: sure
select id, author_id, words, mood, at from lines.line where id = :line;

-- name: ids_of
select id from lines.line where author_id = :author_id order by words;

-- name: count
select count(*) from lines.line where author_id = :author_id;

-- name: said
select exists (select from lines.line where words = ':count is -- no comment' or id = :line);

-- name: words_of
select words from lines.line where id = :line;

-- name: change
-- A column left out keeps its value; `words` may be set to null only where the table lets it.
update lines.line
   set words = case when :set_words then :words else words end,
       note = case when :set_note then :note else note end
 where id = :line
returning note;

-- name: echo
select :given::jsonb;
