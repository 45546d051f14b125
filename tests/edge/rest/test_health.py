"""What probes are told: alive, begun, ready; and what is degraded."""

import httpx
import pytest

from plaza.edge.rest.health import add_health
from plaza.edge.rest.router import Router
from plaza.edge.rest.server import Server
from plaza.platform.health import Health

pytestmark = pytest.mark.anyio


class Part:
    """Works until it does not."""

    def __init__(self):
        self.down = False
        self.asked = 0

    async def check(self):
        self.asked += 1
        if self.down:
            raise ConnectionError("gone")


@pytest.fixture
def database():
    return Part()


@pytest.fixture
def cache():
    return Part()


@pytest.fixture
def health(database, cache):
    return Health({"database": database.check}, {"cache": cache.check})


@pytest.fixture
async def http(health):
    async def nobody(*_):
        raise AssertionError

    router = Router()
    add_health(router, health)
    transport = httpx.ASGITransport(Server(router, nobody, lambda _: None, request_seconds=60))
    async with httpx.AsyncClient(transport=transport, base_url="http://plaza") as client:
        yield client


async def test_all_well_is_ok_in_one_word(http):
    assert (await http.get("/health")).text == "ok"
    ready = await http.get("/health/ready")
    assert ready.json() == {"status": "ok", "missing": [], "degraded": []}
    assert ready.headers["cache-control"] == "no-store"


async def test_without_what_is_needed_it_is_not_ready_but_alive(http, database):
    database.down = True
    ready = await http.get("/health/ready")
    assert (ready.status_code, ready.json()["missing"]) == (503, ["database"])
    word = await http.get("/health")
    assert (word.status_code, word.text) == (503, "unavailable")
    assert (await http.get("/health/live")).status_code == 200


async def test_without_what_is_useful_it_goes_on_and_says_so(http, cache):
    cache.down = True
    ready = await http.get("/health/ready")
    assert (ready.status_code, ready.json()["degraded"]) == (200, ["cache"])
    assert (await http.get("/health")).text == "degraded"


async def test_it_has_begun_when_it_says_so(http, health):
    assert (await http.get("/health/startup")).status_code == 503
    health.started = True
    assert (await http.get("/health/startup")).status_code == 200


async def test_who_is_about_to_end_takes_no_more_work(http, health):
    assert (await http.get("/health/ready")).status_code == 200
    health.draining = True
    ready = await http.get("/health/ready")
    assert (ready.status_code, ready.json()["missing"]) == (503, ["draining"])


async def test_probes_are_no_load(http, database):
    for _ in range(50):
        await http.get("/health/ready")
    assert database.asked == 1
