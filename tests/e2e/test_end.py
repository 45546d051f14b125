"""The end: no request dropped, no process left, whoever asks for it."""

import signal
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress

import httpx
import pytest

from tests.e2e.running import DEADLINE, using, wait_for


def in_flight(pool, plaza, path):
    """A request that plaza is working on."""
    answer = pool.submit(plaza.get, path)
    time.sleep(0.2)
    return answer


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_requests_in_flight_are_answered_before_the_end(start, home, number):
    ada = start().until_ready()
    with ThreadPoolExecutor() as pool:
        answer = in_flight(pool, ada, "/slow")
        ada.process.send_signal(number)
        assert answer.result().status_code == 200
    assert ada.process.wait(DEADLINE) == 0
    assert using(home) == []


@pytest.mark.parametrize("keep", [True, False], ids=["kept connections", "new connections"])
def test_nobody_who_got_through_is_cut_off(start, keep):
    """Whoever comes too late is refused at the door, before having said anything."""
    ada = start().until_ready()
    url, heard = ada.url, []
    limits = httpx.Limits(max_keepalive_connections=1 if keep else 0)

    def ask_on():
        with httpx.Client(limits=limits, timeout=DEADLINE) as client, suppress(httpx.ConnectError):
            while True:
                heard.append(client.get(url).status_code)

    with ThreadPoolExecutor(8) as pool:
        asking = [pool.submit(ask_on) for _ in range(8)]
        wait_for(lambda: len(heard) > 100)
        assert ada.end() == 0
    assert [each.exception() for each in asking] == [None] * 8
    assert set(heard) == {200}


def test_ctrl_c_reaches_only_plaza_itself(start, home):
    """A terminal sends it to all; servers must not end before the requests that need them."""
    ada = start().until_ready()
    with ThreadPoolExecutor() as pool:
        answer = in_flight(pool, ada, "/slow")
        ada.interrupt()
        assert answer.result().status_code == 200
    assert ada.process.wait(DEADLINE) == 0
    assert using(home) == []


def test_a_second_ctrl_c_waits_for_nobody(start, home):
    ada = start().until_ready()
    with ThreadPoolExecutor() as pool:
        answer = in_flight(pool, ada, "/endless")
        ada.interrupt()
        wait_for(lambda: "Plaza is stopping" in ada.output)
        ada.interrupt()
        assert ada.process.wait(DEADLINE / 3) == 0
        assert answer.exception() is not None
    assert using(home) == []


def test_what_takes_too_long_is_cut_off(start, home):
    ada = start(DRAIN_SECONDS=1).until_ready()
    with ThreadPoolExecutor() as pool:
        answer = in_flight(pool, ada, "/endless")
        assert ada.end() == 0
        assert answer.exception() or answer.result().status_code >= 500
    assert using(home) == []


def test_it_can_be_stopped_while_it_starts(start, home):
    ada = start()
    wait_for((home / ".plaza" / "postgres.partial").exists)
    assert ada.end() == 0
    assert "Plaza is ready" not in ada.output
    assert using(home) == []
    start().until_ready()
