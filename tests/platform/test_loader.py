"""Reads come together, are kept for a while, and are never older than they may be."""

import asyncio
import timeit
from contextlib import suppress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from plaza.platform.loader import LANES, MOST_AT_ONCE, Loader

pytestmark = pytest.mark.anyio


class Store:
    """What is loaded from; a load takes as long as the test lets it."""

    def __init__(self, **values):
        self.values = values
        self.asked = []
        self.open = asyncio.Event()
        self.open.set()
        self.flying = self.most_flying = 0

    async def fetch(self, keys):
        self.asked.append(list(keys))
        self.flying += 1
        self.most_flying = max(self.flying, self.most_flying)
        found = {key: self.values[key] for key in keys if key in self.values}
        await self.open.wait()
        self.flying -= 1
        return found


class Clock:
    now = 100.0

    def __call__(self):
        return self.now


@pytest.fixture
def store():
    return Store(a=1, b=2, c=3)


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def loader(store, clock):
    return Loader(store.fetch, ttl=10, size=100, clock=clock)


async def started(*coroutines):
    tasks = [asyncio.ensure_future(each) for each in coroutines]
    for _ in range(3):
        await asyncio.sleep(0)
    return tasks


async def test_what_exists_is_found_and_the_rest_left_out(loader):
    assert await loader.get("a") == 1
    assert await loader.get("nothing") is None
    assert await loader.get_many(["b", "nothing", "a", "b"]) == {"a": 1, "b": 2}
    assert await loader.get_many([]) == {}


async def test_those_who_ask_at_once_are_answered_by_one_load(loader, store):
    one, many, other = await asyncio.gather(
        loader.get("a"), loader.get_many(["a", "b"]), loader.get("c")
    )
    assert (one, many, other) == (1, {"a": 1, "b": 2}, 3)
    assert store.asked == [["a", "b", "c"]]


async def test_what_is_kept_is_not_asked_for_again(loader, store):
    await loader.get_many(["a", "b"])
    assert await loader.get_many(["a", "b", "c"]) == {"a": 1, "b": 2, "c": 3}
    assert store.asked == [["a", "b"], ["c"]]


async def test_what_does_not_exist_is_not_kept(loader, store):
    assert await loader.get("late") is None
    store.values["late"] = 4
    assert await loader.get("late") == 4


async def test_a_value_lives_as_long_as_it_may_from_when_it_was_asked_for(loader, store, clock):
    store.open.clear()
    (task,) = await started(loader.get("a"))
    clock.now += 4
    store.open.set()
    await task
    store.values["a"] = 9
    clock.now += 5.9
    assert await loader.get("a") == 1
    clock.now += 0.1
    assert await loader.get("a") == 9


async def test_a_ttl_of_zero_keeps_nothing_and_still_asks_once(store):
    loader = Loader(store.fetch, ttl=0, size=100)
    assert await asyncio.gather(loader.get("a"), loader.get("a")) == [1, 1]
    store.values["a"] = 9
    assert await loader.get("a") == 9
    assert store.asked == [["a"], ["a"]]


async def test_the_least_recently_used_goes_first(store):
    loader = Loader(store.fetch, ttl=10, size=2)
    await loader.get_many(["a", "b"])
    await loader.get("a")
    await loader.get("c")
    store.asked.clear()
    assert await loader.get_many(["a", "c"]) == {"a": 1, "c": 3}
    assert store.asked == []
    await loader.get("b")
    assert store.asked == [["b"]]


async def test_what_changed_while_it_was_loaded_is_answered_and_not_kept(loader, store):
    store.open.clear()
    early = await started(loader.get_many(["a", "b"]))
    store.values.update(a=8, b=9)
    loader.invalidate(["a", "b"])
    late = await started(loader.get("a"))
    store.open.set()
    assert await early[0] == {"a": 1, "b": 2}
    assert await late[0] == 8
    assert await loader.get_many(["a", "b"]) == {"a": 8, "b": 9}
    assert store.asked == [["a", "b"], ["a"], ["b"]]


