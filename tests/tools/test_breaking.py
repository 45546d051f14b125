"""A promise to the outside that is not kept any more is named; an addition is free."""

import copy
import json

import pytest

from tools import breaking, release
from tools.openapi_breaks import breaks

NOTE = {
    "type": "object",
    "properties": {
        "id": {"type": "string", "format": "uuid"},
        "title": {"anyOf": [{"type": "string", "maxLength": 50}, {"type": "null"}]},
        "kind": {"enum": ["open", "closed"]},
    },
    "required": ["id", "title", "kind"],
}
NEW_NOTE = {
    "type": "object",
    "properties": {
        "title": {"type": "string", "maxLength": 50},
        "kind": {"enum": ["open", "closed"]},
    },
    "required": ["title"],
}
RELEASED = {
    "security": [{"bearer": []}],
    "paths": {
        "/v1/notes/{id}": {
            "get": {
                "security": [{}, {"bearer": []}],
                "parameters": [
                    {"in": "path", "name": "id", "required": True, "schema": {"type": "string"}},
                    {"in": "query", "name": "size", "schema": {"type": "integer", "maximum": 9}},
                ],
                "responses": {
                    "200": {
                        "content": {
                            "application/json": {"schema": {"$ref": "#/components/schemas/Note"}}
                        }
                    }
                },
            }
        },
        "/v1/notes": {
            "post": {
                "requestBody": {
                    "required": True,
                    "content": {
                        "application/json": {"schema": {"$ref": "#/components/schemas/NewNote"}}
                    },
                },
                "responses": {"201": {"description": "made"}},
            }
        },
    },
    "components": {"schemas": {"Note": NOTE, "NewNote": NEW_NOTE}},
}


def changed(*path, to):
    """The released contract with one thing put in another's place; None takes it away."""
    made = copy.deepcopy(RELEASED)
    *way, last = path
    inner = made
    for step in way:
        inner = inner[step]
    if to is None:
        del inner[last]
    else:
        inner[last] = to
    return made


GET = ("paths", "/v1/notes/{id}", "get")
SENT = ("components", "schemas", "NewNote")
RECEIVED = ("components", "schemas", "Note")


@pytest.mark.parametrize(
    ("new", "told"),
    [
        (changed("paths", "/v1/notes", to=None), "POST /v1/notes is gone"),
        (changed(*GET, "security", to=[{"bearer": []}]), "needs a token now"),
        (changed(*GET, "responses", to={"204": {}}), "no longer answers 200"),
        (changed(*GET, "parameters", 1, to=None), "query parameter size is refused now"),
        (changed(*GET, "parameters", 1, "required", to=True), "size is required now"),
        (changed(*GET, "parameters", 1, "schema", "maximum", to=5), "maximum is 5 now"),
        (changed(*SENT, "required", to=["title", "kind"]), "body/kind is required now"),
        (changed(*SENT, "properties", "kind", to=None), "body/kind is refused now"),
        (changed(*SENT, "properties", "title", "maxLength", to=40), "maxLength is 40 now"),
        (changed(*SENT, "properties", "kind", "enum", to=["open"]), "no longer takes ['closed']"),
        (changed(*SENT, "properties", "title", "pattern", to="^a"), "pattern is ^a now"),
        (changed(*RECEIVED, "properties", "title", to=None), "answer 200/title is gone now"),
        (changed(*RECEIVED, "required", to=["id", "kind"]), "answer 200/title may be missing now"),
        (
            changed(*RECEIVED, "properties", "id", to={"type": "integer"}),
            "integer instead of string",
        ),
        (
            changed(*RECEIVED, "properties", "id", to={"type": ["string", "null"]}),
            "answer 200/id is null instead of string",
        ),
        (
            changed(*RECEIVED, "properties", "kind", "enum", to=["open", "closed", "lost"]),
            "may be ['lost'] now",
        ),
    ],
)
def test_a_break_is_named(new, told):
    assert any(told in each for each in breaks(RELEASED, new)), breaks(RELEASED, new)


