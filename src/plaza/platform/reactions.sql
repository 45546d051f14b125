-- name: bury
insert into platform.dead_letter (reaction, event_id, topic, payload, error)
values (:reaction, :event_id, :topic, :payload, :error)
on conflict do nothing;
