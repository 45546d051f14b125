"""What only the operator sees, and who that is."""

import httpx
import pytest
from msgspec import Struct

from plaza.edge.rest.operator import Operator, add_operator
from plaza.edge.rest.router import Router
from plaza.edge.rest.server import Server
from plaza.platform.health import Health
from plaza.platform.rates import Rates, Rule, Rules
from tests.edge.rest.conftest import authenticate
from tests.edge.rest.test_health import Part

pytestmark = pytest.mark.anyio

FEW = Rules(credentials=Rule("credentials", 6, 60))
PATHS = pytest.mark.parametrize("path", ["/v1/health", "/v1/debug/vars"])


class Numbers(Struct):
    pid: int


@pytest.fixture
def database():
    return Part()


@pytest.fixture
def cache():
    return Part()


@pytest.fixture
async def http(database, cache):
    router = Router()
    health = Health({"database": database.check}, {"cache": cache.check})
    operator = Operator(
        user="ops", password="open: sesame", authenticate=authenticate, rates=Rates(FEW)
    )
    add_operator(router, operator, health, lambda: Numbers(7))
    server = Server(router, authenticate, lambda _: None, request_seconds=60)
    transport = httpx.ASGITransport(server)
    async with httpx.AsyncClient(transport=transport, base_url="http://plaza") as client:
        yield client


@PATHS
@pytest.mark.parametrize(
    "given",
    [
        None,
        "",
        "Basic",
        "Basic !!!",
        "Basic b3Bz",
        "Basic b3BzOm9wZW4=",
        "Basic Om9wZW46IHNlc2FtZQ==",
        "Bearer nobody",
        "Digest x",
    ],
)
async def test_a_stranger_sees_nothing(http, path, given):
    refused = await http.get(path, headers={} if given is None else {"authorization": given})
    assert (refused.status_code, refused.json()["code"]) == (401, "request.login_required")
    challenges = refused.headers.get_list("www-authenticate")
    assert [each.split()[0] for each in challenges] == ["Bearer", "Basic"]


@PATHS
async def test_a_user_may_not_an_admin_may(http, path):
    ada = await http.get(path, headers={"authorization": "Bearer ada"})
    assert ada.status_code == 403
    eve = await http.get(path, headers={"authorization": "Bearer eve"})
    assert (eve.status_code, eve.headers["cache-control"]) == (200, "no-store")


async def test_every_part_is_told_with_how_long_it_took(http, database, cache):
    words = ("ops", "open: sesame")
    told = (await http.get("/v1/health", auth=words)).json()
    assert (told["status"], told["draining"]) == ("ok", False)
    assert told["parts"]["database"]["needed"]
    cache.down = True
    told = await http.get("/v1/health", auth=words)
    assert (told.status_code, told.json()["status"]) == (200, "degraded")
    assert not told.json()["parts"]["cache"]["up"]
    assert told.json()["parts"]["cache"]["why"] is None
    database.down = True
    told = await http.get("/v1/health", auth=words)
    assert (told.status_code, told.json()["status"]) == (503, "unavailable")
    assert "gone" not in told.text


async def test_this_process_is_told_in_numbers(http):
    told = await http.get("/v1/debug/vars", auth=("ops", "open: sesame"))
    assert told.json() == {"pid": 7}


async def test_the_password_is_not_tried_for_ever(http):
    for _ in range(6):
        assert (await http.get("/v1/health", auth=("ops", "wrong"))).status_code == 401
    limited = await http.get("/v1/health", auth=("ops", "open: sesame"))
    assert (limited.status_code, limited.json()["code"]) == (429, "request.limited")
