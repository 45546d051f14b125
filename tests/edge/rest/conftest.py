"""The REST edge with nothing behind it but a context made for tests."""

from collections.abc import AsyncIterator

import httpx
import msgspec
import pytest

from plaza.edge.access_log import Done
from plaza.edge.operations import Bound, Memory
from plaza.edge.rest.router import Router
from plaza.edge.rest.routes import handler, route
from plaza.edge.rest.server import Server
from plaza.platform.caller import Caller, Claim, Origin
from plaza.platform.problems import LoginRequired
from tests.edge.notes import ADA, EVE, Notes, NotesApi

KEY = b"k" * 32

ROUTES = [
    route("POST /v1/notes", NotesApi.create, status=201, location="/v1/notes/{id}"),
    route("GET /v1/notes", NotesApi.every),
    route("GET /v1/notes/crash", NotesApi.crash),
    route("GET /v1/notes/{note_id}", NotesApi.get),
    route("PATCH /v1/notes/{note_id}", NotesApi.edit),
    route("DELETE /v1/notes/{note_id}", NotesApi.delete),
    route("POST /v1/whispers", NotesApi.whisper),
]
PEOPLE = {"ada": ADA, "eve": EVE}


async def authenticate(token: str, origin: Origin) -> Caller:
    if token not in PEOPLE:
        raise LoginRequired
    return msgspec.structs.replace(PEOPLE[token], origin=origin)


@pytest.fixture
def notes() -> Notes:
    return Notes()


@pytest.fixture
def kept() -> dict[str, bytes]:
    """What earlier requests were answered, by key."""
    return {}


@pytest.fixture
def done() -> list[Done]:
    return []


def serve(notes: Notes, kept: dict[str, bytes], done: list[Done], seconds: float) -> Server:
    async def recall(claim: Claim) -> bytes | None:
        return kept.get(claim.key)

    router = Router()
    for line in ROUTES:
        router.add(
            line.method, line.path, handler(line, Bound(line.operation, notes, Memory(recall, KEY)))
        )
    return Server(router, authenticate, done.append, request_seconds=seconds)


@pytest.fixture
def server(notes: Notes, kept: dict[str, bytes], done: list[Done]) -> Server:
    return serve(notes, kept, done, seconds=60)


@pytest.fixture
async def http(server: Server) -> AsyncIterator[httpx.AsyncClient]:
    transport = httpx.ASGITransport(server)
    async with httpx.AsyncClient(transport=transport, base_url="http://plaza") as client:
        client.headers["authorization"] = "Bearer ada"
        yield client
