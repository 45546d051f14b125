"""Fields answer as their operations do, and refuse with the same codes as every other edge."""

from uuid import uuid4

import msgspec
import pytest
from graphql import GraphQLError, build_schema

from plaza.edge.graphql.problems import Refusal
from plaza.edge.graphql.scalars import SCALARS
from plaza.platform.ids import uuid7
from plaza.platform.problems import FieldError, KeyInFlight
from tests.edge.notes import ADA, NewNote, Note

pytestmark = pytest.mark.anyio

CREATE = "mutation($note: NewNote!) { createNote(note: $note) { id words stars createdAt } }"
EDIT = """mutation($id: UUID!, $change: NoteChange!, $version: Int!) {
  editNote(noteId: $id, change: $change, version: $version) { words version }
}"""


async def made(notes, count=1):
    return [await notes.create(ADA, NewNote(words=f"note {n}")) for n in range(count)]


def refusals(answer):
    return [error["extensions"] for error in answer["errors"]]


async def test_a_stranger_is_asked_to_log_in_field_by_field(http, ask, notes):
    del http.headers["authorization"]
    (note,) = await made(notes)
    answer = await ask(
        "query($id: UUID!) { note(noteId: $id) { id } notes { edges { node { id } } } }",
        id=str(note.id),
    )
    assert answer["data"]["note"] is None
    assert answer["data"]["notes"] == {"edges": [{"node": {"id": str(note.id)}}]}
    (error,) = answer["errors"]
    assert error["path"] == ["note"]
    assert error["extensions"] == {"code": "request.login_required", "kind": "unauthenticated"}


async def test_a_role_too_low_is_not_allowed(http, ask, notes):
    (note,) = await made(notes)
    mutation = "mutation($id: UUID!) { deleteNote(noteId: $id) }"
    assert refusals(await ask(mutation, id=str(note.id)))[0]["code"] == "request.not_allowed"
    http.headers["authorization"] = "Bearer eve"
    assert await ask(mutation, id=str(note.id)) == {"data": {"deleteNote": True}}


async def test_what_is_created_is_answered_as_json_writes_it(ask):
    note = (await ask(CREATE, note={"words": "milk", "stars": 5}))["data"]["createNote"]
    assert (note["words"], note["stars"]) == ("milk", 5)
    assert note["createdAt"] == "2026-01-02T03:04:05Z"


async def test_what_is_left_out_takes_the_default_and_text_is_composed(ask):
    note = (await ask(CREATE, note={"words": "cafe\u0301"}))["data"]["createNote"]
    assert (note["words"], note["stars"]) == ("caf\u00e9", 0)


async def test_everything_that_is_wrong_is_told_at_once_by_the_names_of_the_schema(ask, notes):
    (note,) = await made(notes)
    answer = await ask(EDIT, id=str(note.id), change={"words": ""}, version=0)
    (refusal,) = refusals(answer)
    assert refusal["code"] == "request.invalid"
    assert {error["pointer"] for error in refusal["errors"]} == {"/change/words", "/version"}
    page = await ask('{ notes(first: 101, after: "") { edges { cursor } } }')
    assert {error["pointer"] for error in refusals(page)[0]["errors"]} == {"/first", "/after"}


async def test_null_is_not_the_same_as_left_out(ask, notes):
    (note,) = await made(notes)
    kept = await ask(EDIT, id=str(note.id), change={}, version=1)
    assert kept["data"]["editNote"] == {"words": "note 0", "version": 2}
    null = await ask(EDIT, id=str(note.id), change={"words": None}, version=2)
    assert refusals(null)[0]["errors"][0]["pointer"] == "/change/words"


async def test_a_refusal_has_its_code_kind_and_facts(ask, notes):
    (note,) = await made(notes)
    stale = await ask(EDIT, id=str(note.id), change={"words": "x"}, version=7)
    assert stale == {
        "data": {"editNote": None},
        "errors": [
            {
                "message": "It was edited since you read it",
                "locations": [{"line": 2, "column": 3}],
                "path": ["editNote"],
                "extensions": {"code": "request.stale_version", "kind": "stale", "version": 1},
            }
        ],
    }


async def test_a_wait_is_told_and_names_are_those_of_the_schema():
    problem = KeyInFlight(errors=(FieldError("/new_post/tag_names/0", "No."),))
    refusal = Refusal(problem, {"new_post": "newPost"})
    assert str(refusal) == KeyInFlight.title
    assert refusal.extensions == {
        "code": "request.key_in_flight",
        "kind": "conflict",
        "errors": [{"pointer": "/newPost/tagNames/0", "message": "No."}],
        "retryAfter": 1,
    }


@pytest.mark.parametrize(
    ("value", "good"),
    [
        ("2026-01-02T03:04:05Z", True),
        ("2026-01-02T03:04:05.678901+02:00", True),
        ("2026-01-02T03:04:05", False),
        ("yesterday", False),
        (5, False),
    ],
)
def test_a_time_says_its_offset(value, good):
    _, moment = SCALARS
    schema = build_schema("scalar DateTime type Query { x(at: DateTime): Int }")
    moment.bind_to_schema(schema)
    errors = []
    parsed = schema.type_map["DateTime"].parse_value
    try:
        parsed(value)
    except GraphQLError as error:
        errors.append(error)
    assert (errors == []) == good


