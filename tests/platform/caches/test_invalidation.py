"""No answer from memory is older than it may be, whatever is lost, held up, or dies."""

import asyncio
import random
from collections import deque
from heapq import heappop, heappush
from itertools import count
from uuid import UUID

import msgspec
import pytest

from plaza.platform.caches import Caches
from plaza.platform.caches.beats import SILENCE
from plaza.platform.caches.herald import Herald
from plaza.platform.caches.invalidation import MOST_IDS, Invalidation, News
from plaza.platform.events import Event
from plaza.platform.health import Degraded
from plaza.platform.ids import uuid7
from plaza.platform.outbox import announced
from tests.platform.test_database import NOW

pytestmark = pytest.mark.anyio

LINE = "lines.line"
BOUND = 1.0
"""Seconds: what is promised (docs/consistency.md)."""


class LineChanged(Event, frozen=True, kw_only=True):
    topic = "lines.changed"

    line_id: UUID

    @property
    def key(self):
        return self.line_id

    @property
    def outdates(self):
        return {LINE: [self.line_id]}


def changed(line):
    return LineChanged(line_id=line, occurred_at=NOW)


class Air:
    """What a broker does with what is said: everyone hears it."""

    def __init__(self, *ears):
        self.ears = ears

    def whisper(self, _, payload):
        for ear in self.ears:
            ear(payload)

    async def say(self, subject, payload):
        self.whisper(subject, payload)


async def settle():
    for _ in range(5):
        await asyncio.sleep(0)


async def test_what_one_tells_all_forget_and_the_teller_before_he_goes_on():
    store, heard = {}, []

    async def fetch(keys):
        return {key: store.get(key, 0) for key in keys}

    processes = []
    air = Air(lambda payload: [each.hear(payload) for each, _ in processes], heard.append)
    for _ in range(2):
        caches = Caches(seconds=60)
        processes.append((Invalidation(air, caches), caches.loader(LINE, fetch, size=10)))
    await Herald(air, [LineChanged]).tell(asyncio.get_running_loop().time(), [], whole=True)
    (ada, hers), (bob, his) = processes
    line, other = uuid7(), uuid7()
    assert (await hers.get(line), await his.get(line)) == (0, 0)
    store[line] = 1
    assert (await hers.get(line), await his.get(line)) == (0, 0), "nobody was told"
    ada.tell([changed(line)])
    ada.tell([changed(other), changed(line)])
    assert await hers.get(line) == 1
    await settle()
    assert await his.get(line) == 1
    assert len(heard) == 2, "a beat, and one message for all of a turn of the loop"
    assert bob.look().heard == 2
    assert bob.look().kept == 1


async def test_what_cannot_be_named_empties_all():
    caches = Caches(seconds=60)
    invalidation = Invalidation(None, caches)
    herald = Herald(Air(invalidation.hear), [LineChanged])

    async def fetch(keys):
        return dict.fromkeys(keys, 0)

    loader = caches.loader(LINE, fetch, size=10)
    rows = announced([changed(uuid7())])
    newer = [row._replace(topic="lines.of_a_newer_release") for row in rows]
    unreadable = [row._replace(payload=b"{") for row in rows]
    many = announced(changed(uuid7()) for _ in range(MOST_IDS + 1))
    await herald.tell(herald.now(), [], whole=True)
    for found, whole in ((rows, False), (newer, True), (unreadable, True), (many, True)):
        emptied = invalidation.look().emptied
        await loader.get(uuid7())
        await herald.tell(herald.now(), found, whole=whole)
        look = invalidation.look()
        assert (look.kept, look.emptied) == (0, emptied + 1)
    await loader.get(uuid7())
    await herald.tell(herald.now(), rows, whole=True)
    assert invalidation.look().kept == 1
    invalidation.hear(b"what?")
    assert invalidation.look().kept == 0


