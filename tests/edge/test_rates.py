"""Calls are counted before anything else, alike in every protocol."""

import grpc
import httpx
import pytest

from plaza.edge.authentication import counted
from plaza.edge.graphql.endpoint import handler as graphql_handler
from plaza.edge.graphql.fields import serve as serve_graphql
from plaza.edge.grpc.caller_token import CallerTokens
from plaza.edge.grpc.calls import Calls
from plaza.edge.grpc.identity import Identity
from plaza.edge.grpc.server import GrpcServer
from plaza.edge.operations import Bound
from plaza.edge.rest.router import Router
from plaza.edge.rest.routes import handler
from plaza.edge.rest.server import Server
from plaza.platform.caller import Anonymous, Caller, Origin
from plaza.platform.operations import May, operation
from plaza.platform.problems import Limited, LoginRequired
from plaza.platform.rates import Rates, Rule, Rules
from tests.edge.graphql.conftest import FIELDS, SDL
from tests.edge.grpc.conftest import KEY, SERVICE, PostsDouble
from tests.edge.notes import Notes
from tests.edge.rest.conftest import ROUTES, authenticate
from tests.edge.test_operations import Safe, ada

pytestmark = pytest.mark.anyio

FEW = Rules(anonymous=Rule("anonymous", 2, 5), user=Rule("user", 3, 60))


@pytest.fixture
def rates():
    return Rates(FEW, lambda: 1000.0)


@pytest.fixture
async def http(rates):
    router, notes = Router(), Notes()
    for line in ROUTES:
        bound = Bound(line.operation, notes, None, rates)
        router.add(line.method, line.path, handler(line, bound))
    endpoint = graphql_handler(serve_graphql(SDL, [(FIELDS, notes, None)], rates))
    router.add("POST", "/graphql", endpoint)
    server = Server(router, authenticate, lambda _: None, request_seconds=60)
    transport = httpx.ASGITransport(server)
    async with httpx.AsyncClient(transport=transport, base_url="http://plaza") as client:
        yield client


async def test_an_answer_says_what_is_left_and_a_refusal_when_to_come_again(http):
    first = await http.get("/v1/notes")
    assert first.headers["ratelimit-policy"] == '"anonymous";q=2;w=5'
    assert first.headers["ratelimit"] == '"anonymous";r=1;t=5'
    await http.get("/v1/notes")
    refused = await http.get("/v1/notes")
    assert (refused.status_code, refused.json()["code"]) == (429, "request.limited")
    assert refused.headers["retry-after"] == "5"
    assert refused.headers["ratelimit"] == '"anonymous";r=0;t=5'
    assert refused.headers["ratelimit-policy"] == '"anonymous";q=2;w=5'


async def test_what_is_refused_for_another_reason_counts_too(http):
    for _ in range(2):
        refused = await http.post("/v1/notes", json={})
        assert (refused.status_code, "ratelimit" in refused.headers) == (401, False)
    assert (await http.post("/v1/notes", json={})).status_code == 429


async def test_a_token_that_is_not_good_is_a_strangers_call(rates):
    async def refuse(*_):
        raise LoginRequired

    guarded = counted(refuse, rates)
    for _ in range(2):
        with pytest.raises(LoginRequired):
            await guarded("x", Origin(address="10.0.0.1"))
    with pytest.raises(Limited):
        await guarded("x", Origin(address="10.0.0.1"))
    with pytest.raises(LoginRequired):
        await guarded("x", Origin(address="10.0.0.2"))
    assert await counted(authenticate, rates)("ada", Origin(address="10.0.0.1"))


async def test_with_a_token_it_is_the_person_who_is_counted(http):
    for _ in range(2):
        await http.get("/v1/notes")
    wrong = await http.post("/v1/notes", json={}, headers={"authorization": "Bearer ada"})
    assert (wrong.status_code, wrong.headers["ratelimit"]) == (422, '"user";r=2;t=60')


async def test_every_field_of_a_query_is_a_call(http):
    field = "notes { pageInfo { hasNextPage } }"
    query = {"query": f"{{ a: {field} b: {field} c: {field} }}"}
    told = (await http.post("/graphql", json=query)).json()
    codes = [error["extensions"]["code"] for error in told["errors"]]
    assert codes == ["request.limited"]
    assert told["errors"][0]["extensions"]["retryAfter"] == 5


async def test_a_call_of_grpc_is_a_call(rates):
    identity = Identity(authenticate, CallerTokens([KEY]))
    calls = Calls(identity, lambda _: None, request_seconds=60)
    server = GrpcServer([(SERVICE, PostsDouble(), None)], calls, rates=rates)
    port = await server.start("127.0.0.1:0")
    try:
        async with grpc.aio.insecure_channel(f"127.0.0.1:{port}") as channel:
            call = channel.unary_unary(f"/{SERVICE.name}/{next(iter(SERVICE.operations))}")
            codes = []
            for _ in range(3):
                try:
                    await call(b"", timeout=10)
                except grpc.aio.AioRpcError as error:
                    codes.append(error.code())
    finally:
        await server.stop(5)
    assert codes[-1] is grpc.StatusCode.RESOURCE_EXHAUSTED
    assert grpc.StatusCode.RESOURCE_EXHAUSTED not in codes[:-1]


class Doors:
    @operation(may=May.ANYONE, limit="credentials")
    async def knock(self, caller: Caller, safe: Safe) -> None:
        """Knock."""


def knock(bound, name, caller=None):
    caller = caller or Anonymous(origin=Origin(address="203.0.113.9"))
    bound.claimed(caller, {"safe": Safe(name=name, code="1234")})


def test_tries_are_counted_by_whom_they_name_however_it_is_written():
    bound = Bound(Doors.knock, Doors(), None, Rates(Rules(), lambda: 1000.0))
    for name in ("ada", "Ada", "ADA", "aDa", "ada"):
        knock(bound, name)
    with pytest.raises(Limited):
        knock(bound, "adA")
    knock(bound, "bob")


def test_somebody_who_is_known_is_counted_as_himself():
    bound = Bound(Doors.knock, Doors(), None, Rates(Rules(), lambda: 1000.0))
    someone = ada()
    for number in range(5):
        knock(bound, f"name{number}", someone)
    with pytest.raises(Limited):
        knock(bound, "another", someone)
    knock(bound, "another", ada())
