"""How often one may call: counted where the calls arrive, a window at a time.

A window begins with somebody's first call. Each process counts for itself: N of them let at most N
times as many by, and whoever stands at the turn of a window twice as many in one moment.
"""

import time
from collections.abc import Callable, Hashable
from functools import lru_cache
from ipaddress import IPv6Address, ip_address, ip_network
from math import ceil
from typing import Annotated

from msgspec import Meta, Struct

from plaza.platform.caller import Caller, System, User
from plaza.platform.problems import Limited

KEYS = 100_000
"""Callers that one counter tells apart in a window; those beyond share a thousand places."""

PLACES = 1_000
NETWORK_BITS = 64
"""Who has one address of IPv6 has a network of them (RFC 6177)."""

CREDENTIALS = "credentials"

Name = Annotated[str, Meta(max_length=50, pattern="^[a-z_]+$", description="What is counted.")]
Calls = Annotated[int, Meta(ge=1, le=999_999, description="Calls in one window.")]
Seconds = Annotated[int, Meta(ge=1, le=99_999, description="How long a window is.")]


class Rule(Struct, frozen=True):
    name: Name
    calls: Calls
    seconds: Seconds


class Standing(Struct, frozen=True, gc=False):
    """What a rule leaves somebody: `left` calls for as many `seconds`."""

    rule: Rule
    left: int
    seconds: int


class Rules(Struct, frozen=True, kw_only=True):
    """`anonymous` and `credentials` are by address, `account` by address and who is meant."""

    anonymous: Rule = Rule("anonymous", 20, 5)
    user: Rule = Rule("user", 300, 60)
    credentials: Rule = Rule("credentials", 30, 60)
    account: Rule = Rule("account", 5, 60)

    @property
    def all(self) -> list[Rule]:
        return [self.anonymous, self.user, self.credentials, self.account]


class _Window(Struct, gc=False):
    ends: float
    used: int = 0


class Counter:
    """One rule. Two generations of windows, so that what is over is forgotten without a search."""

    def __init__(self, rule: Rule, clock: Callable[[], float]) -> None:
        self._rule = rule
        self._clock = clock
        self._young: dict[Hashable, _Window] = {}
        self._old: dict[Hashable, _Window] = {}
        self._turns = clock() + rule.seconds
        self.refused = 0

    @property
    def size(self) -> int:
        """Windows that are remembered: those of callers seen within two windows."""
        return len(self._young) + len(self._old)

    def count(self, key: Hashable) -> Standing:
        """Raises Limited, which is not counted."""
        now = self._clock()
        if now >= self._turns:
            self._turn(now)
        window = self._young.get(key)
        if window is None:
            window = self._window(key, now)
        rule = self._rule
        if now >= window.ends:
            window.ends = now + rule.seconds
            window.used = 0
        seconds = ceil(window.ends - now)
        if window.used >= rule.calls:
            self.refused += 1
            raise _limited(Standing(rule, 0, seconds))
        window.used += 1
        return Standing(rule, rule.calls - window.used, seconds)

    def _turn(self, now: float) -> None:
        late = now >= self._turns + self._rule.seconds
        self._old = {} if late else self._young
        self._young = {}
        self._turns = now + self._rule.seconds

    def _window(self, key: Hashable, now: float) -> _Window:
        window = self._old.pop(key, None)
        if window is None:
            if len(self._young) >= KEYS:
                key = ("shared", hash(key) % PLACES)
            window = self._young.get(key) or _Window(now + self._rule.seconds)
        self._young[key] = window
        return window


class Rates:
    """The counters of one process. A store that processes share would settle them from here."""

    def __init__(self, rules: Rules, clock: Callable[[], float] = time.monotonic) -> None:
        self._counters = {rule.name: Counter(rule, clock) for rule in rules.all}
        counting = (counter.count for counter in self._counters.values())
        self._anonymous, self._user, self._credentials, self._account = counting

    def count(self, caller: Caller, limit: str) -> Standing | None:
        """One call of an operation of that limit. Raises Limited; Plaza itself never is."""
        if isinstance(caller, User):
            standing = self._user(caller.id.int)
        elif isinstance(caller, System):
            return None
        else:
            standing = self._anonymous(network_of(caller.origin.address))
        if limit == CREDENTIALS:
            return self._credentials(network_of(caller.origin.address))
        return standing

    @property
    def refused(self) -> dict[str, int]:
        """Calls that were too many, by rule."""
        return {name: counter.refused for name, counter in self._counters.items()}

    def count_account(self, caller: Caller, account: Hashable) -> None:
        """One try at credentials of that account. Raises Limited."""
        if not isinstance(caller, System):
            self._account((network_of(caller.origin.address), account))


def network_of(address: str | None) -> str:
    """Whom an address stands for: itself, or its /64."""
    if address is None or ":" not in address:
        return address or ""
    return _prefix(address)


@lru_cache(maxsize=4_096)
def _prefix(address: str) -> str:
    try:
        found = ip_address(address)
    except ValueError:
        return address
    if not isinstance(found, IPv6Address):
        return address
    if found.ipv4_mapped:
        return str(found.ipv4_mapped)
    return str(ip_network((int(found), NETWORK_BITS), strict=False))


def _limited(standing: Standing) -> Limited:
    problem = Limited()
    problem.retry_after = standing.seconds
    problem.standing = standing
    return problem
