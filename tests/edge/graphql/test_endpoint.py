"""GraphQL over HTTP: media types, statuses, and what is refused before it is looked at."""

import json

import pytest
from graphql import get_introspection_query

pytestmark = pytest.mark.anyio

RESPONSE = "application/graphql-response+json"
NAME = "{ __typename }"


async def test_both_media_types_are_spoken(http):
    for accept, given in [
        (RESPONSE, RESPONSE),
        ("application/json", "application/json"),
        (f"{RESPONSE}, application/json;q=0.9", RESPONSE),
        (f"{RESPONSE};q=0.5, application/json", "application/json"),
        (f"*/*, {RESPONSE}", RESPONSE),
        ("*/*", "application/json"),
        ("application/*;q=0.1", "application/json"),
    ]:
        answer = await http.post("/graphql", json={"query": NAME}, headers={"accept": accept})
        assert answer.json() == {"data": {"__typename": "Query"}}
        assert answer.headers["content-type"] == f"{given}; charset=utf-8"
        assert answer.headers["cache-control"] == "no-store"


@pytest.mark.parametrize("accept", ["text/html", f"{RESPONSE};q=0", "*/*;q=x", "application/xml"])
async def test_other_media_types_are_not_acceptable(http, accept):
    answer = await http.post("/graphql", json={"query": NAME}, headers={"accept": accept})
    assert answer.status_code == 406


WRONG = [
    ("{", "request.unparsable"),
    ("{ nothing }", "request.not_in_schema"),
    ("query A { __typename } query B { __typename }", "request.unparsable"),
    ("subscription { x }", "request.not_in_schema"),
    ("fragment F on Query { __typename }", "request.not_in_schema"),
    ("query($id: UUID!) { note(noteId: $id) { id } }", "request.not_in_schema"),
    ('{ note(noteId: "x") { id } }', "request.not_in_schema"),
    ("type Query { x: Int }", "request.not_in_schema"),
    ("{ notes { } }", "request.unparsable"),
]


@pytest.mark.parametrize(("query", "code"), WRONG)
async def test_a_query_that_cannot_run_has_no_data_and_400_or_200_by_media_type(http, query, code):
    for accept, status in ((RESPONSE, 400), ("application/json", 200)):
        answer = await http.post("/graphql", json={"query": query}, headers={"accept": accept})
        assert answer.status_code == status
        assert "data" not in answer.json()
        assert answer.json()["errors"][0]["extensions"]["code"] == code


async def test_an_operation_that_ran_is_200_whatever_was_refused(http):
    body = {"query": '{ note(noteId: "01890a5d-ac96-774b-bcce-b302099a8057") { id } }'}
    answer = await http.post("/graphql", json=body, headers={"accept": RESPONSE})
    assert (answer.status_code, answer.json()["data"]) == (200, {"note": None})


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"[]",
        b'[{"query": "{ __typename }"}]',
        b'"x"',
        b"{}",
        b'{"query": 5}',
        b'{"query": "{ __typename }", "variables": []}',
        b'{"query": "{ __typename }", "operationName": 1}',
        b'{"query": "{ __typename }", "extensions": {"idempotencyKey": 5}}',
        b'{"query": "{ __typename }", "query": "{ a }"}',
        b'{"query": "\xff"}',
    ],
)
async def test_what_is_no_request_is_400_also_many_in_one(http, body):
    headers = {"content-type": "application/json"}
    answer = await http.post("/graphql", content=body, headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (400, "request.unreadable")


@pytest.mark.parametrize(
    "kind",
    ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", ""],
)
async def test_a_form_another_site_could_send_is_not_taken(http, kind):
    answer = await http.post(
        "/graphql", content=b'{"query": "{a}"}', headers={"content-type": kind}
    )
    assert answer.status_code == 415


async def test_get_takes_queries_and_their_variables_but_no_mutation(http):
    query = "query($name: String!) { __type(name: $name) { name } }"
    parameters = {"query": query, "variables": json.dumps({"name": "Note"}), "extensions": ""}
    answer = await http.get("/graphql", params=parameters)
    assert answer.json() == {"data": {"__type": {"name": "Note"}}}
    mutation = {"query": 'mutation { createNote(note: {words: "x"}) { id } }'}
    refused = await http.get("/graphql", params=mutation)
    assert (refused.status_code, refused.headers["allow"]) == (405, "POST")


@pytest.mark.parametrize(
    "query",
    [
        "",
        "query=%ff",
        "query={__typename}&query={__typename}",
        "query={__typename}&variables={",
        "query={__typename}&variables=[]",
        "query={__typename}&variables=1e999",
        "query={__typename}&operationName=A&operationName=B",
    ],
)
async def test_a_get_that_is_no_request_is_400(http, query):
    assert (await http.get(f"/graphql?{query}")).status_code == 400


async def test_of_several_operations_the_named_one_runs(http):
    body = {"query": "query A { __typename } query B { b: __typename }", "operationName": "B"}
    assert (await http.post("/graphql", json=body)).json() == {"data": {"b": "Query"}}
    body["operationName"] = "C"
    assert "data" not in (await http.post("/graphql", json=body)).json()


async def test_the_schema_tells_itself(http):
    answer = await http.post("/graphql", json={"query": get_introspection_query()})
    names = {each["name"] for each in answer.json()["data"]["__schema"]["types"]}
    assert names >= {"Note", "NewNote", "PageInfo", "UUID"}


@pytest.mark.parametrize(
    "query",
    [
        "{ nots { edges { cursor } } }",
        "{ notes { edge { cursor } } }",
        "{ notes(frst: 1) { edges { cursor } } }",
        'mutation { createNote(note: {wrds: "x"}) { id } }',
        "query($x: Nte) { __typename }",
        "{ notes @skp(if: true) { edges { cursor } } }",
    ],
)
async def test_no_answer_names_what_was_not_asked_for(http, query):
    answer = await http.post("/graphql", json={"query": query})
    assert "errors" in answer.json()
    assert "did you mean" not in answer.text.lower()


async def test_variables_are_checked_without_a_hint_either(http):
    query = "mutation($note: NewNote!) { createNote(note: $note) { id } }"
    body = {"query": query, "variables": {"note": {"wrds": "x"}}}
    answer = await http.post("/graphql", json=body)
    assert answer.json()["errors"][0]["extensions"]["code"] == "request.not_in_schema"
    assert "did you mean" not in answer.text.lower()
