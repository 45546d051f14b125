"""The contract says what the tables do, bounded and by name; what it cannot say it refuses."""

import re
from types import SimpleNamespace
from typing import Annotated, Protocol
from uuid import UUID

import pytest
import yaml
from msgspec import Meta, Struct

from plaza.edge.operations import Bound
from plaza.edge.rest.openapi import document, operation_id, to_yaml
from plaza.edge.rest.routes import route
from plaza.platform.caller import Anonymous, Caller, Origin
from plaza.platform.ids import Version
from plaza.platform.operations import May, operation
from plaza.platform.paging import DEFAULT_LIMIT, Cursor, Limit, Page
from plaza.platform.problems import Kind, Problem, Stale, Unreadable
from plaza.platform.text import Input

Words = Annotated[str, Meta(min_length=1, max_length=20, description="What to say.")]


class Unheard(Problem):
    kind, code, title = Kind.NOT_FOUND, "words.unheard", "Nobody said that"


class Said(Input, frozen=True):
    words: Words
    aside: Words | None = None


class Saying(Struct, frozen=True):
    id: UUID
    words: Words
    version: Version


class SayingsApi(Protocol):
    @operation(may=May.USER, idempotent=True)
    async def say(self, caller: Caller, said: Said) -> Saying:
        """Say it: aloud. And once."""

    @operation(may=May.USER, problems=(Unheard,))
    async def hear(self, caller: Caller, saying_id: UUID) -> Saying:
        """Hear it again."""

    @operation(may=May.ANYONE)
    async def listen(
        self,
        caller: Caller,
        about: Words,
        limit: Limit = DEFAULT_LIMIT,
        cursor: Cursor | None = None,
    ) -> Page[Saying]:
        """Hear what is said."""

    @operation(may=May.USER, problems=(Unheard, Stale))
    async def correct(
        self, caller: Caller, saying_id: UUID, said: Said, version: Version
    ) -> Saying:
        """Say it better."""

    @operation(may=May.MODERATOR)
    async def hush(self, caller: Caller, saying_id: UUID) -> None:
        """Take it back."""

    @operation(may=May.ANYONE, secret=True)
    async def whisper(self, caller: Caller) -> Saying:
        """Hear a secret."""


ROUTES = [
    route("POST /v1/sayings", SayingsApi.say, status=201, location="/v1/sayings/{id}"),
    route("GET /v1/sayings", SayingsApi.listen),
    route("DELETE /v1/sayings/{saying_id}", SayingsApi.hush),
    route("PATCH /v1/sayings/{saying_id}", SayingsApi.correct),
    route("GET /v1/sayings/{saying_id}", SayingsApi.hear),
    route("GET /v1/whispers", SayingsApi.whisper),
]


@pytest.fixture(scope="module")
def contract():
    return document(ROUTES, "1.2.3")


def answers(contract, method, path):
    return contract["paths"][path][method]["responses"]


def codes(contract, method, path, status):
    response = answers(contract, method, path)[status]
    if "$ref" in response:
        response = contract["components"]["responses"][response["$ref"].rpartition("/")[2]]
    (content,) = response["content"].values()
    return content["schema"]["allOf"][1]["properties"]["code"]["enum"]


def headers_taken(contract, method, path):
    parameters = contract["paths"][path][method]["parameters"]
    return {each["$ref"].rpartition("/")[2] for each in parameters if "$ref" in each}


def test_every_route_is_there_and_in_order(contract):
    assert list(contract["paths"]) == ["/v1/sayings", "/v1/sayings/{saying_id}", "/v1/whispers"]
    assert list(contract["paths"]["/v1/sayings/{saying_id}"]) == ["get", "patch", "delete"]


def test_it_is_the_same_each_time_and_for_every_reader(contract):
    assert to_yaml(contract) == to_yaml(document(reversed(ROUTES), "1.2.3"))
    assert yaml.safe_load(to_yaml(contract)) == contract


def test_an_operation_is_named_and_described_by_its_own_words(contract):
    say = contract["paths"]["/v1/sayings"]["post"]
    assert say["operationId"] == operation_id(ROUTES[0])
    assert say["summary"] == "Say it"
    assert say["description"] == "Say it: aloud. And once."


def test_who_may_is_told(contract):
    paths = contract["paths"]
    assert paths["/v1/sayings"]["post"]["security"] == [{"bearer": []}]
    assert paths["/v1/sayings"]["get"]["security"] == [{}, {"bearer": []}]
    assert "moderators" in paths["/v1/sayings/{saying_id}"]["delete"]["description"]
    assert codes(contract, "delete", "/v1/sayings/{saying_id}", "403") == ["request.not_allowed"]


def test_parameters_come_from_where_the_server_takes_them(contract):
    listed = [
        each for each in contract["paths"]["/v1/sayings"]["get"]["parameters"] if "in" in each
    ]
    assert [(each["name"], each["in"], each["required"]) for each in listed] == [
        ("about", "query", True),
        ("limit", "query", False),
        ("cursor", "query", False),
    ]
    about, limit, cursor = listed
    assert about["description"] == "What to say."
    assert limit["schema"]["default"] == DEFAULT_LIMIT
    assert cursor["schema"]["type"] == "string"


