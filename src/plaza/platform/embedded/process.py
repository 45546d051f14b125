"""A child of Plaza: started, asked whether it is ready, stopped."""

import signal
import subprocess
import time
from abc import ABC, abstractmethod
from typing import ClassVar, Self

from plaza.platform.embedded.launch import Launch
from plaza.platform.embedded.log import Log
from plaza.platform.starting import CannotStart

GLANCE = 0.01
"""Seconds between two looks at a process one waits for."""


class Process(ABC):
    """One child, which may be started again after it ended. Without a log it writes to ours."""

    name: ClassVar[str]
    stop_signal: ClassVar[signal.Signals] = signal.SIGTERM

    def __init__(self, log: Log | None = None) -> None:
        self._log = log
        self._child: subprocess.Popen[bytes] | None = None

    @abstractmethod
    def launch(self) -> Launch:
        """Make what it needs; asked before each start. Raises CannotStart."""

    @abstractmethod
    def is_ready(self) -> bool:
        """Asked while it runs; must be quick."""

    @property
    def pid(self) -> int:
        """Raises RuntimeError before the first start."""
        if self._child is None:
            raise RuntimeError(f"{self.name} was not started")
        return self._child.pid

    def start(self) -> None:
        """Returns before it is ready. Raises CannotStart."""
        launch = self.launch()
        if self._log is None:
            self._child = launch.start()
            return
        self._log.path.parent.mkdir(parents=True, exist_ok=True)
        with self._log.path.open("ab", buffering=0) as file:
            self._child = launch.start(writes=file)

    def wait_ready(self, seconds: float = 30.0) -> None:
        """Raises CannotStart when it ends or is not ready in that time."""
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            if self.ended() is not None:
                raise CannotStart(f"{self.name} ended as it started: {self.last_words()}")
            if self.is_ready():
                return
            time.sleep(GLANCE)
        raise CannotStart(f"{self.name} was not ready in {seconds:g} s: {self.last_words()}")

    def ended(self) -> int | None:
        """How it ended (negative: by which signal); None while it runs or was never started."""
        return self._child.poll() if self._child else None

    def ask_to_stop(self) -> None:
        if self._child:
            self._child.send_signal(self.stop_signal)

    def stop(self, seconds: float = 10.0) -> None:
        """Ask, wait, and after that time kill."""
        if self._child is None:
            return
        self.ask_to_stop()
        try:
            self._child.wait(seconds)
        except subprocess.TimeoutExpired:
            self.kill()

    def kill(self) -> None:
        if self._child:
            self._child.kill()
            self._child.wait()

    def last_words(self, lines: int = 5) -> str:
        return self._log.tail(lines) if self._log else "see above"

    def __enter__(self) -> Self:
        self.start()
        try:
            self.wait_ready()
        except BaseException:
            self.kill()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()
