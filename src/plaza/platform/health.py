"""Is this process alive, and may it be given work? What is degraded is said, never hidden."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping
from typing import Annotated

import structlog
from msgspec import Meta, Struct

log = structlog.get_logger()

Check = Callable[[], Awaitable[object]]
"""Raises when its part is down."""

Word = Annotated[str, Meta(max_length=50, pattern="^[a-z_]+$")]
CHECK_SECONDS = 2.0
KEPT_SECONDS = 1.0


class Degraded(Exception):
    """A check's own sentence, which may be told; what other errors say stays in the log."""


class Report(Struct, frozen=True, kw_only=True):
    """`missing` parts make it unready; without the `degraded` ones Plaza goes on."""

    status: Word
    missing: Annotated[list[Word], Meta(max_length=20)]
    degraded: Annotated[list[Word], Meta(max_length=20)]

    @property
    def ready(self) -> bool:
        return not self.missing


class Part(Struct, frozen=True, kw_only=True):
    """A part Plaza stands on; `ms` is how long it took to say that it is there."""

    up: bool
    needed: bool
    ms: float
    why: str | None


class Whole(Struct, frozen=True, kw_only=True):
    """The report, and every part by name."""

    status: str
    parts: dict[str, Part]
    draining: bool

    @property
    def ready(self) -> bool:
        return self.status != "unavailable" and not self.draining


class Health:
    """`needed` parts fail readiness, `useful` ones do not (docs/spec.md, health)."""

    def __init__(self, needed: Mapping[str, Check], useful: Mapping[str, Check]) -> None:
        self._needed = needed
        self._useful = useful
        self._kept: tuple[float, Report] | None = None
        self._looking = asyncio.Lock()
        self.started = False
        self.draining = False

    async def whole(self) -> Whole:
        """How each part is this moment: for whoever runs Plaza, not for probes."""
        checks = [(name, check, True) for name, check in self._needed.items()]
        checks += [(name, check, False) for name, check in self._useful.items()]
        looked = await asyncio.gather(*(_look(*each) for each in checks))
        parts = {name: part for (name, _, _), part in zip(checks, looked, strict=True)}
        missing = [name for name, part in parts.items() if part.needed and not part.up]
        degraded = [name for name, part in parts.items() if not part.needed and not part.up]
        status = _report(missing, degraded).status
        return Whole(status=status, parts=parts, draining=self.draining)

    async def report(self) -> Report:
        """The truth of at most a second ago: probes must not become load."""
        async with self._looking:
            if self._kept is None or time.monotonic() - self._kept[0] > KEPT_SECONDS:
                missing = await _failing(self._needed)
                self._kept = (time.monotonic(), _report(missing, await _failing(self._useful)))
        report = self._kept[1]
        return _report([*report.missing, "draining"], report.degraded) if self.draining else report


def _report(missing: list[str], degraded: list[str]) -> Report:
    status = "unavailable" if missing else "degraded" if degraded else "ok"
    return Report(status=status, missing=missing, degraded=degraded)


async def _failing(checks: Mapping[str, Check]) -> list[str]:
    wrong = await asyncio.gather(*(_wrong(name, check) for name, check in checks.items()))
    return [name for name, error in zip(checks, wrong, strict=True) if error]


async def _look(name: str, check: Check, needed: bool) -> Part:  # noqa: FBT001  # a row
    began = time.perf_counter()
    error = await _wrong(name, check)
    ms = round((time.perf_counter() - began) * 1000, 3)
    why = str(error) if isinstance(error, Degraded) else None
    return Part(up=error is None, needed=needed, ms=ms, why=why)


async def _wrong(name: str, check: Check) -> Exception | None:
    try:
        async with asyncio.timeout(CHECK_SECONDS):
            await check()
    except Exception as error:  # noqa: BLE001  # whatever it is, the part is not there
        log.warning("part is down", part=name, error=repr(error))
        return error
    return None
