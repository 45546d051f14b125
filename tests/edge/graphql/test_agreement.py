"""A schema and operations that differ do not start, and say where."""

import pytest

from plaza.edge.graphql.fields import Fields, serve
from tests.edge.graphql.conftest import FIELDS, SDL
from tests.edge.notes import Notes

DIFFER = [
    ("words: String!, stars: Int!", "stars: Int!", r"Note in \['words'\]"),
    ("words: String!, stars: Int!", "words: String, stars: Int!", "Note.words must not be null"),
    ("id: UUID!, words: String!", "id: ID!, words: String!", "Note.id is ID"),
    ("createdAt: DateTime!", "createdAt: String!", "Note.created_at is String"),
    ("words: String!, stars: Int = 0", "words: String, stars: Int = 0", "must be required"),
    ("stars: Int = 0", "stars: Int! = 0", "must not be required"),
    ("stars: Int = 0", "stars: Int = 1", "NewNote.stars has another default"),
    ("input NoteChange { words: String }", "input NoteChange { x: String }", "NoteChange in"),
    ("note(noteId: UUID!)", "note(id: UUID!)", "note in"),
    ("note(noteId: UUID!)", "note(noteId: UUID)", "must be required"),
    ("version: Int!): Note", "version: Int!): Note!", "editNote must be nullable"),
    ("first: Int = 20", "first: Int = 10", r"notes\(limit\) has another default"),
    ("): NoteConnection", "): Note", "must be a NoteConnection"),
    ("edges: [NoteEdge!]!", "edges: [NoteEdge]!", "must be a NoteConnection"),
    ("node: Note!", "node: Note", "notes.node must not be nullable"),
    ("crash: Boolean", "crash: String", "crash is String"),
    ("whisper(note: NewNote!): Note", "whisper(note: NewNote!): NoteEdge", "is NoteEdge, not Note"),
]


def test_what_agrees_is_served():
    assert serve(SDL, [(FIELDS, Notes(), None)]).costs["Mutation", "createNote"] == 1


@pytest.mark.parametrize(("said", "instead", "why"), DIFFER)
def test_what_differs_is_told(said, instead, why):
    assert said in SDL
    with pytest.raises(TypeError, match=why):
        serve(SDL.replace(said, instead, 1), [(FIELDS, Notes(), None)])


def test_a_field_nobody_answers_is_told():
    query = {name: each for name, each in FIELDS.query.items() if name != "crash"}
    fields = Fields(query=query, mutation=FIELDS.mutation)
    with pytest.raises(TypeError, match="no operation answers crash"):
        serve(SDL, [(fields, Notes(), None)])


def test_an_operation_the_schema_does_not_know_is_told():
    with pytest.raises(ValueError, match="crash"):
        serve(SDL.replace("  crash: Boolean\n", ""), [(FIELDS, Notes(), None)])
