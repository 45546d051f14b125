"""The contract as it is kept in api/: whole, bounded, and guarded against broken promises."""

import copy
from collections.abc import Iterator

import pytest
import yaml

from plaza.app.contexts import ROUTES
from plaza.edge.rest.openapi import operation_id
from plaza.edge.rest.problems import ProblemBody
from tools.openapi_breaks import breaks
from tools.tracked import ROOT

CONTRACT = yaml.safe_load((ROOT / "api" / "openapi.yaml").read_text(encoding="utf-8"))
OPERATIONS = {
    operation["operationId"]: operation
    for methods in CONTRACT["paths"].values()
    for operation in methods.values()
}


def schemas(part: object, name: str = "") -> Iterator[tuple[str, dict]]:
    """Everything with a type, and where it stands."""
    if isinstance(part, dict):
        if "type" in part and not isinstance(part["type"], dict):
            yield name, part
        for key, each in part.items():
            yield from schemas(each, f"{name}/{key}")
    elif isinstance(part, list):
        for at, each in enumerate(part):
            yield from schemas(each, f"{name}/{at}")


def test_every_route_is_in_it_once():
    assert sorted(map(operation_id, ROUTES)) == sorted(OPERATIONS)


def test_every_value_is_bounded():
    """OWASP API4:2023: what has no bound is filled by whoever wishes us ill."""
    bounds = {
        "string": {"maxLength", "enum", "const"},
        "array": {"maxItems"},
        "integer": {"maximum"},
    }
    loose = [
        where
        for where, schema in schemas(CONTRACT)
        for kind, needed in bounds.items()
        if kind in schema["type"] and not needed & schema.keys()
    ]
    assert loose == []


def test_what_a_client_sends_has_no_room_for_more():
    sent = {
        operation["requestBody"]["content"]["application/json"]["schema"]["$ref"].rpartition("/")[2]
        for operation in OPERATIONS.values()
        if "requestBody" in operation
    }
    open_ended = [
        name
        for name in sent
        if CONTRACT["components"]["schemas"][name].get("additionalProperties") is not False
    ]
    assert open_ended == []


@pytest.mark.parametrize("name", sorted(OPERATIONS))
def test_every_refusal_is_a_problem_under_a_request_id(name):
    shared = CONTRACT["components"]["responses"]
    for status, answered in OPERATIONS[name]["responses"].items():
        answer = shared.get(answered.get("$ref", "").rpartition("/")[2], answered)
        assert "X-Request-ID" in answer["headers"]
        if status >= "400":
            assert set(answer["content"]) == {ProblemBody.media_type}
            assert answer["description"].count("`") >= 2


def test_a_refusal_without_a_token_is_told_where_one_is_needed():
    for operation in OPERATIONS.values():
        assert "401" in operation["responses"]


def changed(*path, to=None):
    made = copy.deepcopy(CONTRACT)
    *way, last = path
    inner = made
    for step in way:
        inner = inner[step]
    if to is None:
        del inner[last]
    else:
        inner[last] = to
    return made


POST = ("components", "schemas", "Post")
NEW_POST = ("components", "schemas", "NewPost")


@pytest.mark.parametrize(
    "broken",
    [
        changed("paths", "/v1/posts"),
        changed("paths", "/v1/posts/{post_id}", "delete"),
        changed(*POST, "properties", "tags"),
        changed(*POST, "required", to=["id"]),
        changed(*NEW_POST, "required", to=["content", "title"]),
        changed(*NEW_POST, "properties", "content", "maxLength", to=100),
        changed("components", "schemas", "Visibility", "enum", to=["public", "private"]),
    ],
    ids=["path", "method", "field", "may be missing", "required", "narrower", "value"],
)
def test_a_broken_promise_of_the_real_contract_is_told(broken):
    assert breaks(CONTRACT, broken) != []


def test_the_contract_keeps_its_own_promises():
    assert breaks(CONTRACT, CONTRACT) == []
