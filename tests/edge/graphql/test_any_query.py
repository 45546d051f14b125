"""Whatever a client sends is answered or refused; none of it is a bug."""

import asyncio
from types import SimpleNamespace
from uuid import UUID

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis_graphql import from_schema, nodes

from plaza.edge.graphql.endpoint import handler
from plaza.edge.graphql.fields import Fields, serve
from plaza.platform.problems import Problem
from tests.edge.graphql.conftest import FIELDS, SDL
from tests.edge.notes import EVE, Note, Notes

NOTE = UUID("01890a5d-ac96-774b-bcce-b302099a8057")
CALM = SDL.replace("  crash: Boolean\n", "")
QUERY = {name: each for name, each in FIELDS.query.items() if name != "crash"}
SCALARS = {
    "UUID": (st.just(NOTE) | st.uuids()).map(lambda made: nodes.String(str(made))),
    "DateTime": st.datetimes().map(lambda made: nodes.String(f"{made.isoformat()}Z")),
}
TRIES = settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])


@pytest.fixture(scope="module")
def handle():
    notes = Notes()
    notes.notes[NOTE] = Note(id=NOTE, words="x", stars=1, version=1, created_at=EVE.proved_at)
    fields = Fields(query=QUERY, mutation=FIELDS.mutation)
    return handler(serve(CALM, [(fields, notes, None)]))


def answered(handle, body):
    """The answer's status and body; None for what was refused as no GraphQL request."""
    messages = iter([{"type": "http.request", "body": body}])

    async def receive():
        return next(messages)

    request = SimpleNamespace(
        method="POST",
        headers={b"content-type": b"application/json"},
        query=b"",
        caller=EVE,
        receive=receive,
    )
    try:
        reply = asyncio.run(handle(request))
    except Problem:
        return None
    return reply.status, msgspec.json.decode(reply.body)


def test_every_query_that_fits_the_schema_is_answered(handle):
    @TRIES
    @given(from_schema(CALM, custom_scalars=SCALARS))
    def ask(query):
        body = msgspec.json.encode({"query": query})
        status, answer = answered(handle, body)
        codes = {error["extensions"]["code"] for error in answer.get("errors", ())}
        assert status == 200
        assert "service.bug" not in codes
        if codes.isdisjoint({"request.too_complex", "request.unparsable"}):
            assert "data" in answer

    ask()


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=9), inner),
    max_leaves=8,
)
VARIABLES = st.fixed_dictionaries(
    {}, optional={"id": JSON, "note": JSON, "change": JSON, "version": JSON, "first": JSON}
)
ALL = """query Q($id: UUID!, $first: Int) {
  note(noteId: $id) { id } notes(first: $first) { edges { cursor } }
}
mutation Change($id: UUID!, $change: NoteChange!, $version: Int!) {
  editNote(noteId: $id, change: $change, version: $version) { id }
}
mutation Create($note: NewNote!) { createNote(note: $note) { id } }
"""


def test_whatever_the_variables_hold_is_answered(handle):
    @TRIES
    @given(VARIABLES, st.sampled_from(["Change", "Create"]))
    def ask(variables, name):
        body = {"query": ALL, "variables": variables}
        answer = answered(handle, msgspec.json.encode({**body, "operationName": name}))
        assert answer is None or "service.bug" not in str(answer)

    ask()


def test_whatever_the_body_holds_is_answered(handle):
    @TRIES
    @given(st.binary(max_size=200) | JSON.map(msgspec.json.encode))
    def ask(body):
        answer = answered(handle, body)
        assert answer is None or "service.bug" not in str(answer)

    ask()
