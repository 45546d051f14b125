"""Accounts as a client meets them: the whole application, over HTTP."""

import asyncio
import json
import secrets
from pathlib import Path

import httpx
import pytest

from plaza.app.gateway import build
from plaza.settings import Settings
from tests.working import working

pytestmark = pytest.mark.anyio

PASSWORD = "correct horse 9"
PROBLEM = "application/problem+json"


@pytest.fixture(scope="module")
def data(tmp_path_factory) -> Path:
    return tmp_path_factory.mktemp("data")


@pytest.fixture(scope="module")
async def client(dsn, nats_url, valkey_url, data):
    settings = Settings(
        database_url=dsn,
        nats_url=nats_url,
        redis_url=valkey_url,
        data_dir=str(data),
        grpc_port=0,
        password_memory_kib=64,
        password_passes=1,
        rate_limits="off",
    )
    app = build(settings)
    try:
        await app.start()
        transport = httpx.ASGITransport(app.asgi)
        async with (
            working(settings),
            httpx.AsyncClient(transport=transport, base_url="http://localhost") as client,
        ):
            yield client
    finally:
        await app.stop()


def person(name="ada"):
    username = f"{name}_{secrets.token_hex(5)}"
    return {"username": username, "email": f"{username}@example.org", "password": PASSWORD}


async def mailed(data, address) -> str:
    """The token in the letter to that address, which comes within seconds."""
    async with asyncio.timeout(10):
        while True:
            for file in (data / "mail").glob("*.json"):
                letter = json.loads(file.read_bytes())
                if letter["to"] == address:
                    return letter["text"].split()[-1]
            await asyncio.sleep(0.05)  # another process would write it


async def join(client, data, name="ada"):
    who = person(name)
    assert (await client.post("/v1/auth/register", json=who)).is_success
    token = await mailed(data, who["email"])
    assert (await client.put(f"/v1/users/activate/{token}")).is_success
    return who


async def login(client, who, **words):
    words = words or {"login": who["username"]}
    return await client.post("/v1/auth/login", json={"password": who["password"], **words})


def bearer(tokens):
    return {"authorization": f"Bearer {tokens['access_token']}"}


async def test_the_paths_of_gosocial_word_for_word(client, data):
    who = person()
    registered = await client.post("/v1/auth/register", json=who)
    assert registered.status_code == 201
    assert {**registered.json(), "id": "", "created_at": ""} == {
        "id": "",
        "username": who["username"],
        "email": who["email"],
        "role": "user",
        "state": "pending",
        "version": 1,
        "created_at": "",
    }
    activated = await client.put(f"/v1/users/activate/{await mailed(data, who['email'])}")
    assert (activated.status_code, activated.content) == (204, b"")
    answer = await login(client, who, email=who["email"])
    assert answer.status_code == 200
    assert answer.headers["cache-control"] == "no-store"
    tokens = answer.json()
    assert list(tokens) == ["access_token", "token_type", "expires_in", "refresh_token", "user"]
    own = await client.get("/v1/account", headers=bearer(tokens))
    assert own.json() == tokens["user"]
    assert (await client.get("/api/v1/account/", headers=bearer(tokens))).json() == own.json()


async def test_a_stranger_has_no_account_to_read(client):
    for headers in ({}, {"authorization": "Bearer x"}, {"authorization": "Basic YWRhOmFkYQ=="}):
        answer = await client.get("/v1/account", headers=headers)
        assert (answer.status_code, answer.headers["content-type"]) == (401, PROBLEM)
        assert answer.headers["www-authenticate"].startswith("Bearer")


async def test_a_role_is_nothing_one_can_ask_for(client):
    for more in ({"role": "admin"}, {"role_id": 3}, {"state": "active"}, {"id": "1"}):
        answer = await client.post("/v1/auth/register", json={**person(), **more})
        assert answer.status_code == 422
        assert [each["pointer"] for each in answer.json()["errors"]] == [f"/{next(iter(more))}"]


async def test_every_field_that_is_wrong_is_told(client):
    wrong = {"username": "a!", "email": "ada", "password": "short"}
    answer = await client.post("/v1/auth/register", json=wrong)
    assert answer.status_code == 422
    pointers = {each["pointer"] for each in answer.json()["errors"]}
    assert pointers == {"/username", "/email", "/password"}
    assert "short" not in answer.text


async def test_taken_names_and_addresses_are_a_conflict(client, data):
    who = person()
    await client.post("/v1/auth/register", json=who)
    await client.put(f"/v1/users/activate/{await mailed(data, who['email'])}")
    for other, code in (
        ({**person(), "username": who["username"].upper()}, "accounts.username_taken"),
        ({**person(), "email": who["email"].upper()}, "accounts.email_taken"),
    ):
        answer = await client.post("/v1/auth/register", json=other)
        assert (answer.status_code, answer.json()["code"]) == (409, code)
    name = (await client.get(f"/v1/usernames/{who['username']}")).json()
    assert name == {"username": who["username"], "available": False}