async def test_after_a_doubt_everything_is_asked_for_again(loader, store):
    await loader.get("a")
    store.open.clear()
    (flying,) = await started(loader.get("b"))
    store.values.update(a=8, b=9)
    loader.clear()
    store.open.set()
    assert await flying == 2
    assert await loader.get_many(["a", "b"]) == {"a": 8, "b": 9}


async def test_what_nobody_vouches_for_is_read_anew_and_not_kept(loader, store, clock):
    await loader.get("a")
    loader.trust(clock.now + 3)
    store.values["a"] = 9
    clock.now += 2.9
    assert await loader.get_many(["a"]) == {"a": 1}
    clock.now += 0.1
    assert await loader.get("a") == 9
    assert (await loader.get_many(["a", "b"]), loader.doubted) == ({"a": 9, "b": 2}, 2)
    loader.clear()
    loader.trust(clock.now + 3)
    await loader.get("a")
    store.values["a"] = 10
    assert (await loader.get("a"), loader.doubted) == (9, 2)


async def test_the_truth_is_never_what_is_kept(loader, store):
    await loader.get("a")
    store.values["a"] = 9
    assert await loader.truth(["a", "nothing", "a"]) == {"a": 9}
    assert await loader.truth([]) == {}
    assert await loader.get("a") == 9
    assert store.asked == [["a"], ["a", "nothing"]]


async def test_a_thousand_misses_of_one_key_are_two_loads_at_most(loader, store):
    store.open.clear()
    tasks = []
    for _ in range(100):
        tasks += await started(*(loader.get("a") for _ in range(10)))
    store.open.set()
    assert await asyncio.gather(*tasks) == [1] * 1000
    assert store.asked == [["a"], ["a"]]


async def test_loads_are_bounded_in_size_and_number(store):
    store.values = {i: i for i in range(5 * MOST_AT_ONCE)}
    loader = Loader(store.fetch, ttl=0, size=0)
    store.open.clear()
    tasks = await started(*(loader.get(i) for i in store.values))
    assert store.flying == LANES
    store.open.set()
    assert await asyncio.gather(*tasks) == list(store.values)
    assert (store.most_flying, max(map(len, store.asked))) == (LANES, MOST_AT_ONCE)
    assert len(store.asked) == 5


class Broken(Exception):
    pass


class Particular(Exception):
    """Cannot be copied."""

    def __init__(self, *, why):
        super().__init__(why)


@pytest.mark.parametrize("error", [Broken("why"), Particular(why="why")])
async def test_an_error_reaches_all_who_wait_and_is_not_kept(store, error):
    broken = True

    async def fetch(keys):
        if broken:
            raise error
        return await store.fetch(keys)

    loader = Loader(fetch, ttl=10, size=100)
    waiting = [loader.get("a"), loader.get_many(["a", "b"]), loader.get("a")]
    heard = await asyncio.gather(*waiting, return_exceptions=True)
    assert [(type(each), str(each)) for each in heard] == [(type(error), "why")] * 3
    broken = False
    assert await loader.get_many(["a", "b"]) == {"a": 1, "b": 2}


async def test_cancelling_one_who_waits_harms_no_other(loader, store):
    store.open.clear()
    first, second = await started(loader.get("a"), loader.get("a"))
    first.cancel()
    store.open.set()
    assert await second == 1
    assert await loader.get("a") == 1
    assert store.asked == [["a"]]


async def test_cancelling_all_who_wait_leaves_a_loader_that_works(loader, store):
    store.open.clear()
    tasks = await started(loader.get("a"), loader.get("b"))
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    store.open.set()
    assert await loader.get_many(["a", "b", "c"]) == {"a": 1, "b": 2, "c": 3}