def test_headers_are_taken_where_they_mean_something(contract):
    assert headers_taken(contract, "post", "/v1/sayings") == {"X-Request-ID", "Idempotency-Key"}
    assert headers_taken(contract, "get", "/v1/sayings") == {"X-Request-ID", "If-None-Match"}
    assert headers_taken(contract, "patch", "/v1/sayings/{saying_id}") == {
        "X-Request-ID",
        "If-Match",
    }
    assert headers_taken(contract, "get", "/v1/whispers") == {"X-Request-ID"}


def test_what_was_made_says_where_it_is_and_whether_it_is_a_replay(contract):
    made = answers(contract, "post", "/v1/sayings")["201"]
    assert set(made["headers"]) == {
        "ETag",
        "Idempotency-Replayed",
        "Location",
        "RateLimit",
        "RateLimit-Policy",
        "X-Request-ID",
    }


def test_a_secret_is_neither_tagged_nor_kept(contract):
    assert "304" not in answers(contract, "get", "/v1/whispers")
    assert set(answers(contract, "get", "/v1/whispers")["200"]["headers"]) == {
        "RateLimit",
        "RateLimit-Policy",
        "X-Request-ID",
    }


def test_refusals_are_listed_by_status_with_their_codes(contract):
    one = "/v1/sayings/{saying_id}"
    assert codes(contract, "get", one, "404") == ["request.no_such_path", "words.unheard"]
    assert codes(contract, "post", "/v1/sayings", "409") == ["request.key_in_flight"]
    assert "request.key_reused" in codes(contract, "post", "/v1/sayings", "422")
    assert set(answers(contract, "patch", one)) >= {"409", "412", "413", "415", "428"}
    assert not {"409", "412", "413", "415", "428"} & set(answers(contract, "get", one))


@pytest.mark.parametrize("status", ["409", "412"])
def test_a_stale_edit_is_told_the_current_version(contract, status):
    answer = answers(contract, "patch", "/v1/sayings/{saying_id}")[status]
    response = contract["components"]["responses"][answer["$ref"].rpartition("/")[2]]
    _, own = response["content"]["application/problem+json"]["schema"]["allOf"]
    assert own["required"] == ["version"]


def test_a_version_may_stand_in_the_body_of_an_edit(contract):
    body = contract["components"]["schemas"]["VersionedSaid"]
    assert "version" in body["properties"]
    assert "version" not in body["required"]


def test_two_operations_may_edit_by_the_same_shape():
    class Also(Protocol):
        @operation(may=May.USER)
        async def correct_softly(
            self, caller: Caller, saying_id: UUID, said: Said, version: Version
        ) -> Saying:
            """Say it better, softly."""

    line = route("PATCH /v1/soft/{saying_id}", Also.correct_softly)
    assert "VersionedSaid" in document([*ROUTES, line], "1.2.3")["components"]["schemas"]


def test_a_list_is_named_as_a_person_would(contract):
    assert "SayingPage" in contract["components"]["schemas"]


def test_what_may_be_null_is_one_type_with_null(contract):
    aside = contract["components"]["schemas"]["Said"]["properties"]["aside"]
    assert aside["type"] == ["string", "null"]
    assert aside["maxLength"] == 20


def test_every_component_is_used(contract):
    text = to_yaml(contract)
    for kind, group in contract["components"].items():
        for name in group:
            assert kind == "securitySchemes" or f"#/components/{kind}/{name}'" in text


def test_what_the_wire_refuses_is_an_answer_of_every_operation(contract):
    assert {"408", "431"} <= set(answers(contract, "get", "/v1/sayings"))


@pytest.mark.parametrize(
    "key", ["a", "x y", '"k"', '"k', "", " ", '"', '" "', "é", "a\x00", "k" * 255, "k" * 256]
)
def test_the_server_takes_the_keys_that_the_contract_takes(contract, key):
    schema = contract["components"]["parameters"]["Idempotency-Key"]["schema"]
    fits = len(key) <= schema["maxLength"] and re.search(schema["pattern"], key)
    bound = Bound(SayingsApi.say, SimpleNamespace(say=None))
    try:
        taken = bound.claimed(Anonymous(origin=Origin(key=key)), {})
    except Unreadable:
        taken = None
    assert bool(taken) == bool(fits)


def one_route(kind, words="Do it."):
    async def do(self, caller: Caller, given: kind) -> None: ...

    do.__doc__ = words
    return [route("POST /v1/done", operation(may=May.USER)(do))]


class Loose(Input, frozen=True):
    text: str


class Endless(Input, frozen=True):
    number: int


class Long(Input, frozen=True):
    words: list[Words]


@pytest.mark.parametrize("kind", [Loose, Endless, Long])
def test_what_has_no_bound_is_refused(kind):
    with pytest.raises(TypeError, match="without"):
        document(one_route(kind), "1.2.3")


def test_an_operation_without_words_is_refused():
    with pytest.raises(TypeError, match="does not say"):
        document(one_route(Said, words=""), "1.2.3")


def test_two_routes_for_one_operation_are_refused():
    twice = [*ROUTES, route("GET /v1/heard/{saying_id}", SayingsApi.hear)]
    with pytest.raises(ValueError, match="routed twice"):
        document(twice, "1.2.3")
