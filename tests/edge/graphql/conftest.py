"""The GraphQL edge over HTTP, with nothing behind it but a context made for tests."""

from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import httpx
import pytest

from plaza.edge.access_log import Done
from plaza.edge.graphql.endpoint import handler
from plaza.edge.graphql.fields import Fields, Served, serve
from plaza.edge.operations import Memory
from plaza.edge.rest.router import Router
from plaza.edge.rest.server import Server
from plaza.platform.caller import Claim
from tests.edge.notes import Notes, NotesApi
from tests.edge.rest.conftest import authenticate

KEY = b"k" * 32

SDL = """
scalar UUID
scalar DateTime

type Query {
  note(noteId: UUID!): Note
  notes(first: Int = 20, after: String): NoteConnection
  crash: Boolean
}

type Mutation {
  createNote(note: NewNote!): Note
  editNote(noteId: UUID!, change: NoteChange!, version: Int!): Note
  deleteNote(noteId: UUID!): Boolean
  whisper(note: NewNote!): Note
}

type Note { id: UUID!, words: String!, stars: Int!, version: Int!, createdAt: DateTime! }
input NewNote { words: String!, stars: Int = 0 }
input NoteChange { words: String }

type NoteConnection { edges: [NoteEdge!]!, pageInfo: PageInfo! }
type NoteEdge { node: Note!, cursor: String! }
type PageInfo {
  hasNextPage: Boolean!
  hasPreviousPage: Boolean!
  startCursor: String
  endCursor: String
}
"""
FIELDS = Fields(
    query={"note": NotesApi.get, "notes": NotesApi.every, "crash": NotesApi.crash},
    mutation={
        "createNote": NotesApi.create,
        "editNote": NotesApi.edit,
        "deleteNote": NotesApi.delete,
        "whisper": NotesApi.whisper,
    },
)
Ask = Callable[..., Awaitable[dict[str, Any]]]


@pytest.fixture
def notes() -> Notes:
    return Notes()


@pytest.fixture
def kept() -> dict[str, bytes]:
    """What earlier requests were answered, by key."""
    return {}


@pytest.fixture
def served(notes: Notes, kept: dict[str, bytes]) -> Served:
    async def recall(claim: Claim) -> bytes | None:
        return kept.get(claim.key)

    return serve(SDL, [(FIELDS, notes, Memory(recall, KEY))])


@pytest.fixture
async def http(served: Served) -> AsyncIterator[httpx.AsyncClient]:
    router, endpoint, done = Router(), handler(served), list[Done]()
    router.add("POST", "/graphql", endpoint)
    router.add("GET", "/graphql", endpoint)
    server = Server(router, authenticate, done.append, request_seconds=60)
    transport = httpx.ASGITransport(server)
    async with httpx.AsyncClient(transport=transport, base_url="http://plaza") as client:
        client.headers["authorization"] = "Bearer ada"
        yield client


@pytest.fixture
def ask(http: httpx.AsyncClient) -> Ask:
    """The whole answer to a query; the keywords are its variables."""

    async def ask(query: str, **variables: Any) -> dict[str, Any]:
        answer = await http.post("/graphql", json={"query": query, "variables": variables})
        assert answer.status_code == 200
        return answer.json()

    return ask
