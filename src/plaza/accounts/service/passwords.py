"""Passwords: argon2id in a pool of its own, so that a flood of logins never holds the loop."""

import asyncio
import os
import secrets
import sys
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from importlib import resources
from typing import TypeVar

from argon2 import PasswordHasher
from argon2.exceptions import VerificationError, VerifyMismatchError
from msgspec import Struct

from plaza.accounts.model import weakness
from plaza.platform.problems import FieldError, Invalid, Unavailable

R = TypeVar("R")

SHORTEST = 8
NICENESS = 5
LIST = "common_passwords.txt"


class HashCost(Struct, frozen=True, kw_only=True):
    """What one guess costs (RFC 9106); OWASP's first choice for servers.

    `threads` hash at a time; beyond `waiting` that wait, a request is turned away at once.
    """

    memory_kib: int = 19_456
    passes: int = 2
    threads: int = 2
    waiting: int = 64


class Busy(Unavailable):
    retry_after = 2


class Passwords:
    """Every check costs the same, also of an account that does not exist."""

    def __init__(self, cost: HashCost) -> None:
        self._hasher = PasswordHasher(
            time_cost=cost.passes, memory_cost=cost.memory_kib, parallelism=1
        )
        self._pool = ThreadPoolExecutor(cost.threads, "passwords", initializer=_step_back)
        self._most = cost.threads + cost.waiting
        self._waiting = 0
        self._nobodys = self._hasher.hash(secrets.token_hex())
        self._common = _common()

    def close(self) -> None:
        self._pool.shutdown(wait=False, cancel_futures=True)

    async def hash(self, password: str) -> str:
        """Raises Unavailable when too many wait already."""
        return await self._run(lambda: self._hasher.hash(password))

    async def matches(self, password: str, kept: str | None) -> bool:
        """Whether it is the one; `kept` is None where there is no account: then never.

        Raises Unavailable when too many wait already.
        """
        right = await self._run(lambda: self._check(password, kept or self._nobodys))
        return right and kept is not None

    async def renewed(self, password: str, kept: str) -> str | None:
        """Another hash of the right password, if `kept` was made at another cost than is set now.

        Raises Unavailable when too many wait already.
        """
        return await self.hash(password) if self._hasher.check_needs_rehash(kept) else None

    def judge(self, at: str, password: str, username: str, email: str) -> None:
        """Raises Invalid, at that pointer, for one that is too easy to guess.

        Also for one that is too short in its composed form: bounds count what was sent.
        """
        why = weakness(password, username, email)
        if len(password) < SHORTEST:
            why = f"It has less than {SHORTEST} characters."
        elif password.casefold() in self._common:
            why = "It is one of the most common passwords."
        if why is not None:
            raise Invalid(errors=(FieldError(at, why),))

    def _check(self, password: str, kept: str) -> bool:
        try:
            return self._hasher.verify(kept, password)
        except VerifyMismatchError:
            return False
        except VerificationError as error:
            raise RuntimeError("a password hash in the database cannot be read") from error

    async def _run(self, work: Callable[[], R]) -> R:
        if self._waiting >= self._most:
            raise Busy
        self._waiting += 1
        try:
            return await asyncio.get_running_loop().run_in_executor(self._pool, work)
        finally:
            self._waiting -= 1


def _step_back() -> None:
    """Requests that only read go first: on Linux a thread has a niceness of its own."""
    if sys.platform == "linux":
        with suppress(OSError):
            os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), NICENESS)


def _common() -> frozenset[str]:
    """The most common passwords, in lower case."""
    text = resources.files(__package__).joinpath(LIST).read_text(encoding="utf-8")
    return frozenset(line for line in text.splitlines() if not line.startswith("#"))