@pytest.mark.parametrize(
    "new",
    [
        RELEASED,
        changed(*GET, "parameters", 1, "schema", "maximum", to=20),
        changed(*GET, "responses", "404", to={}),
        changed("paths", "/v1/notes", "get", to={"responses": {}}),
        changed(*SENT, "properties", "colour", to={"type": "string"}),
        changed(*SENT, "properties", "kind", "enum", to=["open", "closed", "lost"]),
        changed(*SENT, "properties", "title", to=NOTE["properties"]["title"]),
        changed(*RECEIVED, "properties", "colour", to={"type": "string"}),
        changed(*RECEIVED, "properties", "title", to={"type": "string", "maxLength": 50}),
        changed(*RECEIVED, "properties", "kind", "enum", to=["open"]),
    ],
)
def test_an_addition_breaks_nothing(new):
    assert breaks(RELEASED, new) == []


def test_a_schema_that_contains_itself_ends():
    nested = {"$ref": "#/components/schemas/Note"}
    old = changed(*RECEIVED, "properties", "reply", to=nested)
    assert breaks(old, old) == []


def test_graphql_and_protos_are_judged_too(tmp_path):
    old, new = tmp_path / "old", tmp_path / "new"
    for folder, field, number in ((old, "title", 1), (new, "name", 2)):
        (folder / "proto" / "notes" / "v1").mkdir(parents=True)
        (folder / "schema.graphql").write_text(f"type Query {{ {field}: String }}")
        (folder / "proto" / "notes" / "v1" / "notes.proto").write_text(
            'syntax = "proto3";\npackage notes.v1;\n'
            f"message Note {{ string {field} = {number}; }}\n"
        )
    assert list(breaking.graphql(new, old)) == ["Field Query.title was removed."]
    assert any('field "1"' in told for told in breaking.protos(new, old))
    assert not list(breaking.graphql(old, old))
    assert not list(breaking.protos(old, old))


def event(**fields):
    """Of one topic; a field may be missing if its name ends with an underscore."""
    properties = {name.rstrip("_"): schema for name, schema in fields.items()}
    needed = [name for name in fields if not name.endswith("_")]
    said = {"type": "object", "properties": properties, "required": needed}
    return {"events": {"notes.made": {"$ref": "#/$defs/NoteMade"}}, "$defs": {"NoteMade": said}}


TEXT = {"type": "string", "maxLength": 50}
KIND = {"enum": ["open", "closed"]}


@pytest.mark.parametrize(
    ("new", "told"),
    [
        ({"events": {}}, "notes.made is not announced any more"),
        (event(title=TEXT), "kind is gone now"),
        (event(title=TEXT, kind=KIND, colour=TEXT), "colour is required now"),
        (event(title_=TEXT, kind=KIND), "title may be missing now"),
        (event(title={"type": "integer"}, kind=KIND), "title is integer instead of string"),
        (event(title={**TEXT, "maxLength": 9}, kind=KIND), "maxLength is 9 now"),
        (event(title=TEXT, kind={"enum": ["open"]}), "no longer takes ['closed']"),
        (event(title=TEXT, kind={"enum": ["open", "closed", "lost"]}), "may be ['lost'] now"),
        (event(title=TEXT, kind=KIND, colour_=TEXT), None),
        (event(title=TEXT, kind=KIND), None),
    ],
)
def test_of_events_only_what_may_be_missing_is_added(tmp_path, new, told):
    """A week of them was announced by the release before, and it reads those of this one."""
    for name, document in (("old", event(title=TEXT, kind=KIND)), ("new", new)):
        (tmp_path / name).mkdir()
        (tmp_path / name / "events.json").write_text(json.dumps(document))
    found = list(breaking.events(tmp_path / "new", tmp_path / "old"))
    assert any(told in each for each in found) if told else found == []


def test_a_release_keeps_every_contract_that_is_judged(tmp_path, monkeypatch):
    monkeypatch.setattr(release, "RELEASED", tmp_path)
    (tmp_path / "proto" / "gone").mkdir(parents=True)
    release.main()
    assert {each.name for each in tmp_path.iterdir()} == set(breaking.JUDGES)
    assert not (tmp_path / "proto" / "gone").exists()
    assert [list(judge(old=tmp_path)) for judge in breaking.JUDGES.values()] == [[], [], [], []]
