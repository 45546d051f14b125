"""What asks for too much is refused before any of it is done, and cheaply."""

import time

import pytest

from plaza.edge.graphql.documents import Documents

pytestmark = pytest.mark.anyio

MANY = range(60)
ATTACKS = {
    "aliases": " ".join(f"a{n}: __typename" for n in range(16)),
    "one field, often": "__typename " * 101,
    "one object, often": "notes { edges { cursor } } " * 16,
    "often in fragments": "... { notes { edges { cursor } } } " * 16,
    "tokens": "__typename " * 100_000,
    "directives": "__typename " + "@include(if: true) " * 51,
    "unknown directives": "__typename " + "@a " * 300,
    "comments": "__typename\n" + "#\n" * 101,
    "characters": "__typename #" + "x" * 100_000,
    "inline fragments in each other": "...{ " * 300 + "__typename" + " }" * 300,
    "fields in each other": "note { " * 300 + "id" + " }" * 300,
    "lists in each other": "note(noteId: " + "[" * 400 + "]" * 400 + ") { id }",
    "introspection in itself": "__schema { types "
    + "{ fields { type " * 4
    + "{ name } "
    + "} " * 9,
    "introspection, often": " ".join(f"a{n}: __schema {{ types {{ name }} }}" for n in range(6)),
    "a page over the cost": "notes(first: 3000) { edges { node { id } } }",
    "pages over the cost": " ".join(
        f"a{n}: notes(first: 400) {{ edges {{ node {{ id }} }} }}" for n in range(8)
    ),
    "a fragment in itself": "...A } fragment A on Query { ...B } fragment B on Query { ...A",
    "fragments that double": "...F0 } "
    + "".join(f"fragment F{n} on Query {{ ...F{n + 1} ...F{n + 1} }} " for n in MANY)
    + "fragment F60 on Query { __typename",
}


@pytest.mark.parametrize("attack", ATTACKS.values(), ids=ATTACKS.keys())
async def test_it_is_refused_without_data(http, attack):
    answer = await http.post("/graphql", json={"query": f"{{ {attack} }}"})
    assert answer.status_code == 413 or "data" not in answer.json()


@pytest.mark.parametrize("attack", ATTACKS.values(), ids=ATTACKS.keys())
def test_it_costs_little_to_refuse(served, attack):
    documents = Documents(served.schema)
    documents.prepare("{ __typename }")
    query = f"{{ {attack} }}"
    # The best of three: what else this machine does is not the query's fault.
    spent = []
    for _ in range(3):
        before = time.process_time()
        documents._prepare(query)  # noqa: SLF001  # without what is kept
        spent.append(time.process_time() - before)
    assert min(spent) < 0.05


async def test_a_page_counts_as_many_times_as_it_says(http):
    query = "query($first: Int) { notes(first: $first) { edges { node { id } } } }"
    for first, fits in ((2_499, True), (2_500, False), (None, True)):
        body = {"query": query, "variables": {"first": first}}
        answer = (await http.post("/graphql", json=body)).json()
        codes = [error["extensions"]["code"] for error in answer.get("errors", ())]
        assert ("request.too_complex" not in codes) == fits


async def test_a_page_that_says_nothing_counts_as_the_schemas_default(http):
    notes = "notes { edges { node { id } } } "
    # 15 pages of 20 cost 15 * (1 + 20 * 2)
    query = " ".join(f"a{n}: {notes}" for n in range(15))
    assert "data" in (await http.post("/graphql", json={"query": f"{{ {query} }}"})).json()


async def test_six_levels_are_enough_and_seven_too_many(http, served):
    assert served.costs["Query", "notes"] == 1
    deep = "... on Query { notes { edges { node { id } } } }"
    assert "data" in (await http.post("/graphql", json={"query": f"{{ {deep} }}"})).json()


async def test_a_long_and_honest_query_is_answered(http):
    fields = "id words stars version createdAt "
    query = f"{{ notes(first: 100) {{ edges {{ cursor node {{ {fields * 10} }} }} }} }}"
    assert "errors" not in (await http.post("/graphql", json={"query": query})).json()
