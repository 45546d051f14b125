"""What is wrong is told, and where; never the value that was sent, nor how the server is made."""

import pytest

pytestmark = pytest.mark.anyio

SECRET = "hunter2"
DIGITS = "7" * 5_000
CREATE = "mutation($note: NewNote!) { createNote(note: $note) { id } }"
IN_VARIABLES = {
    "misshapen": SECRET,
    "in a list": [SECRET],
    "beside a missing field": {"stars": 1, "word": SECRET},
    "beside an unknown field": {"words": SECRET, "colour": 1},
    "of another type": {"words": "x", "stars": SECRET},
    "deeper than it should be": {"words": {"words": SECRET}},
    "with words of the message in it": {"words": [f"a: ', found: ' value: {SECRET}"]},
}
IN_QUERIES = {
    "of another type": f'{{ notes(first: "{SECRET}") {{ edges {{ cursor }} }} }}',
    "of a scalar": f'{{ note(noteId: "{SECRET}") {{ id }} }}',
    "without quotes": f"mutation {{ createNote(note: {{words: {SECRET}}}) {{ id }} }}",
    "instead of an object": f'mutation {{ createNote(note: "{SECRET}") {{ id }} }}',
    "beside an unknown field": "mutation { createNote(note: "
    f'{{words: "{SECRET}", colour: 1}}) {{ id }} }}',
    "beside a missing field": f'mutation {{ createNote(note: {{word: "{SECRET}"}}) {{ id }} }}',
    "as a default": f'query($n: Int = "{SECRET}") {{ notes(first: $n) {{ edges {{ cursor }} }} }}',
    "where no string goes": f'{{ note("{SECRET}") {{ id }} }}',
    "where no block string goes": f'{{ """{SECRET}""" }}',
    "where no name goes": f"query($n: Int) {SECRET} {{ __typename }}",
    "not ended": f'{{ note(noteId: "{SECRET}',
    "a wrong escape": f'{{ note(noteId: "\\u{{{SECRET}}}") {{ id }} }}',
    "a number that is none": f"{{ notes(first: .{DIGITS}) {{ edges {{ cursor }} }} }}",
    "a number too long": f"{{ notes(first: {DIGITS}) {{ edges {{ cursor }} }} }}",
    "a number where none goes": f"{{ {DIGITS} }}",
}


async def told(http, body):
    answer = await http.post("/graphql", json=body)
    assert "data" not in answer.json()
    for hint in (SECRET, "777", "sys.", "digits"):
        assert hint not in answer.text
    return answer.json()


@pytest.mark.parametrize("note", IN_VARIABLES.values(), ids=IN_VARIABLES.keys())
async def test_no_variable_is_quoted(http, note):
    answer = await told(http, {"query": CREATE, "variables": {"note": note}})
    assert all("$note" in error["message"] for error in answer["errors"])


@pytest.mark.parametrize("query", IN_QUERIES.values(), ids=IN_QUERIES.keys())
async def test_nothing_in_a_query_is_quoted(http, query):
    answer = await told(http, {"query": query})
    assert all(error["message"] for error in answer["errors"])


async def test_what_is_wrong_is_still_told(http):
    answer = await told(http, {"query": CREATE, "variables": {"note": {"words": 1}}})
    (error,) = answer["errors"]
    assert error["message"] == (
        "Variable '$note' has invalid value at .words: String cannot represent a non string value."
    )


@pytest.mark.parametrize(
    "query",
    [
        "query($n: Int) { notes(first: $n) { edges { cursor } } }",
        "query($n: String) { notes(after: $n) { edges { cursor } } }",
    ],
)
async def test_a_long_number_in_the_variables_is_refused_without_a_hint(http, query):
    body = f'{{"query": "{query}", "variables": {{"n": {DIGITS}}}}}'
    as_json = {"content-type": "application/json"}
    answer = await http.post("/graphql", content=body, headers=as_json)
    assert "data" not in answer.json()
    for hint in ("777", "sys.", "digits"):
        assert hint not in answer.text
