"""People as a client meets them: the whole application, over HTTP."""

import pytest

from tests.accounts.test_http import bearer, client, data, join, login

__all__ = ["client", "data"]

pytestmark = pytest.mark.anyio


async def someone(client, data, name="ada"):
    """The headers of somebody who is logged in, and their account."""
    tokens = (await login(client, await join(client, data, name))).json()
    return bearer(tokens), tokens["user"]


async def test_a_stranger_sees_nobody(client, data):
    _, ada = await someone(client, data)
    assert (await client.get(f"/v1/users/{ada['id']}")).status_code == 401
    assert (await client.patch("/v1/profile", json={"bio": "x"})).status_code == 401


async def test_a_profile_is_read_by_id_and_by_name_without_an_address(client, data):
    _, ada = await someone(client, data)
    bob_says, _ = await someone(client, data, "bob")
    by_id = await client.get(f"/v1/users/{ada['id']}", headers=bob_says)
    by_name = await client.get(f"/v1/users/@{ada['username']}", headers=bob_says)
    assert (by_id.status_code, by_name.status_code) == (200, 200)
    assert by_id.json() == by_name.json()
    assert by_id.json()["username"] == ada["username"]
    assert ada["email"] not in by_id.text
    unknown = await client.get("/v1/users/@nobody.at.all", headers=bob_says)
    assert (unknown.status_code, unknown.json()["code"]) == (404, "people.not_found")
    assert (await client.get("/v1/users/no:one", headers=bob_says)).status_code == 422


@pytest.mark.parametrize(
    ("method", "rest"),
    [
        ("PUT", "follow"),
        ("PUT", "unfollow"),
        ("GET", "followers"),
        ("GET", "following"),
        ("GET", "posts"),
    ],
)
async def test_where_only_an_id_will_do_a_name_is_told_so(client, data, method, rest):
    ada_says, ada = await someone(client, data)
    path = f"/v1/users/@{ada['username']}/{rest}"
    refused = await client.request(method, path, headers=ada_says)
    assert refused.status_code == 422
    (error,) = refused.json()["errors"]
    assert error["message"] == "This must be an id (UUID)."


async def test_an_edit_names_the_version_it_replaces(client, data):
    ada_says, ada = await someone(client, data)
    change = {"display_name": "Ada", "website": "https://ada.example"}
    assert (await client.patch("/v1/profile", json=change, headers=ada_says)).status_code == 428
    tag = (await client.get(f"/v1/users/{ada['id']}", headers=ada_says)).headers["etag"]
    edited = await client.patch("/v1/profile", json=change, headers={**ada_says, "if-match": tag})
    assert (edited.status_code, edited.json()["version"]) == (200, 2)
    late = await client.patch("/v1/profile", json=change, headers={**ada_says, "if-match": tag})
    assert (late.status_code, late.json()["version"]) == (412, 2)
    late = await client.patch("/v1/profile", json={**change, "version": 1}, headers=ada_says)
    assert (late.status_code, late.json()["version"]) == (409, 2)


async def test_every_field_that_is_wrong_is_told(client, data):
    ada_says, _ = await someone(client, data)
    wrong = {"display_name": "x" * 51, "bio": "x" * 501, "website": "javascript:x", "username": "y"}
    answer = await client.patch("/v1/profile", json={**wrong, "version": 1}, headers=ada_says)
    assert answer.status_code == 422
    assert {each["pointer"] for each in answer.json()["errors"]} == {f"/{name}" for name in wrong}


async def test_to_follow_and_to_follow_no_more(client, data):
    ada_says, ada = await someone(client, data)
    bob_says, bob = await someone(client, data, "bob")
    for _ in range(2):
        answer = await client.put(f"/v1/users/{bob['id']}/follow", headers=ada_says)
        assert (answer.status_code, answer.content) == (204, b"")
    secret = {"content": "for those who follow", "visibility": "followers"}
    post = (await client.post("/v1/posts", json=secret, headers=bob_says)).json()
    assert (await client.get(f"/v1/posts/{post['id']}", headers=ada_says)).json() == post
    followers = await client.get(f"/v1/users/{bob['id']}/followers", headers=bob_says)
    assert [each["username"] for each in followers.json()["items"]] == [ada["username"]]
    following = await client.get(f"/v1/users/{ada['id']}/following", headers=bob_says)
    assert [each["follower_count"] for each in following.json()["items"]] == [1]
    for _ in range(2):
        answer = await client.put(f"/v1/users/{bob['id']}/unfollow", headers=ada_says)
        assert (answer.status_code, answer.content) == (204, b"")
    assert (await client.get(f"/v1/posts/{post['id']}", headers=ada_says)).status_code == 404


async def test_whom_one_cannot_follow(client, data):
    ada_says, ada = await someone(client, data)
    unknown = "00000000-0000-7000-8000-000000000000"
    for verb in ("follow", "unfollow"):
        assert (await client.put(f"/v1/users/{ada['id']}/{verb}")).status_code == 401
        answer = await client.put(f"/v1/users/{ada['id']}/{verb}", headers=ada_says)
        assert (answer.status_code, answer.json()["code"]) == (422, "people.not_oneself")
        answer = await client.put(f"/v1/users/{unknown}/{verb}", headers=ada_says)
        assert (answer.status_code, answer.json()["code"]) == (404, "people.not_found")
