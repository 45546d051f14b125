"""Comments as a client meets them: the whole application, over HTTP."""

import pytest

from tests.people.test_http import client, data, someone

__all__ = ["client", "data"]

pytestmark = pytest.mark.anyio


async def test_a_comment_from_its_first_word_to_its_end(client, data):
    ada_says, _ = await someone(client, data)
    bob_says, bob = await someone(client, data, "bob")
    post = (await client.post("/v1/posts", json={"content": "well?"}, headers=ada_says)).json()
    assert post["comment_count"] == 0
    path = f"/v1/posts/{post['id']}/comments"
    key = {**bob_says, "idempotency-key": "one"}
    made = [await client.post(path, json={"content": "well!"}, headers=key) for _ in range(2)]
    assert [each.status_code for each in made] == [201, 201]
    comment = made[0].json()
    assert made[1].json() == comment
    assert made[1].headers["idempotency-replayed"] == "true"
    assert (comment["author_id"], comment["post_id"]) == (bob["id"], post["id"])
    listed = await client.get(path, headers=ada_says)
    assert listed.json() == {"items": [comment], "next_cursor": None}
    own = f"{path}/{comment['id']}"
    change = {"content": "very well!"}
    assert (await client.patch(own, json=change, headers=bob_says)).status_code == 428
    tag = {"if-match": made[0].headers["etag"]}
    edited = await client.patch(own, json=change, headers=bob_says | tag)
    assert (edited.status_code, edited.json()["version"]) == (200, 2)
    assert (await client.patch(own, json=change, headers=bob_says | tag)).status_code == 412
    late = await client.patch(own, json={**change, "version": 1}, headers=bob_says)
    assert (late.status_code, late.json()["version"]) == (409, 2)
    refused = await client.delete(own, headers=ada_says)
    assert (refused.status_code, refused.json()["code"]) == (403, "posts.not_the_commenter")
    read = await client.get(f"/v1/posts/{post['id']}", headers=ada_says)
    assert read.json()["comment_count"] == 1
    assert (await client.delete(own, headers=bob_says)).status_code == 204
    gone = await client.delete(own, headers=bob_says)
    assert (gone.status_code, gone.json()["code"]) == (404, "posts.comment_not_found")
    read = await client.get(f"/v1/posts/{post['id']}", headers=ada_says)
    assert read.json()["comment_count"] == 0


async def test_a_stranger_says_and_hears_nothing(client, data):
    ada_says, _ = await someone(client, data)
    post = (await client.post("/v1/posts", json={"content": "well?"}, headers=ada_says)).json()
    path = f"/v1/posts/{post['id']}/comments"
    assert (await client.get(path)).status_code == 401
    assert (await client.post(path, json={"content": "x"})).status_code == 401
    for wrong in ({"content": ""}, {"content": "x" * 1_001}, {"content": "x", "more": 1}, {}):
        answer = await client.post(path, json=wrong, headers=ada_says)
        assert answer.status_code == 422
