"""What /metrics tells, and whom."""

import httpx
import pytest
from prometheus_client.parser import text_string_to_metric_families as parsed

from plaza.edge.rest.metrics import ANSWERED, Numbers, add_metrics
from plaza.edge.rest.operator import Operator
from plaza.edge.rest.router import Router
from plaza.edge.rest.server import Server
from plaza.platform.meters import BOUNDS, Family, Reading, Timing
from tests.edge.rest.conftest import authenticate

pytestmark = pytest.mark.anyio

NOTES = Family("notes_total", "counter", "Notes.", ("kind",))
SIZE = Family("size_bytes", "gauge", "Size, whoever is asked.")
TIME = Family("notes_seconds", "histogram", "How long.", ("kind",))
NEVER = Family("never_total", "counter", "Nobody counts it yet.")


class Processes:
    """Two, and one that does not answer."""

    async def read(self):
        timing = Timing()
        for seconds in (0.002, 0.3, 99.0):
            timing.add(seconds)
        return {
            "web-0": [Reading("notes_total", ('odd "one"\n',), 3), Reading("newer", (), 1)],
            "worker": [Reading("notes_total", ("b",), 4), Reading("notes_seconds", ("b",), timing)],
            "web-1": None,
        }


async def shared():
    return [Reading("size_bytes", (), 2.5)]


def app(*, development):
    router = Router()
    operator = Operator(
        user="ops",
        password="open: sesame",
        authenticate=authenticate,
        trusts_this_machine=development,
    )
    numbers = Numbers([NOTES, SIZE, TIME, NEVER, ANSWERED], Processes(), shared)
    add_metrics(router, operator, numbers)
    return Server(router, authenticate, lambda _: None, request_seconds=60)


async def ask(server, *, address="127.0.0.1", host="localhost", **how):
    transport = httpx.ASGITransport(server, client=(address, 7))
    async with httpx.AsyncClient(transport=transport, base_url=f"http://{host}") as client:
        return await client.get("/metrics", **how)


async def test_in_production_only_the_operator_is_told():
    server = app(development=False)
    refused = await ask(server)
    assert (refused.status_code, refused.json()["code"]) == (401, "request.login_required")
    assert (await ask(server, auth=("ops", "wrong"))).status_code == 401
    assert (await ask(server, headers={"authorization": "Bearer ada"})).status_code == 403
    assert (await ask(server, auth=("ops", "open: sesame"))).status_code == 200
    assert (await ask(server, headers={"authorization": "Bearer eve"})).status_code == 200


async def test_in_development_this_machine_is_told_and_no_other():
    server = app(development=True)
    assert (await ask(server)).status_code == 200
    assert (await ask(server, address="203.0.113.9")).status_code == 401
    assert (await ask(server, host="plaza.example")).status_code == 401
    assert (await ask(server, address="203.0.113.9", auth=("ops", "open: sesame"))).is_success


async def test_what_is_told_can_be_read_as_prometheus_does():
    told = await ask(app(development=True))
    assert told.headers["content-type"] == "text/plain; version=0.0.4; charset=utf-8"
    assert told.headers["cache-control"] == "no-store"
    families = {each.name: each for each in parsed(told.text)}
    samples = {
        (sample.name, *sorted(sample.labels.items())): sample.value
        for family in families.values()
        for sample in family.samples
        if "le" not in sample.labels
    }
    assert samples == {
        ("notes_total", ("kind", 'odd "one"\n'), ("process", "web-0")): 3,
        ("notes_total", ("kind", "b"), ("process", "worker")): 4,
        ("notes_seconds_count", ("kind", "b"), ("process", "worker")): 3,
        ("notes_seconds_sum", ("kind", "b"), ("process", "worker")): 99.302,
        ("size_bytes",): 2.5,
        ("plaza_process_answered", ("process", "web-0")): 1,
        ("plaza_process_answered", ("process", "worker")): 1,
        ("plaza_process_answered", ("process", "web-1")): 0,
    }
    assert families["notes_seconds"].type == "histogram"
    assert families["never"].documentation == "Nobody counts it yet."


async def test_a_bucket_holds_all_that_were_as_short():
    told = await ask(app(development=True))
    (family,) = [each for each in parsed(told.text) if each.name == "notes_seconds"]
    buckets = [
        (float(each.labels["le"]), each.value) for each in family.samples if "le" in each.labels
    ]
    assert [end for end, _ in buckets] == [*BOUNDS, float("inf")]
    assert [count for end, count in buckets if end in {0.001, 0.0025, 0.25, 0.5, 10.0}] == [
        0,
        1,
        1,
        2,
        2,
    ]
    assert buckets[-1][1] == 3