async def test_nothing_is_said_without_need():
    said = []
    herald = Herald(Air(said.append), [LineChanged])
    for tenth in range(31):
        await herald.tell(tenth / 10, [], whole=True)
    assert len(said) == 16
    await herald.tell(3.01, announced([changed(uuid7())]), whole=True)
    assert len(said) == 17
    numbers = [msgspec.json.decode(each, type=News).beat.number for each in said]
    assert numbers == list(range(1, 18))


async def test_health_says_for_how_long_nothing_was_heard():
    now = 100.0
    invalidation = Invalidation(None, Caches(seconds=60), clock=lambda: now)
    with pytest.raises(Degraded, match="no beat of the relay was heard yet"):
        await invalidation.check()
    assert invalidation.look().beat_seconds is None
    await Herald(Air(invalidation.hear), []).tell(7, [], whole=True)
    await invalidation.check()
    now += SILENCE + 0.25
    with pytest.raises(Degraded, match=r"for 1\.0 s: every read asks the database"):
        await invalidation.check()
    assert invalidation.look().beat_seconds == 1


class Link:
    """What one process hears of one sender: in order, after a while; or late; or never."""

    def __init__(self, world, process):
        self.world, self.process = world, process
        self.state, self.held, self.free_at, self.slow = "fine", deque(), 0.0, 0.0

    def carry(self, payload):
        if self.state == "held":
            self.held.append(payload)
        elif self.state == "fine":
            seconds = self.slow + self.world.chance.uniform(0, 0.02)
            self.free_at = max(self.free_at, self.world.now + seconds)
            self.world.at(self.free_at, lambda: self.process.hear(payload))

    def become(self, state):
        self.state = state
        while state == "fine" and self.held:
            self.carry(self.held.popleft())


class Process:
    """One that reads, and may stand still for a while."""

    def __init__(self, world, ahead):
        self.world = world
        self.caches = Caches(seconds=60, clock=lambda: world.now + ahead)
        self.invalidation = Invalidation(self, self.caches, lambda: world.now + ahead)
        self.loader = self.caches.loader(LINE, self.fetch, size=10)
        self.relay, self.others = Link(world, self), Link(world, self)
        self.wrote = dict.fromkeys(world.history, 0)
        self.frozen, self.unheard = False, []
        self.reads = self.hits = 0

    async def fetch(self, keys):
        """Reads at once; what was read comes a little later, or much later."""
        read = {key: self.world.history[key][-1][1] for key in keys}
        self.hits -= len(keys)
        landed = asyncio.get_running_loop().create_future()
        chance = self.world.chance
        seconds = chance.uniform(0, 1.5) if chance.random() < 0.05 else chance.uniform(0, 0.02)
        self.world.after(seconds, lambda: landed.set_result(None))
        await landed
        return read

    def hear(self, payload):
        if self.frozen:
            self.unheard.append(payload)
        else:
            self.invalidation.hear(payload)

    def whisper(self, _, payload):
        for process in self.world.processes:
            process.others.carry(payload)

    def freeze(self):
        self.frozen = True

    def thaw(self):
        """Who asks may come before what is to be heard."""
        self.frozen = False
        for key in self.world.history:
            self.world.read(self, key)
        while self.unheard:
            self.invalidation.hear(self.unheard.pop(0))


