"""Requests become arguments, results become answers, and versions travel in tags."""

import pytest

from tests.edge.notes import NewNote

pytestmark = pytest.mark.anyio


@pytest.fixture
async def note(notes):
    return await notes.create(None, NewNote(words="milk"))


async def test_what_is_made_is_answered_with_its_place_and_tag(http):
    made = await http.post("/v1/notes", json={"words": "milk"})
    assert made.status_code == 201
    assert made.headers["location"] == f"/v1/notes/{made.json()['id']}"
    assert made.headers["etag"].startswith('"1-')
    assert made.json()["created_at"] == "2026-01-02T03:04:05Z"
    assert (await http.get(made.headers["location"])).json() == made.json()


@pytest.mark.parametrize("path", ["/v1/notes", "/v1/notes/", "/api/v1/notes", "/api/v1/notes/"])
async def test_a_path_has_two_prefixes_and_a_trailing_slash_makes_no_difference(http, path):
    assert (await http.get(path)).status_code == 200


async def test_fixed_segments_win_over_parameters(http):
    assert (await http.get("/v1/notes/crash")).status_code == 500


async def test_every_wrong_field_is_told_at_once(http, notes):
    body = {"words": "", "stars": 9, "colour": "red"}
    refused = await http.post("/v1/notes", json=body)
    assert refused.status_code == 422
    assert refused.headers["content-type"] == "application/problem+json"
    assert [error["pointer"] for error in refused.json()["errors"]] == [
        "/colour",
        "/words",
        "/stars",
    ]
    assert notes.notes == {}


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"\xff",
        b'{"words": "a"} {}',
        b'{"words": "a", "words": "b"}',
        b'{"words": "\\ud800"}',
        b"[" * 100_000,
    ],
)
async def test_what_is_not_json_is_unreadable(http, body):
    refused = await http.post(
        "/v1/notes", content=body, headers={"content-type": "application/json"}
    )
    assert (refused.status_code, refused.json()["code"]) == (400, "request.unreadable")


@pytest.mark.parametrize("words", ["a\x00b", "a\rb", "\u202egnp", "x" * 21, "\x1b[0m"])
async def test_control_and_direction_characters_are_refused(http, words):
    refused = await http.post("/v1/notes", json={"words": words})
    assert (refused.status_code, refused.json()["errors"][0]["pointer"]) == (422, "/words")


async def test_text_is_stored_composed(http):
    made = await http.post("/v1/notes", json={"words": "cafe\u0301"})
    assert made.json()["words"] == "caf\u00e9"


@pytest.mark.parametrize(
    ("query", "pointers"),
    [
        ("limit=0", ["/limit"]),
        ("limit=101", ["/limit"]),
        ("limit=x&cursor=", ["/limit", "/cursor"]),
        ("limt=5", ["/limt"]),
        ("limit=1&limit=2", [""]),
        ("cursor=AAAA", ["/cursor"]),
    ],
)
async def test_a_query_is_checked_as_strictly_as_a_body(http, query, pointers):
    refused = await http.get(f"/v1/notes?{query}")
    assert refused.status_code == 422
    assert [error["pointer"] for error in refused.json()["errors"]] == pointers


async def test_a_path_that_is_no_id_is_invalid(http):
    assert (await http.get("/v1/notes/7")).status_code == 422


async def test_pages_give_every_item_once(http, notes):
    for number in range(7):
        await notes.create(None, NewNote(words=f"n{number}"))
    seen, cursor = [], None
    for _ in range(4):
        params = {"limit": 2} | ({"cursor": cursor} if cursor else {})
        page = (await http.get("/v1/notes", params=params)).json()
        seen += [item["id"] for item in page["items"]]
        cursor = page["next_cursor"]
    assert cursor is None
    assert sorted(seen) == sorted(str(each) for each in notes.notes)
    assert len(seen) == len(set(seen))


async def test_a_reader_with_the_tag_is_told_nothing_changed(http, note):
    read = await http.get(f"/v1/notes/{note.id}")
    tag = read.headers["etag"]
    for asked in (tag, f"W/{tag}", f'"other", {tag}', "*"):
        again = await http.get(f"/v1/notes/{note.id}", headers={"if-none-match": asked})
        assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", tag)
    other = await http.get(f"/v1/notes/{note.id}", headers={"if-none-match": '"1-00000000"'})
    assert other.status_code == 200


