"""What is true of an operation in every protocol stands on it, once, in its context's api.py."""

from collections.abc import Awaitable, Callable
from enum import IntEnum
from typing import Any, ParamSpec, TypeVar

from msgspec import Struct

from plaza.platform.caller import Caller, Role, System, User
from plaza.platform.problems import LoginRequired, NotAllowed, Problem

P = ParamSpec("P")
R = TypeVar("R")
Operation = Callable[..., Awaitable[Any]]


class May(IntEnum):
    """Who may call an operation at all: the lowest rank; above none, that is whoever asks.

    Whether they may see this very thing, the operation decides itself.
    """

    ANYONE = 0
    USER = Role.USER
    MODERATOR = Role.MODERATOR
    ADMIN = Role.ADMIN


class Policy(Struct, frozen=True, kw_only=True):
    """What @operation declares. Edges, OpenAPI, /v1/limits, the matrix and GraphQL cost read it."""

    may: May
    limit: str
    idempotent: bool
    problems: tuple[type[Problem], ...]
    cost: int
    secret: bool

    def permit(self, caller: Caller) -> None:
        """Raises LoginRequired or NotAllowed."""
        if isinstance(caller, User):
            if caller.role < self.may:
                raise NotAllowed
        elif self.may and not isinstance(caller, System):
            raise LoginRequired


def operation(
    *,
    may: May,
    limit: str = "read",
    idempotent: bool = False,
    problems: tuple[type[Problem], ...] = (),
    cost: int = 1,
    secret: bool = False,
) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """Make an api method one that edges may name.

    `limit` is the rate limit it counts against, `cost` its points there and in GraphQL;
    `idempotent` says it takes an Idempotency-Key, `problems` how it may refuse beside the common
    refusals, `secret` that its answer must never be kept or logged. Undecorated methods are
    internal.
    """
    if idempotent and secret:
        raise TypeError("an answer that is secret cannot be kept for a replay")
    policy = Policy(
        may=may, limit=limit, idempotent=idempotent, problems=problems, cost=cost, secret=secret
    )

    def declare(method: Callable[P, R]) -> Callable[P, R]:
        method.__policy__ = policy  # type: ignore[attr-defined]
        return method

    return declare


def policy_of(method: Operation) -> Policy:
    """Raises TypeError for a method that is internal to its context."""
    found = getattr(method, "__policy__", None)
    if not isinstance(found, Policy):
        raise TypeError(f"{method.__qualname__} is not an @operation")
    return found
