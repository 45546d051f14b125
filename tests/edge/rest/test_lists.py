"""A list in a query: its items with commas between, each checked, and the contract says so."""

from typing import Annotated, Protocol

import httpx
import pytest
from msgspec import Meta, Struct

from plaza.edge.operations import Bound
from plaza.edge.rest.openapi import document
from plaza.edge.rest.router import Router
from plaza.edge.rest.routes import handler, route
from plaza.edge.rest.server import Server
from plaza.platform.caller import Caller
from plaza.platform.operations import May, operation
from plaza.platform.text import END

pytestmark = pytest.mark.anyio

Word = Annotated[
    str, Meta(min_length=1, max_length=5, pattern=f"^[^,]+{END}", description="No comma.")
]
Words = Annotated[list[Word], Meta(max_length=3, description="Some words.")]


class Heard(Struct, frozen=True, kw_only=True):
    words: Words
    more: Words | None


class WordsApi(Protocol):
    @operation(may=May.ANYONE)
    async def hear(self, caller: Caller, words: Words, more: Words | None = None) -> Heard:
        """Hear words."""


class Ears:
    async def hear(self, _: Caller, words: Words, more: Words | None = None) -> Heard:
        return Heard(words=words, more=more)


HEAR = route("GET /v1/words", WordsApi.hear)


@pytest.fixture
async def http():
    router = Router()
    router.add(HEAR.method, HEAR.path, handler(HEAR, Bound(HEAR.operation, Ears())))
    server = Server(router, None, lambda _: None, request_seconds=60)
    transport = httpx.ASGITransport(server)
    async with httpx.AsyncClient(transport=transport, base_url="http://plaza") as client:
        yield client


@pytest.mark.parametrize(
    ("query", "words", "more"),
    [
        ("words=a", ["a"], None),
        ("words=a,b%2Cc&more=d", ["a", "b", "c"], ["d"]),
        ("words=&more=", [], []),
        ("words=caf%65%CC%81,e", ["caf\u00e9", "e"], None),
        ("words=+,1", [" ", "1"], None),
    ],
)
async def test_its_items_have_commas_between(http, query, words, more):
    answer = await http.get(f"/v1/words?{query}")
    assert (answer.status_code, answer.json()) == (200, {"words": words, "more": more})


@pytest.mark.parametrize(
    ("query", "pointers"),
    [
        ("", ["/words"]),
        ("words=a,b,c,d", ["/words"]),
        ("words=a,,c", ["/words/1"]),
        ("words=a,bbbbbb&more=,", ["/words/1", "/more/0", "/more/1"]),
        ("words=a&words=b", [""]),
    ],
)
async def test_every_item_that_is_wrong_is_told_by_its_place(http, query, pointers):
    answer = await http.get(f"/v1/words?{query}")
    assert answer.status_code == 422
    assert [each["pointer"] for each in answer.json()["errors"]] == pointers


def test_the_contract_says_how_it_is_written():
    made = document([HEAR], "1")["paths"]["/v1/words"]["get"]["parameters"]
    words, more = (each for each in made if each.get("in") == "query")
    assert (words["style"], words["explode"], words["required"]) == ("form", False, True)
    assert (words["schema"]["type"], words["schema"]["maxItems"]) == ("array", 3)
    assert words["schema"]["items"]["maxLength"] == 5
    assert more == {**words, "name": "more", "required": False}
