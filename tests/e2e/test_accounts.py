"""Accounts in the real thing: several processes, real mail folder, real crashes."""

import json
import sys
import time

import httpx

from tests.e2e.running import wait_for

PASSWORD = "correct horse 9"
WHOLE = [sys.executable, "-m", "plaza.cli", "serve"]
CHEAP = {"PASSWORD_MEMORY_KIB": 64, "PASSWORD_PASSES": 1, "ACCESS_LOG": "off"}


def person(name):
    return {"username": name, "email": f"{name}@example.org", "password": PASSWORD}


def letters(running, address):
    files = (running.data / "mail").glob("*.json")
    return [each for each in map(_letter, files) if each["to"] == address]


def _letter(file):
    return json.loads(file.read_bytes())


def mailed(running, address):
    """The token in the first letter to that address."""
    (first, *_) = wait_for(lambda: letters(running, address))
    return first["text"].split()[-1]


def join(running, name):
    who = person(name)
    assert httpx.post(f"{running.url}/v1/auth/register", json=who).is_success
    token = mailed(running, who["email"])
    assert httpx.put(f"{running.url}/v1/users/activate/{token}").is_success
    return who


def login(running, who):
    body = {"login": who["username"], "password": who["password"]}
    return httpx.post(f"{running.url}/v1/auth/login", json=body).json()


def test_a_session_that_is_ended_works_in_no_process_a_second_later(start):
    plaza = start(command=WHOLE, WORKERS=3, **CHEAP).until_ready()
    tokens = login(plaza, join(plaza, "ada"))
    headers = {"authorization": f"Bearer {tokens['access_token']}"}

    def answers():
        """Each over a connection of its own, which any of the processes may take."""
        with httpx.Client(headers=headers | {"connection": "close"}) as client:
            found = [client.get(f"{plaza.url}/v1/account") for _ in range(40)]
        return {answer.status_code for answer in found}

    assert answers() == {200}
    assert httpx.post(f"{plaza.url}/v1/auth/logout", headers=headers).status_code == 204
    time.sleep(1)
    assert answers() == {401}
    assert plaza.end() == 0


def test_who_was_told_to_be_registered_gets_a_letter_whatever_dies(start):
    plaza = start(command=WHOLE, **CHEAP).until_ready()
    names = [f"ada{number}" for number in range(5)]
    for name in names:
        registered = httpx.post(f"{plaza.url}/v1/auth/register", json=person(name))
        assert registered.status_code == 201
    plaza.kill()
    again = start(command=WHOLE, **CHEAP).until_ready()
    for name in names:
        token = mailed(again, f"{name}@example.org")
        assert httpx.put(f"{again.url}/v1/users/activate/{token}").status_code == 204
        texts = {each["text"] for each in letters(again, f"{name}@example.org")}
        assert len(texts) == 1, "twice perhaps, but never another token"
    assert again.end() == 0


def test_a_session_outlives_the_server(start):
    plaza = start(command=WHOLE, **CHEAP).until_ready()
    tokens = login(plaza, join(plaza, "ada"))
    assert plaza.end() == 0
    again = start(command=WHOLE, **CHEAP).until_ready()
    headers = {"authorization": f"Bearer {tokens['access_token']}"}
    assert httpx.get(f"{again.url}/v1/account", headers=headers).status_code == 200
    body = {"refresh_token": tokens["refresh_token"]}
    assert httpx.post(f"{again.url}/v1/auth/refresh", json=body).status_code == 200
    assert (again.data / "keys.json").stat().st_mode & 0o777 == 0o600
    assert again.end() == 0
