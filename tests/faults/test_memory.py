"""How long one process may answer what another has changed, whatever happens between them.

Two gateways, one worker, and a broker that is killed, frozen or cut off. What is asserted is what
is promised (docs/consistency.md); how long it took is written down with `--junitxml`.
"""

import os
import random
import shutil
import signal
import tempfile
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import pytest

from plaza.platform.embedded.nats import Nats
from tests.e2e.running import DEADLINE, Running, children, wait_for
from tests.e2e.test_accounts import CHEAP, WHOLE, join, login
from tests.faults.strait import Strait

PROMISED = 1.0
"""Seconds after which no answer is older than the change."""

WATCHED = 2.0


class Gateway:
    def __init__(self, running, strait):
        self.running, self.strait = running, strait
        self.http = httpx.Client(base_url=running.url, timeout=DEADLINE)

    def remembers(self):
        caches = self.http.get("/v1/debug/vars", auth=("admin", "admin")).json()["caches"]
        return caches["beat_seconds"] is not None and caches["beat_seconds"] < 0.5

    def get(self, post_id):
        return self.http.get(f"/v1/posts/{post_id}").raise_for_status().json()


class Town:
    """Ada writes by one gateway, and bob reads by the other."""

    def __init__(self, folder, stack, dsn, valkey):
        self.nats = stack.enter_context(Nats(folder / "nats", folder, fsync=False))
        self.folder, self.stack = folder, stack
        self.settings = {"DATABASE_URL": dsn, "REDIS_URL": valkey, **CHEAP}
        self.worker = self.run("worker", self.nats.url)
        self.ada, self.bob = self.gateway(), self.gateway()
        token = login(self.ada.running, join(self.ada.running, "ada"))["access_token"]
        for each in (self.ada, self.bob):
            each.http.headers["authorization"] = f"Bearer {token}"

    def run(self, role, nats):
        home = self.folder / "home"
        home.mkdir(exist_ok=True)
        running = Running(home, command=[*WHOLE, role], NATS_URL=nats, **self.settings)
        self.stack.callback(running.kill)
        return running.until_ready()

    def gateway(self):
        at = urlsplit(self.nats.url)
        strait = self.stack.enter_context(Strait(at.port))
        by = at._replace(netloc=f"{at.username}:{at.password}@127.0.0.1:{strait.port}")
        gateway = Gateway(self.run("gateway", by.geturl()), strait)
        self.stack.callback(gateway.http.close)
        return gateway

    def calm(self):
        wait_for(lambda: self.ada.remembers() and self.bob.remembers())

    @contextmanager
    def broker_killed(self):
        self.nats.kill()
        try:
            yield
        finally:
            self.nats.start()
            self.nats.wait_ready()

    @contextmanager
    def broker_frozen(self):
        os.kill(self.nats.pid, signal.SIGSTOP)
        try:
            yield
        finally:
            os.kill(self.nats.pid, signal.SIGCONT)

    @contextmanager
    def reader_cut_off(self):
        self.bob.strait.shut()
        try:
            yield
        finally:
            self.bob.strait.open()

    @contextmanager
    def reader_cut_off_for_good(self):
        self.bob.strait.forget()
        yield

    @contextmanager
    def writer_cut_off(self):
        """As when it dies before it can say what it has written."""
        self.ada.strait.shut()
        try:
            yield
        finally:
            self.ada.strait.open()

    @contextmanager
    def writer_cut_off_and_relay_killed(self):
        with self.writer_cut_off():
            pid = children(self.worker.process.pid)["worker"]
            os.kill(pid, signal.SIGKILL)
            try:
                yield
            finally:
                wait_for(lambda: children(self.worker.process.pid).get("worker", pid) != pid)

    @contextmanager
    def reader_frozen(self):
        """It answers again before it has heard what was said meanwhile."""
        pid = children(self.bob.running.process.pid)["web"]
        os.kill(pid, signal.SIGSTOP)
        try:
            yield
        finally:
            os.kill(pid, signal.SIGCONT)

    @contextmanager
    def nothing(self):
        yield


TROUBLES = [
    Town.broker_killed,
    Town.broker_frozen,
    Town.reader_cut_off,
    Town.reader_cut_off_for_good,
    Town.writer_cut_off,
    Town.writer_cut_off_and_relay_killed,
]


@pytest.fixture(scope="module")
def town(dsn, valkey_url):
    folder = Path(tempfile.mkdtemp(prefix="plaza-fault-"))
    folder.chmod(0o711)
    with ExitStack() as stack:
        stack.callback(shutil.rmtree, folder, ignore_errors=True)
        yield Town(folder, stack, dsn, valkey_url)