async def test_an_edit_names_its_version_in_the_body_or_in_the_header(http, note):
    path = f"/v1/notes/{note.id}"
    first = await http.patch(path, json={"words": "tea", "version": 1})
    assert (first.status_code, first.json()["version"]) == (200, 2)
    tag = first.headers["etag"]
    second = await http.patch(path, json={"words": "rum"}, headers={"if-match": tag})
    assert (second.status_code, second.json()["version"]) == (200, 3)
    third = await http.patch(path, json={"words": "gin"}, headers={"if-match": '"3"'})
    assert (third.status_code, third.json()["version"]) == (200, 4)


async def test_a_stale_edit_is_409_or_412_by_where_the_version_stood_and_tells_the_current(
    http, note
):
    path = f"/v1/notes/{note.id}"
    body = await http.patch(path, json={"words": "tea", "version": 7})
    assert (body.status_code, body.json()["version"]) == (409, 1)
    for tag in ('"7-00000000"', '"foreign"', 'W/"1-00000000"'):
        header = await http.patch(path, json={"words": "tea"}, headers={"if-match": tag})
        assert (header.status_code, header.json()["version"]) == (412, 1)


@pytest.mark.parametrize(
    ("headers", "body", "status"),
    [
        ({}, {"words": "tea"}, 428),
        ({"if-match": "*"}, {"words": "tea"}, 428),
        ({"if-match": "1"}, {"words": "tea"}, 400),
        ({"if-match": '"1-00000000"'}, {"words": "tea", "version": 2}, 422),
        ({}, {"words": "tea", "version": 0}, 422),
    ],
)
async def test_an_edit_without_one_clear_version_is_refused(http, note, headers, body, status):
    refused = await http.patch(f"/v1/notes/{note.id}", json=body, headers=headers)
    assert refused.status_code == status


async def test_a_key_is_claimed_for_the_caller_the_operation_and_the_request(http, notes):
    for words in ("milk", "milk", "tea"):
        made = await http.post(
            "/v1/notes", json={"words": words}, headers={"idempotency-key": "k1"}
        )
        assert "idempotency-replayed" not in made.headers
    first, same, other = (caller.origin.claim for caller in notes.callers)
    assert (first.key, first.operation) == ("k1", "NotesApi.create")
    assert first == same
    assert first.request_hash != other.request_hash


async def test_a_refusal_yields_to_the_answer_the_key_got_before(http, notes, kept):
    made = await http.post("/v1/notes", json={"words": "milk"}, headers={"idempotency-key": "k1"})
    kept["k1"] = made.content
    notes.full = True
    again = await http.post("/v1/notes", json={"words": "milk"}, headers={"idempotency-key": "k1"})
    assert (again.status_code, again.content) == (201, made.content)
    assert again.headers["idempotency-replayed"] == "true"
    other = await http.post("/v1/notes", json={"words": "milk"}, headers={"idempotency-key": "k2"})
    assert other.status_code == 409


@pytest.mark.parametrize("key", ["", "x" * 256, "sn\u00f6"])
async def test_a_key_no_store_should_hold_is_unreadable(http, key):
    headers = {"idempotency-key": key.encode()}
    refused = await http.post("/v1/notes", json={"words": "milk"}, headers=headers)
    assert refused.status_code == 400


async def test_operations_with_secret_answers_take_no_key_and_are_stored_by_nobody(http, notes):
    made = await http.post(
        "/v1/whispers", json={"words": "milk"}, headers={"idempotency-key": "k1"}
    )
    assert notes.callers[-1].origin.claim is None
    assert made.headers["cache-control"] == "no-store"
    assert "etag" not in made.headers


async def test_a_condition_that_cannot_be_looked_at_does_not_hold(http, note):
    """RFC 9110, section 13.1.1: what it guards must not happen."""
    http.headers["authorization"] = "Bearer eve"
    headers = {"if-match": '"7-00000000"'}
    assert (await http.delete(f"/v1/notes/{note.id}", headers=headers)).status_code == 412
    assert (await http.get(f"/v1/notes/{note.id}", headers=headers)).status_code == 200
