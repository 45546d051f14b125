"""What one says is in the feeds of who follows, through every part there is."""

import os
import signal

import httpx

from tests.e2e.running import children, wait_for
from tests.e2e.test_accounts import CHEAP, WHOLE, join, login

SOON = 2
"""Seconds (docs/spec.md, feed)."""


class Person:
    def __init__(self, plaza, name):
        self.plaza = plaza
        tokens = login(plaza, join(plaza, name))
        self.id = tokens["user"]["id"]
        self.headers = {"authorization": f"Bearer {tokens['access_token']}"}

    def ask(self, method, path, **more):
        answer = httpx.request(method, self.plaza.url + path, headers=self.headers, **more)
        assert answer.is_success, answer.text
        return answer.json() if answer.content else None

    def follow(self, other):
        self.ask("PUT", f"/v1/users/{other.id}/follow")

    def say(self, content):
        return self.ask("POST", "/v1/posts", json={"content": content})["id"]

    def feed(self):
        return [each["id"] for each in self.ask("GET", "/v1/users/feed")["items"]]


def test_a_post_is_in_the_feeds_of_who_follows_within_two_seconds(start):
    plaza = start(command=WHOLE, WORKERS=2, **CHEAP).until_ready()
    ada, bob = Person(plaza, "ada"), Person(plaza, "bob")
    before = bob.say("before")
    assert ada.feed() == []
    ada.follow(bob)
    wait_for(lambda: ada.feed() == [before])
    said = bob.say("after")
    wait_for(lambda: ada.feed() == [said, before], SOON)
    bob.ask("DELETE", f"/v1/posts/{said}")
    assert ada.feed() == [before]


def test_a_feed_has_no_gap_when_valkey_dies_and_comes_back_empty(start):
    plaza = start(command=WHOLE, **CHEAP).until_ready()
    ada, bob = Person(plaza, "ada"), Person(plaza, "bob")
    ada.follow(bob)
    said = [bob.say("one")]
    wait_for(lambda: ada.feed() == said)
    os.kill(children(plaza.process.pid)["valkey-server"], signal.SIGKILL)
    said = [bob.say("two"), *said]
    wait_for(lambda: ada.feed() == said)
    wait_for(lambda: children(plaza.process.pid).get("valkey-server"))
    said = [bob.say("three"), *said]
    wait_for(lambda: ada.feed() == said)