async def test_a_hit_costs_a_microsecond_and_does_not_touch_the_loop(loader):
    await loader.get("a")
    hit = loader.get("a")
    with pytest.raises(StopIteration) as returned:
        hit.send(None)
    assert returned.value.value == 1

    def hits():
        for _ in range(1000):
            with suppress(StopIteration):
                loader.get("a").send(None)

    assert min(timeit.repeat(hits, number=1, repeat=20)) / 1000 < 5e-6


KEYS = st.sampled_from("abc")
ACTIONS = st.one_of(
    st.tuples(st.just("get"), KEYS),
    st.tuples(st.just("change"), KEYS),
    st.tuples(st.just("delete"), KEYS),
    st.tuples(st.just("land"), st.integers(0, 5)),
    st.tuples(st.just("tick"), st.integers(1, 6)),
    st.tuples(st.just("clear"), st.none()),
    st.tuples(st.just("truth"), KEYS),
    st.tuples(st.just("go_deaf"), st.none()),
    st.tuples(st.just("hear_again"), st.none()),
)


class Slow:
    """A store whose loads read at once and land when they are told to, in any order."""

    def __init__(self):
        self.values = {}
        self.flying = []

    async def fetch(self, keys):
        read = {key: self.values[key] for key in keys if key in self.values}
        landed = asyncio.get_running_loop().create_future()
        self.flying.append(landed)
        await landed
        return read

    def land(self, which):
        if self.flying:
            self.flying.pop(which % len(self.flying)).set_result(None)


class Model:
    """What happens to a loader, and what is true meanwhile.

    Every change is invalidated, but for those that a deaf process does not hear.
    """

    def __init__(self, ttl):
        self.store, self.clock = Slow(), Clock()
        self.loader = Loader(self.store.fetch, ttl=ttl, size=2, clock=self.clock)
        self.deaf = False
        self.version = 0
        self.history = {key: [(0, None)] for key in "abc"}
        self.asked = []

    def get(self, key):
        self.asked.append((key, self.version, asyncio.ensure_future(self.loader.get(key))))

    def truth(self, key):
        async def ask():
            return (await self.loader.truth([key])).get(key)

        self.asked.append((key, self.version, asyncio.ensure_future(ask())))

    def go_deaf(self, _):
        self.deaf = True
        self.loader.trust(self.clock.now)

    def hear_again(self, _):
        self.deaf = False
        self.loader.clear()
        self.loader.trust(float("inf"))

    def change(self, key):
        self.store.values[key] = self.version + 1
        self.changed(key)

    def delete(self, key):
        self.store.values.pop(key, None)
        self.changed(key)

    def changed(self, key):
        self.version += 1
        self.history[key].append((self.version, self.store.values.get(key)))
        if not self.deaf:
            self.loader.invalidate([key])

    def land(self, which):
        self.store.land(which)

    def tick(self, seconds):
        self.clock.now += seconds

    def clear(self, _):
        self.loader.clear()

    async def settle(self):
        for _ in range(4):
            await asyncio.sleep(0)

    def allowed(self, key, since):
        """The value a key had when it was asked for, and those it got later."""
        at_first = [value for at, value in self.history[key] if at <= since][-1]
        return [at_first, *(value for at, value in self.history[key] if at > since)]


@settings(max_examples=300, deadline=None)
@given(actions=st.lists(ACTIONS, max_size=40), ttl=st.sampled_from([0, 10]))
async def test_nobody_is_told_less_than_was_true_when_he_asked(actions, ttl):
    model = Model(ttl)
    for what, given_ in actions:
        getattr(model, what)(given_)
        await model.settle()
        assert len(model.store.flying) <= LANES
    for _ in range(len(actions) + 1):
        model.land(0)
        await model.settle()
    assert not model.store.flying
    for key, since, task in model.asked:
        assert task.result() in model.allowed(key, since)
    for key in "abc":
        now = asyncio.ensure_future(model.loader.get(key))
        await model.settle()
        model.land(0)
        assert await now == model.store.values.get(key)