async def test_one_refusal_leaves_the_other_answers(ask, notes):
    (note,) = await made(notes)
    query = (
        "query($a: UUID!, $b: UUID!) { a: note(noteId: $a) { words } b: note(noteId: $b) { id } }"
    )
    answer = await ask(query, a=str(note.id), b=str(uuid4()))
    assert answer["data"] == {"a": {"words": "note 0"}, "b": None}
    assert refusals(answer) == [{"code": "notes.not_found", "kind": "not_found"}]


async def test_a_bug_is_logged_whole_and_told_to_nobody(ask, capsys):
    answer = await ask("{ crash }")
    assert "the secrets of" in capsys.readouterr().out
    assert answer == {
        "data": {"crash": None},
        "errors": [
            {
                "message": "Something went wrong on our side",
                "locations": [{"line": 1, "column": 3}],
                "path": ["crash"],
                "extensions": {"code": "service.bug", "kind": "bug"},
            }
        ],
    }


WALK = """query($first: Int, $after: String) {
  notes(first: $first, after: $after) {
    edges { cursor node { id } }
    pageInfo { hasNextPage hasPreviousPage startCursor endCursor }
  }
}"""


@pytest.mark.parametrize("size", [1, 2, 3, 10])
async def test_a_walk_meets_every_item_once_in_order(ask, notes, size):
    await made(notes, 7)
    seen, after, pages = [], None, 0
    page = {"pageInfo": {"hasNextPage": True}}
    while page["pageInfo"]["hasNextPage"] and pages < 8:
        page = (await ask(WALK, first=size, after=after))["data"]["notes"]
        cursors = [edge["cursor"] for edge in page["edges"]]
        assert len(cursors) <= size
        assert page["pageInfo"]["startCursor"] == cursors[0]
        assert page["pageInfo"]["endCursor"] == cursors[-1]
        assert page["pageInfo"]["hasPreviousPage"] == (after is not None)
        seen += [edge["node"]["id"] for edge in page["edges"]]
        after, pages = cursors[-1], pages + 1
    assert seen == [str(i) for i in sorted(notes.notes, reverse=True)]


async def test_any_items_cursor_goes_on_from_it_and_an_empty_page_has_none(ask, notes):
    await made(notes, 4)
    first = (await ask(WALK, first=4))["data"]["notes"]
    rest = (await ask(WALK, after=first["edges"][1]["cursor"]))["data"]["notes"]
    assert rest["edges"] == first["edges"][2:]
    end = (await ask(WALK, after=first["edges"][3]["cursor"]))["data"]["notes"]
    assert end == {
        "edges": [],
        "pageInfo": {
            "hasNextPage": False,
            "hasPreviousPage": True,
            "startCursor": None,
            "endCursor": None,
        },
    }


@pytest.mark.parametrize("after", ["x", "!", "\u00e9", "A" * 22, "A" * 300])
async def test_a_cursor_that_is_not_ours_is_refused_or_goes_on_from_nowhere(ask, after):
    answer = await ask(WALK, after=after)
    assert answer["data"]["notes"] is None or answer["data"]["notes"]["edges"] == []


@pytest.mark.parametrize("first", [0, -1, 101, 1_000])
async def test_a_page_is_bounded(ask, first):
    assert refusals(await ask(WALK, first=first))[0]["code"] == "request.invalid"


async def post(http, query, extensions=None, **headers):
    body = {"query": query, "extensions": extensions}
    return (await http.post("/graphql", json=body, headers=headers)).json()


BUY = 'mutation { createNote(note: {words: "milk"}) { words } }'


async def test_a_key_is_the_mutations_and_the_extensions_tell_a_replay(http, notes, kept):
    answer = await post(http, BUY, {"idempotencyKey": "k-1"})
    assert answer == {"data": {"createNote": {"words": "milk"}}}
    claim = notes.callers[-1].origin.claim
    assert (claim.key, claim.operation) == ("k-1", "NotesApi.create")
    notes.full = True
    assert refusals(await post(http, BUY, {"idempotencyKey": "k-1"}))[0]["code"] == "notes.full"
    note = Note(id=uuid7(), words="kept", stars=0, version=1, created_at=ADA.proved_at)
    kept["k-1"] = msgspec.json.encode(note)
    again = await post(http, BUY, {"idempotencyKey": "k-1"})
    assert again == {
        "data": {"createNote": {"words": "kept"}},
        "extensions": {"idempotencyReplayed": True},
    }


async def test_the_header_is_a_key_too_and_the_extensions_go_before_it(http, notes):
    await post(http, BUY, **{"idempotency-key": "k-2"})
    assert notes.callers[-1].origin.claim.key == "k-2"
    await post(http, BUY, {"idempotencyKey": "k-3"}, **{"idempotency-key": "k-2"})
    assert notes.callers[-1].origin.claim.key == "k-3"


@pytest.mark.parametrize(
    "query",
    [
        "mutation { a: %s b: %s }",
        "mutation { a: %s ...more } fragment more on Mutation { b: %s }",
        "mutation { a: %s ... { b: %s } }",
    ],
)
async def test_a_key_cannot_stand_for_two_mutations(http, notes, query):
    mutation = BUY.removeprefix("mutation { ").removesuffix(" }")
    answer = await post(http, query % (mutation, mutation), {"idempotencyKey": "k-1"})
    assert answer["errors"][0]["extensions"]["errors"][0]["pointer"] == "/extensions/idempotencyKey"
    assert notes.callers == []


async def test_a_query_has_no_use_for_a_key(http, notes):
    (note,) = await made(notes)
    await post(http, f'{{ note(noteId: "{note.id}") {{ id }} }}', {"idempotencyKey": "k-1"})
    assert notes.callers[-1].origin.key is None
