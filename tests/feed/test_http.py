"""The feed as a client meets it: the whole application, over HTTP."""

import asyncio

import pytest

from tests.accounts.test_http import client, data
from tests.people.test_http import someone

__all__ = ["client", "data"]

pytestmark = pytest.mark.anyio

FEED = "/v1/users/feed"


@pytest.fixture
async def ada(client, data):
    """The headers of somebody who follows bob, and his."""
    says, _ = await someone(client, data)
    bob_says, bob = await someone(client, data, "bob")
    followed = await client.put(f"/v1/users/{bob['id']}/follow", headers=says)
    assert followed.status_code == 204
    return says, bob_says


async def said(client, says, content, **more):
    post = {"content": content, **more}
    return (await client.post("/v1/posts", json=post, headers=says)).json()


async def test_a_stranger_reads_no_feed(client):
    answer = await client.get(FEED)
    assert (answer.status_code, answer.json()["code"]) == (401, "request.login_required")


async def test_items_are_posts_as_posts_are_shown_and_pages_have_cursors(client, ada):
    ada_says, bob_says = ada
    posts = []
    for number in range(3):
        posts.append(await said(client, bob_says, f"number {number}", tags=["a"]))
        await asyncio.sleep(0.002)
    page = (await client.get(FEED, params={"limit": 2}, headers=ada_says)).json()
    assert page["items"] == posts[:0:-1]
    rest = {"limit": 2, "cursor": page["next_cursor"]}
    page = (await client.get(FEED, params=rest, headers=ada_says)).json()
    assert page == {"items": [posts[0]], "next_cursor": None}
    page = await client.get(f"/api{FEED}/?limit=1&offset=1&sort=asc", headers=ada_says)
    assert page.json()["items"] == [posts[1]]


async def test_what_one_does_oneself_one_sees_at_once(client, data):
    ada_says, _ = await someone(client, data)
    bob_says, bob = await someone(client, data, "bob")
    posts = [await said(client, bob_says, "mine")]
    assert (await client.get(FEED, headers=ada_says)).json()["items"] == []
    await client.put(f"/v1/users/{bob['id']}/follow", headers=ada_says)
    assert (await client.get(FEED, headers=ada_says)).json()["items"] == posts
    posts = [await said(client, ada_says, "mine"), *posts]
    assert (await client.get(FEED, headers=ada_says)).json()["items"] == posts


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("tags=a", ["both", "one"]),
        ("tags=a,b", ["both"]),
        ("tags=b%2Ca", ["both"]),
        ("tags=cafe%CC%81", ["one"]),
        ("tags=", ["both", "one", "none"]),
        ("search=O", ["both", "one", "none"]),
        ("search=", ["both", "one", "none"]),
        ("search=%25", []),
        ("since=9999-12-31T23:59:59Z", []),
        ("until=0001-01-01T00:00:00Z", []),
        ("since=0001-01-01T00:00:00Z&until=9999-12-31T23:59:59Z", ["both", "one", "none"]),
        ("since=0001-01-01T00:00:00%2B23:59", ["both", "one", "none"]),
        ("until=9999-12-31T23:59:59-23:59", ["both", "one", "none"]),
        ("until=0001-01-01T00:00:00%2B23:59", []),
        ("limit=100&offset=1000", []),
    ],
)
async def test_what_gosocials_clients_may_ask(client, ada, query, found):
    ada_says, bob_says = ada
    await said(client, bob_says, "both", tags=["a", "b"])
    await said(client, bob_says, "one", tags=["a", "caf\u00e9"])
    await said(client, bob_says, "none")
    answer = await client.get(f"{FEED}?{query}", headers=ada_says)
    assert answer.status_code == 200, answer.text
    assert {each["content"] for each in answer.json()["items"]} == set(found)


@pytest.mark.parametrize(
    ("query", "pointers"),
    [
        ("limit=0", ["/limit"]),
        ("limit=101", ["/limit"]),
        ("offset=-1&limit=x", ["/offset", "/limit"]),
        ("offset=1001", ["/offset"]),
        ("offset=99999999999999999999", ["/offset"]),
        ("sort=newest", ["/sort"]),
        ("sort=DESC", ["/sort"]),
        ("tags=1,2,3,4,5,6", ["/tags"]),
        ("tags=a,,b", ["/tags/1"]),
        ("tags=a,%23b", ["/tags/1"]),
        ("tags=a&tags=b", [""]),
        (f"search={'x' * 101}", ["/search"]),
        ("search=%00", ["/search"]),
        ("since=yesterday", ["/since"]),
        ("since=2026-01-01T00:00:00", ["/since"]),
        ("since=1767225600&until=null", ["/since", "/until"]),
        ("until=2026-13-01T00:00:00Z", ["/until"]),
        ("cursor=abc", ["/cursor"]),
        ("page=2", ["/page"]),
    ],
)
async def test_what_is_wrong_in_a_query_is_told_where_it_is(client, ada, query, pointers):
    answer = await client.get(f"{FEED}?{query}", headers=ada[0])
    assert (answer.status_code, answer.json()["code"]) == (422, "request.invalid")
    assert [each["pointer"] for each in answer.json()["errors"]] == pointers


async def test_a_cursor_is_of_one_list(client, ada):
    ada_says, bob_says = ada
    for _ in range(2):
        await said(client, bob_says, "x", tags=["a"])
    page = (await client.get(f"{FEED}?limit=1&tags=a", headers=ada_says)).json()
    again = {"cursor": page["next_cursor"]}
    for params, pointer in (({}, "/cursor"), ({"tags": "a", "offset": 1}, "/offset")):
        answer = await client.get(FEED, params=again | params, headers=ada_says)
        assert answer.status_code == 422
        assert [each["pointer"] for each in answer.json()["errors"]] == [pointer]
    answer = await client.get(FEED, params=again | {"tags": "a"}, headers=ada_says)
    assert (answer.status_code, len(answer.json()["items"])) == (200, 1)


async def test_graphql_pages_by_any_edge(client, ada):
    ada_says, bob_says = ada
    for number in range(3):
        await said(client, bob_says, f"{number}", tags=["a"])

    async def asked(after):
        query = """query ($after: String) {
          feed(first: 1, after: $after, tags: ["a"], sort: ASC) {
            edges { node { content } cursor } pageInfo { hasNextPage endCursor }
          }
        }"""
        body = {"query": query, "variables": {"after": after}}
        answer = (await client.post("/graphql", json=body, headers=ada_says)).json()
        return answer["data"]["feed"]

    first = await asked(None)
    assert first["pageInfo"]["hasNextPage"]
    by_page, by_edge = [
        await asked(each) for each in (first["pageInfo"]["endCursor"], first["edges"][0]["cursor"])
    ]
    assert by_page == by_edge
    assert len(by_page["edges"]) == 1
    assert by_page["edges"][0]["node"] != first["edges"][0]["node"]
