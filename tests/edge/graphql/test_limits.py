"""What asks for too much is refused before any of it is done, and cheaply."""

import time

import pytest
from graphql import build_schema, parse

from plaza.edge.graphql.documents import Documents, operation_of
from plaza.edge.graphql.limits import measure, size_of
from plaza.edge.graphql.problems import TooComplex

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


@pytest.mark.parametrize(
    ("declared", "sent"),
    [("$n: Int = 2500", {}), ("$n: Int", {"n": 2500.0}), ("$n: Int = 1", {"n": 2500})],
)
async def test_a_page_counts_as_the_operation_will_see_it(http, declared, sent):
    query = f"query({declared}) {{ notes(first: $n) {{ edges {{ node {{ id }} }} }} }}"
    answer = (await http.post("/graphql", json={"query": query, "variables": sent})).json()
    assert [each["extensions"]["code"] for each in answer["errors"]] == ["request.too_complex"]


async def test_a_page_that_says_nothing_counts_as_the_schemas_default(http):
    notes = "notes { edges { node { id } } } "
    # 15 pages of 20 cost 15 * (1 + 20 * 2)
    query = " ".join(f"a{n}: {notes}" for n in range(15))
    assert "data" in (await http.post("/graphql", json={"query": f"{{ {query} }}"})).json()


PEOPLE = build_schema("""
  type Query { person: Person, people(first: Int = 20): Person, any: Any }
  type Person { name: String, friends(first: Int): Person, friend: Person }
  union Any = Person
""")
COSTS = {("Query", "person"): 7, ("Query", "people"): 3}


def costs_and_levels(query, **variables):
    document = parse(query)
    operation = operation_of(document, None)
    size = size_of(operation, document, PEOPLE, COSTS, variables)
    return size.cost, size.depth


@pytest.mark.parametrize(
    ("query", "cost", "levels"),
    [
        ("{ person { name } }", 7, 2),
        ("{ person { friend { friend { name } } } }", 9, 4),
        ("{ people(first: 50) { name friend { name } } }", 3 + 50, 3),
        ("{ people { friend { name } } }", 3 + 20, 3),
        ("{ people(first: 10) { friends(first: 5) { friend { name } } } }", 3 + 10 * (1 + 5), 4),
        ("{ people(first: -3) { friend { name } } }", 3 + 1, 3),
        ("{ person { friends { friend { name } } } }", 7 + 1 + 1, 4),
        ("query($n: Int) { people(first: $n) { friend { name } } }", 3 + 9, 3),
        ("query($m: Int) { people(first: $m) { friend { name } } }", 3 + 20, 3),
        (
            "{ ...P ...P } fragment P on Query { person { ...N } } fragment N on Person { name }",
            14,
            2,
        ),
        ("{ ... on Query { person { ... { friend { name } } } } }", 8, 3),
        ("{ any { ... on Person { friend { name } } } }", 2, 3),
        ("{ __schema { types { name } } __typename }", 1000, 1),
    ],
)
def test_cost_counts_operations_objects_and_pages(query, cost, levels):
    assert costs_and_levels(query, n=9) == (cost, levels)


def test_six_levels_are_enough_and_seven_too_many():
    for levels in (6, 7):
        query = "{ person " + "{ friend " * (levels - 2) + "{ name } " + "} " * (levels - 1)
        document = parse(query)
        measured = (operation_of(document, None), document, PEOPLE, COSTS, {})
        if levels == 6:
            measure(*measured)
        else:
            with pytest.raises(TooComplex, match="7 levels"):
                measure(*measured)


async def test_a_long_and_honest_query_is_answered(http):
    fields = "id words stars version createdAt "
    query = f"{{ notes(first: 100) {{ edges {{ cursor node {{ {fields * 10} }} }} }} }}"
    assert "errors" not in (await http.post("/graphql", json={"query": query})).json()
