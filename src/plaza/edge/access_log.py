"""One line a request, or one in a hundred; errors and slow ones always."""

import itertools

import structlog
from msgspec import Struct

from plaza.platform.caller import Caller, User
from plaza.platform.logs import AccessLog

log = structlog.get_logger("access")

ONE_IN = 100
SLOW_SECONDS = 1.0


class Done(Struct, frozen=True):
    """One request, for logs and metrics: its route, never the path, which may hold a token.

    `outcome` is the protocol's own code; `failed` says that the fault was ours.
    """

    method: str
    route: str
    outcome: int | str
    failed: bool
    seconds: float
    caller: Caller


class AccessLogger:
    def __init__(self, which: AccessLog) -> None:
        self.which = which
        self._count = itertools.count().__next__

    def __call__(self, done: Done) -> None:
        if self.which is not AccessLog.ALL and not self._chosen(done):
            return
        caller = done.caller
        log.info(
            "request",
            method=done.method,
            route=done.route,
            outcome=done.outcome,
            ms=round(done.seconds * 1000, 2),
            user_id=str(caller.id) if isinstance(caller, User) else None,
            address=caller.origin.address,
        )

    def _chosen(self, done: Done) -> bool:
        if done.failed or done.seconds > SLOW_SECONDS:
            return True
        return self.which is AccessLog.SAMPLED and self._count() % ONE_IN == 0
