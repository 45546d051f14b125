"""What browsers are told on every answer, and whose pages they may let call."""

import asyncio

import httpx
import pytest

from plaza.edge.operations import Bound
from plaza.edge.proxies import Proxies
from plaza.edge.rest.front import SAFE, Front
from plaza.edge.rest.origins import Origins
from plaza.edge.rest.router import Router
from plaza.edge.rest.routes import handler, route
from plaza.edge.rest.server import Server
from tests.edge.notes import Notes, NotesApi
from tests.edge.rest.conftest import authenticate
from tests.edge.rest.wire import listening

pytestmark = pytest.mark.anyio

LINES = (route("GET /v1/notes", NotesApi.every), route("POST /v1/notes", NotesApi.create))
PAGE = "https://app.example.org"
ASK = {"origin": PAGE, "access-control-request-method": "POST"}


@pytest.fixture
def ask(done):
    """Sends one request to a server with that front."""

    async def send(front, method="GET", path="/v1/notes", **headers):
        router = Router()
        for line in (
            route("GET /v1/notes", NotesApi.every),
            route("POST /v1/notes", NotesApi.create),
        ):
            router.add(line.method, line.path, handler(line, Bound(line.operation, Notes())))
        server = Server(router, authenticate, done.append, request_seconds=60, front=front)
        transport = httpx.ASGITransport(server, client=("10.0.0.1", 4711))
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        async with httpx.AsyncClient(transport=transport, base_url="http://plaza") as client:
            return await client.request(method, path, headers=named)

    return send


@pytest.mark.parametrize(
    ("method", "path"),
    [("GET", "/v1/notes"), ("GET", "/v1/no"), ("PUT", "/v1/notes"), ("OPTIONS", "/v1/notes")],
)
async def test_every_answer_is_safe_to_show(ask, method, path):
    answer = await ask(Front(), method, path)
    for name, value in SAFE:
        assert answer.headers[name.decode()] == value.decode()
    assert "strict-transport-security" not in answer.headers
    assert not [name for name in answer.headers if name.startswith("access-control")]


async def test_also_that_to_what_is_no_request(server):
    async with listening(server) as port:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(b"nonsense\r\n\r\n")
        answer = await reader.read()
        writer.close()
        await writer.wait_closed()
    assert answer.startswith(b"HTTP/1.1 400")
    for name, value in SAFE:
        assert name + b": " + value in answer


async def test_a_listed_page_may_read_the_answer_and_no_other(ask):
    front = Front(origins=Origins([PAGE]))
    answer = await ask(front, origin=PAGE)
    assert answer.headers["access-control-allow-origin"] == PAGE
    assert "X-Request-ID" in answer.headers["access-control-expose-headers"]
    assert answer.headers["vary"] == "Origin"
    assert "access-control-allow-credentials" not in answer.headers
    for other in ("https://evil.example.org", "http://app.example.org", PAGE + ":8443", "null"):
        refused = await ask(front, origin=other)
        assert "access-control-allow-origin" not in refused.headers
        assert refused.headers["vary"] == "Origin"
    assert (await ask(front)).headers["vary"] == "Origin"


async def test_a_refusal_can_be_read_by_the_page_too(ask):
    refused = await ask(Front(origins=Origins([PAGE])), path="/v1/nothing", origin=PAGE)
    assert refused.status_code == 404
    assert refused.headers["access-control-allow-origin"] == PAGE


async def test_a_preflight_tells_the_methods_of_the_path(ask):
    answer = await ask(Front(origins=Origins([PAGE])), "OPTIONS", **ASK)
    assert answer.status_code == 204
    assert answer.headers["access-control-allow-methods"] == "GET, HEAD, OPTIONS, POST"
    assert "Authorization" in answer.headers["access-control-allow-headers"]
    assert int(answer.headers["access-control-max-age"]) > 0
    assert answer.headers["access-control-allow-origin"] == PAGE


async def test_a_preflight_from_elsewhere_is_told_nothing(ask):
    front = Front(origins=Origins([PAGE]))
    answer = await ask(front, "OPTIONS", **{**ASK, "origin": "https://evil.example.org"})
    assert answer.status_code == 204
    assert not [name for name in answer.headers if name.startswith("access-control")]


async def test_cookies_are_let_by_only_where_that_was_set(ask):
    answer = await ask(Front(origins=Origins([PAGE], credentials=True)), origin=PAGE)
    assert answer.headers["access-control-allow-credentials"] == "true"


async def test_any_page_may_be_allowed_but_never_with_cookies(ask):
    answer = await ask(Front(origins=Origins(["*"])), origin=PAGE)
    assert answer.headers["access-control-allow-origin"] == "*"
    with pytest.raises(ValueError, match="any page"):
        Origins(["*"], credentials=True)


@pytest.mark.parametrize(
    ("page", "allowed"),
    [
        ("http://localhost:5173", True),
        ("https://127.0.0.1", True),
        ("http://[::1]:3000", True),
        ("http://localhost.evil.example.org", False),
        ("http://evil.example.org:80/localhost", False),
    ],
)
async def test_where_one_develops_pages_of_this_machine_may_call(ask, page, allowed):
    answer = await ask(Front(origins=Origins(local=True)), origin=page)
    assert ("access-control-allow-origin" in answer.headers) is allowed


async def test_the_client_is_whom_a_known_proxy_names(ask, done):
    await ask(Front(proxies=Proxies(["10.0.0.0/8"])), x_forwarded_for="1.1.1.1, 203.0.113.9")
    await ask(Front(), x_forwarded_for="203.0.113.9")
    assert [each.caller.origin.address for each in done] == ["203.0.113.9", "10.0.0.1"]


async def test_tls_is_insisted_on_in_production_once_it_is_there(ask):
    proxies = Proxies(["10.0.0.1"])
    by_tls = {"x_forwarded_proto": "https"}
    strict = "strict-transport-security"
    assert strict in (await ask(Front(production=True, secure=True))).headers
    assert strict in (await ask(Front(production=True, proxies=proxies), **by_tls)).headers
    assert strict not in (await ask(Front(production=True, proxies=proxies))).headers
    assert strict not in (await ask(Front(production=True), **by_tls)).headers
    assert strict not in (await ask(Front(secure=True, proxies=proxies), **by_tls)).headers
