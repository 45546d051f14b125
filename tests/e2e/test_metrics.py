"""/metrics of the real thing, with several processes: it is all there, and it moves."""

import os
import re
import signal

import httpx
from prometheus_client.parser import text_string_to_metric_families as parsed

from plaza.app.metrics import FAMILIES
from tests.e2e.running import ROOT, wait_for
from tests.e2e.test_accounts import CHEAP, WHOLE, join, login

ROW = re.compile(r"^\| `(\w+)` \| (\w+) \|", re.MULTILINE)
PROCESSES = {"web-0", "web-1", "worker"}


class Told:
    """One look at /metrics, which promises to be readable."""

    def __init__(self, plaza):
        answer = httpx.get(f"{plaza.url}/metrics")
        assert answer.status_code == 200, answer.text
        self.families = {each.name: each for each in parsed(answer.text)}
        self.samples = [sample for each in self.families.values() for sample in each.samples]

    def __call__(self, name, **labels):
        """The sum over all samples that have these labels."""
        return sum(
            sample.value
            for sample in self.samples
            if sample.name == name and labels.items() <= sample.labels.items()
        )


def test_every_number_is_there_and_on_its_page_whoever_is_asked(start):
    plaza = start(command=WHOLE, WORKERS=2, **CHEAP).until_ready()
    told = Told(plaza)
    page = dict(ROW.findall((ROOT / "docs" / "metrics.md").read_text(encoding="utf-8")))
    exposed = {
        f"{name}_total" if each.type == "counter" else name: each.type
        for name, each in told.families.items()
    }
    assert exposed == page == {each.name: each.kind for each in FAMILIES}
    for _ in range(10):  # each over a connection of its own, which any process may take
        told = Told(plaza)
        assert {each.labels["process"] for each in told.samples if each.labels.get("process")} == (
            PROCESSES
        )
        assert told("plaza_process_answered") == 3
        assert told("plaza_part_answered") == 2
        assert told("process_resident_memory_bytes", process="worker") > 2**20
    assert plaza.end() == 0


def test_what_people_do_moves_the_numbers(start):
    plaza = start(command=WHOLE, WORKERS=2, **CHEAP).until_ready()
    before = Told(plaza)
    assert before("plaza_events_announced_total") == 0
    who = join(plaza, "ada")
    bearer = {"authorization": f"Bearer {login(plaza, who)['access_token']}"}
    login(plaza, {**who, "password": "not hers"})
    for number in range(3):
        body = {"content": f"Number {number}"}
        post = httpx.post(f"{plaza.url}/v1/posts", json=body, headers=bearer).json()
        httpx.get(f"{plaza.url}/v1/posts/{post['id']}", headers=bearer)
    httpx.get(f"{plaza.url}/made/up")

    def told():
        """What a worker does comes after."""
        now = Told(plaza)
        return now if now("plaza_reaction_events_total", outcome="done") >= 5 else None

    now = wait_for(told)
    counted = {
        "plaza_events_announced_total": [
            (1, {"topic": "accounts.registered"}),
            (1, {"topic": "accounts.activated"}),
            (3, {"topic": "posts.created"}),
        ],
        "plaza_logins_total": [
            (1, {"outcome": "opened"}),
            (1, {"outcome": "accounts.login_failed"}),
        ],
        "plaza_requests_total": [
            (3, {"method": "POST", "route": "/v1/posts", "status": "201"}),
            (3, {"method": "GET", "route": "/v1/posts/{post_id}", "status": "200"}),
            (1, {"route": "unrouted", "status": "404"}),
        ],
        "plaza_request_duration_seconds_count": [(3, {"route": "/v1/posts", "method": "POST"})],
        "plaza_relay_events_total": [(5, {"process": "worker"})],
        "plaza_outbox_unpublished": [(0, {})],
        "plaza_requests_in_flight": [(1, {})],
    }
    for name, wanted in counted.items():
        for count, labels in wanted:
            assert now(name, **labels) == count, (name, labels)
    assert now("plaza_cache_reads_total") >= 3
    assert now("process_cpu_seconds_total") > before("process_cpu_seconds_total")
    assert not [each for each in now.samples if "made" in str(each.labels)]
    assert plaza.end() == 0


def test_a_worker_that_is_frozen_is_told_as_silent(start):
    plaza = start(command=WHOLE, **CHEAP).until_ready()
    worker = worker_of(plaza)
    os.kill(worker, signal.SIGSTOP)
    try:
        told = Told(plaza)
        assert told("plaza_process_answered", process="worker") == 0
        assert told("plaza_process_answered", process="web-0") == 1
    finally:
        os.kill(worker, signal.SIGCONT)
    wait_for(lambda: Told(plaza)("plaza_process_answered", process="worker") == 1)
    assert plaza.end() == 0


def worker_of(plaza):
    return int(((plaza.data / "run").resolve() / "worker").read_text())
