"""Each process answers for all, and says who did not answer."""

import asyncio
import shutil
import tempfile
from pathlib import Path

import pytest

from plaza.platform import gathering
from plaza.platform.gathering import ALONE, Gathering
from plaza.platform.meters import Meters, Reading, Timing

pytestmark = pytest.mark.anyio


@pytest.fixture
def folder():
    """Short, for the sockets in it."""
    made = Path(tempfile.mkdtemp(prefix="plaza-"))
    yield made
    shutil.rmtree(made)


def counting(count):
    return Meters(lambda: [Reading("tests", ("a",), count)])


async def test_one_alone_tells_its_own():
    async with Gathering(counting(1), None) as alone:
        assert await alone.read() == {ALONE: [Reading("tests", ("a",), 1)]}


async def test_whoever_is_asked_tells_what_all_count(folder):
    timing = Timing()
    timing.add(0.3)
    others = Meters(lambda: [Reading("times", (), timing)])
    async with (
        Gathering(counting(1), folder / "web-0") as web,
        Gathering(others, folder / "worker") as worker,
    ):
        told = {
            "web-0": [Reading("tests", ("a",), 1)],
            "worker": [Reading("times", (), timing)],
        }
        assert await web.read() == told
        assert await worker.read() == told
        timing.add(7.0)
        assert (await web.read())["worker"][0].value.total == 7.3


async def test_nobody_else_may_ask(folder):
    async with Gathering(counting(1), folder / "web-0"):
        assert (folder / "web-0.meters").stat().st_mode & 0o777 == 0o600


async def test_who_is_gone_or_hangs_or_talks_nonsense_is_told_as_silent(folder, monkeypatch):
    monkeypatch.setattr(gathering, "SECONDS", 0.1)

    patience = asyncio.Event()

    async def hang(_reader, writer):
        await patience.wait()
        writer.close()
        await writer.wait_closed()
        patience.clear()

    async def nonsense(_reader, writer):
        writer.write(b"nonsense")
        writer.close()

    async with (
        await asyncio.start_unix_server(nonsense, folder / "odd.meters"),
        Gathering(counting(1), folder / "web-0") as web,
    ):
        hanging = await asyncio.start_unix_server(hang, folder / "slow.meters")
        gone = await asyncio.start_unix_server(nonsense, folder / "gone.meters")
        gone.close()
        (folder / "gone.meters").touch()
        told = await web.read()
        hanging.close()
        patience.set()
        while patience.is_set():  # noqa: ASYNC110  # until it let go of its caller
            await asyncio.sleep(0)
    assert {name for name in told if told[name] is None} == {"gone", "odd", "slow"}
    assert told["web-0"]


async def test_a_successor_takes_the_place_of_who_was_killed(folder):
    (folder / "web-1.meters").touch()
    async with (
        Gathering(counting(1), folder / "web-0") as web,
        Gathering(counting(2), folder / "web-1"),
    ):
        assert (await web.read())["web-1"] == [Reading("tests", ("a",), 2)]