async def test_a_registration_is_repeated_by_its_key(client):
    who, key = person(), {"idempotency-key": secrets.token_hex(8)}
    first = await client.post("/v1/auth/register", json=who, headers=key)
    again = await client.post("/v1/auth/register", json=who, headers=key)
    assert (first.status_code, again.status_code) == (201, 201)
    assert again.json() == first.json()
    assert again.headers["idempotency-replayed"] == "true"
    another = await client.post("/v1/auth/register", json=who)
    assert another.json()["id"] != first.json()["id"]


async def test_foreign_tokens_are_gone_and_only_the_code_differs(client, data):
    who = await join(client, data)
    used = await client.put(f"/v1/users/activate/{await mailed(data, who['email'])}")
    unknown = await client.put("/v1/users/activate/not-a-token")
    assert (used.status_code, unknown.status_code) == (410, 410)
    different = {name for name in used.json() if used.json()[name] != unknown.json().get(name)}
    assert different == {"code", "request_id"}


async def test_the_link_in_the_letter_opens_a_page_whose_button_activates(client, data):
    who = person()
    await client.post("/v1/auth/register", json=who)
    token = await mailed(data, who["email"])
    letters = (await client.get("/dev/mail.json", headers={"host": "localhost"})).json()
    (letter,) = [each for each in letters if each["to"] == who["email"]]
    link = f"/activate/{token}"
    for part in (letter["text"], letter["html"]):
        assert f"http://127.0.0.1:8000{link}" in part
    for _ in range(2):  # whoever looks at the link first does no harm
        page = await client.get(link)
        assert (page.status_code, page.headers["cache-control"]) == (200, "no-store")
    assert (await login(client, who)).status_code == 403
    assert '<form method="post"><button>Activate</button></form>' in page.text
    done = await client.post(link)
    assert (done.status_code, "you can log in" in done.text) == (200, True)
    assert (await login(client, who)).status_code == 200
    again = await client.post(link)
    assert (again.status_code, "used before" in again.text) == (410, True)
    unknown = await client.post("/activate/not-a-token")
    assert (unknown.status_code, "not known" in unknown.text) == (410, True)


async def test_every_failed_login_is_answered_alike(client, data):
    who, pending = await join(client, data), person("pia")
    await client.post("/v1/auth/register", json=pending)
    answers = [
        await client.post("/v1/auth/login", json={"login": name, "password": "wrong"})
        for name in (who["username"], who["email"], pending["username"], "nobody", "n@x.org")
    ]
    assert {answer.status_code for answer in answers} == {401}
    bodies = [{**answer.json(), "request_id": ""} for answer in answers]
    assert all(body == bodies[0] for body in bodies)
    told = await login(client, pending)
    assert (told.status_code, told.json()["code"]) == (403, "accounts.pending")


async def test_the_answer_to_resend_tells_nothing(client, data):
    who, pending = await join(client, data), person("pia")
    await client.post("/v1/auth/register", json=pending)
    for address in (who["email"], pending["email"], "nobody@example.org"):
        answer = await client.post("/v1/auth/activation/resend", json={"email": address})
        assert (answer.status_code, answer.content) == (204, b"")


async def test_refresh_and_logout(client, data):
    who = await join(client, data)
    tokens = (await login(client, who)).json()
    body = {"refresh_token": tokens["refresh_token"]}
    renewed = await client.post("/v1/auth/refresh", json=body)
    assert renewed.status_code == 200
    assert renewed.headers["cache-control"] == "no-store"
    assert (await client.post("/v1/auth/refresh", json=body)).json()["refresh_token"] == (
        renewed.json()["refresh_token"]
    )
    answer = await client.post("/v1/auth/logout", headers=bearer(renewed.json()))
    assert (answer.status_code, answer.content) == (204, b"")
    for old in (tokens, renewed.json()):
        assert (await client.get("/v1/account", headers=bearer(old))).status_code == 401
    gone = await client.post(
        "/v1/auth/refresh", json={"refresh_token": renewed.json()["refresh_token"]}
    )
    assert (gone.status_code, gone.json()["code"]) == (401, "accounts.refresh_refused")


async def test_a_refresh_token_opens_nothing_else(client, data):
    tokens = (await login(client, await join(client, data))).json()
    headers = {"authorization": f"Bearer {tokens['refresh_token']}"}
    assert (await client.get("/v1/account", headers=headers)).status_code == 401
    body = {"refresh_token": tokens["access_token"]}
    assert (await client.post("/v1/auth/refresh", json=body)).status_code in {401, 422}


async def test_a_new_password(client, data):
    who = await join(client, data)
    tokens = (await login(client, who)).json()
    change = {"current": "wrong", "new": "another horse 9"}
    answer = await client.put("/v1/account/password", json=change, headers=bearer(tokens))
    assert (answer.status_code, answer.json()["code"]) == (403, "accounts.wrong_password")
    change["current"] = PASSWORD
    answer = await client.put("/v1/account/password", json=change, headers=bearer(tokens))
    assert answer.status_code == 204
    assert (await login(client, who)).status_code == 401
    assert (await login(client, {**who, "password": "another horse 9"})).status_code == 200


async def test_the_keys_are_public(client):
    answer = await client.get("/.well-known/jwks.json")
    (key,) = answer.json()["keys"]
    assert set(key) == {"kty", "crv", "x", "kid", "use", "alg"}
    assert (key["kty"], key["crv"], key["alg"]) == ("OKP", "Ed25519", "EdDSA")
