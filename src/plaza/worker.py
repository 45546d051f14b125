"""One worker process: it starts, says that it is ready, and ends when its supervisor asks."""

import argparse
import asyncio
import os
import signal
import sys
from collections.abc import Callable
from contextlib import suppress
from importlib import import_module
from pathlib import Path
from typing import Protocol

import uvloop

from plaza.platform.starting import CannotStart
from plaza.settings import load


class Worker(Protocol):
    """What `plaza.app.worker.build(settings)` gives."""

    async def run(self, ready: Callable[[], None], place: Path) -> None: ...


def main() -> None:
    arguments = argparse.ArgumentParser()
    arguments.add_argument("--ready", type=Path, required=True)
    arguments.add_argument("--app", default="plaza.app.worker:build")
    told = arguments.parse_args()
    try:
        module, _, factory = told.app.partition(":")
        worker: Worker = getattr(import_module(module), factory)(load())
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            runner.run(work(worker, told.ready))
    except CannotStart as reason:
        sys.exit(str(reason))


async def work(worker: Worker, ready: Path) -> None:
    """Until SIGTERM, and then until what is in hand is done or given back."""
    task = asyncio.ensure_future(worker.run(lambda: _say_in(ready), ready))
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, task.cancel)
    with suppress(asyncio.CancelledError):
        await task


def _say_in(ready: Path) -> None:
    ready.write_text(str(os.getpid()))


if __name__ == "__main__":
    main()
