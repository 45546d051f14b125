"""A link in a letter opens a page; its button, and nothing else, does what it says."""

from typing import Annotated, Protocol

import httpx
import msgspec
import pytest
from msgspec import Meta

from plaza.edge.operations import Bound
from plaza.edge.rest.button_pages import ButtonPage, add_button_page
from plaza.edge.rest.router import Router
from plaza.edge.rest.server import Server
from plaza.platform.caller import Caller
from plaza.platform.operations import May, operation
from plaza.platform.problems import Kind, Problem, Unavailable
from tests.edge.rest.conftest import authenticate

pytestmark = pytest.mark.anyio


class DoorShut(Problem):
    kind, code, title = Kind.GONE, "doors.shut", "The door is <shut>"


class DoorsApi(Protocol):
    @operation(may=May.ANYONE, limit="credentials", problems=(DoorShut,))
    async def open(self, caller: Caller, key: Annotated[str, Meta(max_length=20)]) -> None:
        """Open the door."""


class Doors:
    def __init__(self):
        self.opened, self.refusal = [], None

    async def open(self, _caller, key):
        if self.refusal:
            raise self.refusal
        self.opened.append(key)


WORDS = ButtonPage(
    path="/doors/{key}",
    operation=DoorsApi.open,
    title="Open the <door>",
    sentence="One more step.",
    button="Open",
    done="It is open.",
    refused={DoorShut: "It is closed & locked."},
)


@pytest.fixture
def doors():
    return Doors()


@pytest.fixture
def done():
    return []


@pytest.fixture
async def http(doors, done):
    router = Router()
    add_button_page(router, WORDS, Bound(WORDS.operation, doors))
    server = Server(router, authenticate, done.append, request_seconds=60)
    async with httpx.AsyncClient(
        transport=httpx.ASGITransport(server), base_url="http://plaza"
    ) as client:
        yield client


async def test_looking_does_nothing(http, doors):
    for look in (http.get, http.head, http.options):
        assert (await look("/doors/k-1")).is_success
    assert doors.opened == []


async def test_the_button_does_it(http, doors):
    page = (await http.get("/doors/k-1")).text
    assert '<form method="post"><button>Open</button></form>' in page
    form = {"content-type": "application/x-www-form-urlencoded"}
    answer = await http.post("/doors/k-1", headers=form, content=b"")
    assert (answer.status_code, "It is open." in answer.text) == (200, True)
    assert doors.opened == ["k-1"]


async def test_a_refusal_is_a_page_with_the_status_of_the_contract(http, doors):
    doors.refusal = DoorShut()
    answer = await http.post("/doors/k-1")
    assert answer.status_code == 410
    assert "The door is &lt;shut&gt;" in answer.text
    assert "It is closed &amp; locked." in answer.text
    doors.refusal = Unavailable()
    answer = await http.post("/doors/k-1")
    assert (answer.status_code, "Try again" in answer.text) == (503, True)
    assert int(answer.headers["retry-after"]) > 0
    answer = await http.post("/doors/" + "k" * 21)
    assert (answer.status_code, answer.headers["content-type"]) == (
        422,
        "text/html; charset=utf-8",
    )


async def test_no_answer_can_be_kept_framed_or_made_to_load_something(http, doors):
    answers = [await http.get("/doors/k-1"), await http.post("/doors/k-1")]
    doors.refusal = DoorShut()
    answers.append(await http.post("/doors/k-1"))
    for answer in answers:
        assert answer.headers["cache-control"] == "no-store"
        assert answer.headers["referrer-policy"] == "no-referrer"
        policy = answer.headers["content-security-policy"]
        assert policy.startswith("default-src 'none';")
        assert "form-action 'self'" in policy
        assert "frame-ancestors 'none'" in policy
        assert "<door>" not in answer.text
        assert "k-1" not in answer.text


async def test_what_is_observed_names_no_key(http, done):
    await http.get("/doors/k-1")
    await http.post("/doors/k-1")
    assert [(each.method, each.route) for each in done] == [
        ("GET", "/doors/{key}"),
        ("POST", "/doors/{key}"),
    ]
    assert "k-1" not in str(done)


@pytest.mark.parametrize("wrong", [{"path": "/doors/{name}"}, {"refused": {}}])
def test_words_that_do_not_fit_are_found_at_the_start(doors, wrong):
    words = msgspec.structs.replace(WORDS, **wrong)
    with pytest.raises(TypeError, match="does not fit"):
        add_button_page(Router(), words, Bound(words.operation, doors))