class World:
    """Two processes, a relay with its outbox, and the truth; `run` lets a time pass in it."""

    LOOK = 3

    def __init__(self, seed):
        self.chance = random.Random(seed)
        self.now = 1_000.0
        self.heap, self.order = [], count()
        self.history = {uuid7(): [(self.now, 0)] for _ in range(12)}
        self.outbox = []
        self.asked = []
        skews = [0.0, 3_600.0, -900.0]
        self.processes = [Process(self, self.chance.choice(skews)) for _ in range(2)]
        self.skew = self.chance.choice(skews)
        self.leads = 0
        self.lead()
        for process in self.processes:
            self.again(0.008, lambda process=process: self.read(process))
        self.again(0.15, self.commit)
        self.again(0.5, self.trouble)

    def at(self, when, do):
        heappush(self.heap, (when, next(self.order), do))

    def after(self, seconds, do):
        self.at(self.now + seconds, do)

    def again(self, seconds, do):
        def once():
            do()
            self.after(self.chance.expovariate(1 / seconds), once)

        self.after(seconds, once)

    async def run(self, seconds):
        until = self.now + seconds
        while self.heap[0][0] < until:
            self.now, _, do = heappop(self.heap)
            if (done := do()) is not None:
                await done
            await settle()

    def lead(self):
        """Another one leads: what the last one did not mark as published, this one finds again.

        No way is slow as it begins: that one, nobody could tell from a longer way (beats.py).
        """
        for process in self.processes:
            process.relay.slow = 0.0
        self.leads += 1
        mine = self.leads
        air = Air(*(process.relay.carry for process in self.processes))
        herald = Herald(air, [LineChanged], lambda: self.now + self.skew)

        async def look():
            if mine == self.leads:
                rows = self.outbox[: self.LOOK]
                whole = len(rows) < self.LOOK
                await herald.tell(herald.now(), announced(rows), whole=whole)
                self.after(0.01, lambda: self.mark(mine, rows))
                self.after(0.03 if rows else 0.1, look)

        self.after(0.01, look)

    def mark(self, leader, rows):
        if leader == self.leads:
            self.outbox = [each for each in self.outbox if each not in rows]

    def commit(self, *, dies=False):
        """By a process, or by one that dies before it can tell."""
        key = self.chance.choice(list(self.history))
        version = self.history[key][-1][1] + 1
        self.history[key].append((self.now, version))
        self.outbox.append(changed(key))
        by = self.chance.choice([*self.processes, None])
        if by is not None and not by.frozen and not dies:
            by.invalidation.tell([changed(key)])
            by.wrote[key] = version

    def read(self, process, key=None):
        if not process.frozen:
            process.hits += 1
            process.reads += 1
            key = key or self.chance.choice(list(self.history))
            task = asyncio.ensure_future(process.loader.get(key))
            self.asked.append((key, self.now, process.wrote[key], task))

    def trouble(self):
        seconds = self.chance.choice([0.05, 0.3, 0.7, 1.5, 4.0])
        process = self.chance.choice(self.processes)
        links = [process.relay, process.others]
        if self.chance.random() < 0.5:
            links = [link for each in self.processes for link in (each.relay, each.others)]
        match self.chance.choice(["cut", "held", "slow", "freeze", "lead", "deaf", "much"]):
            case "cut" | "held" as state:
                self.spoil(links, state, seconds)
            case "deaf":
                self.spoil([process.relay], "cut", 0.02)
            case "slow":
                for link in links:
                    link.slow = 2.0
                    self.after(seconds, lambda link=link: setattr(link, "slow", 0.0))
            case "much":
                for _ in range(150):
                    self.commit(dies=True)
            case "freeze":
                process.freeze()
                self.after(seconds, process.thaw)
            case "lead":
                self.leads += 1
                self.after(seconds, self.lead)

    def spoil(self, links, state, seconds):
        for link in links:
            link.become(state)
            self.after(seconds, lambda link=link: link.become("fine"))

    def least(self, key, asked_at, wrote):
        """The oldest version that may be answered."""
        return max(wrote, *(v for at, v in self.history[key] if at <= asked_at - BOUND), 0)


@pytest.mark.parametrize("seed", range(20))
async def test_whatever_happens_nobody_reads_what_was_not_true_within_a_second(seed):
    world = World(seed)
    await world.run(20)
    old = [
        (round(asked_at - 1_000, 3), world.least(key, asked_at, wrote) - task.result())
        for key, asked_at, wrote, task in world.asked
        if task.done() and task.result() < world.least(key, asked_at, wrote)
    ]
    assert old == []
    for process in world.processes:
        assert process.hits > process.reads / 10, "memory is used"