def watch(gateway, post_id, since):
    """What is answered from a change on: when it was asked for after it, and which version."""
    answers = []
    while time.monotonic() < since + WATCHED:
        asked = time.monotonic() - since
        answers.append((asked, gateway.get(post_id)["version"]))
    return answers


@pytest.mark.parametrize("trouble", [Town.nothing, *TROUBLES], ids=lambda each: each.__name__)
def test_what_one_has_changed_no_other_answers_for_longer_than_a_second(
    town, trouble, record_property
):
    town.calm()
    made = town.ada.http.post("/v1/posts", json={"content": "helo"}).json()
    for _ in range(3):
        assert town.bob.get(made["id"])["version"] == 1
    change = {"content": "hello", "version": 1}
    with trouble(town):
        edited = town.ada.http.patch(f"/v1/posts/{made['id']}", json=change)
        since = time.monotonic()
        assert edited.json()["version"] == 2
        assert town.ada.get(made["id"])["version"] == 2, "who wrote it reads it at once"
        answers = watch(town.bob, made["id"], since)
    old = [asked for asked, version in answers if version == 1]
    record_property("stale_ms", round(max(old, default=0) * 1000, 1))
    record_property("answers", len(answers))
    assert max(old, default=0) < PROMISED
    assert answers[-1][1] == 2
    town.calm()
    assert town.bob.get(made["id"])["version"] == 2


def test_who_slept_answers_nothing_that_he_remembers_from_before(town):
    town.calm()
    made = town.ada.http.post("/v1/posts", json={"content": "helo"}).json()
    for _ in range(3):
        assert town.bob.get(made["id"])["version"] == 1
    with town.reader_frozen():
        town.ada.http.patch(f"/v1/posts/{made['id']}", json={"content": "hello", "version": 1})
        time.sleep(PROMISED)
    assert town.bob.get(made["id"])["version"] == 2


class History:
    """What was written when it was acknowledged, and what was read when it was asked for."""

    def __init__(self, town, posts):
        self.town, self.posts = town, posts
        self.written = {post: [(0.0, 1)] for post in posts}
        self.read = []
        self.over = threading.Event()

    def write(self, chance):
        with self.client(self.town.ada) as client:
            while not self.over.is_set():
                post = chance.choice(self.posts)
                _, version = self.written[post][-1]
                change = {"content": f"{version}", "version": version}
                client.patch(f"/v1/posts/{post}", json=change).raise_for_status()
                self.written[post].append((time.monotonic(), version + 1))
                time.sleep(chance.uniform(0, 0.1))

    def watch(self, gateway, patience, chance):
        with self.client(gateway) as client:
            while not self.over.is_set():
                post, asked = chance.choice(self.posts), time.monotonic()
                version = client.get(f"/v1/posts/{post}").raise_for_status().json()["version"]
                self.read.append((post, asked - patience, version))
                time.sleep(0.002)

    def client(self, gateway):
        """A connection of its own."""
        headers = gateway.http.headers
        return httpx.Client(base_url=gateway.http.base_url, headers=headers, timeout=DEADLINE)

    def too_old(self):
        """Reads of less than was acknowledged before they had to know it."""
        for post, since, version in self.read:
            known = max(written for at, written in self.written[post] if at <= max(since, 0.0))
            if version < known:
                yield version, known


@pytest.mark.parametrize("seed", [1, 2])
def test_no_history_has_an_answer_that_is_too_old(town, seed):
    town.calm()
    chance = random.Random(seed)
    made = [town.ada.http.post("/v1/posts", json={"content": "0"}).json() for _ in range(5)]
    history = History(town, [each["id"] for each in made])
    with ThreadPoolExecutor() as crowd:
        people = [
            crowd.submit(history.write, random.Random(seed)),
            crowd.submit(history.watch, town.ada, 0, random.Random(seed)),
            crowd.submit(history.watch, town.bob, PROMISED, random.Random(seed)),
        ]
        try:
            for trouble in chance.sample(TROUBLES, 4):
                time.sleep(chance.uniform(0.2, 0.8))
                with trouble(town):
                    time.sleep(chance.uniform(0.1, 1.5))
        finally:
            history.over.set()
        for person in people:
            person.result()
    assert list(history.too_old()) == []
    assert min(len(each) for each in history.written.values()) > 5
    assert len(history.read) > 500
