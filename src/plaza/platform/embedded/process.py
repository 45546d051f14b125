"""A child of Plaza: started, asked whether it is ready, stopped."""

import signal
import subprocess
import time
from abc import ABC, abstractmethod
from collections.abc import Callable
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
    ready_seconds: float = 60.0
    stop_seconds: float = 10.0

    def __init__(self, log: Log | None = None) -> None:
        self._log = log
        self._child: subprocess.Popen[bytes] | None = None
        self._refused = ""
        self._log_began = 0

    @abstractmethod
    def launch(self) -> Launch:
        """Make what it needs; asked before each start. Raises CannotStart or OSError."""

    @abstractmethod
    def is_ready(self) -> bool:
        """Asked after the start, often: must be quick."""

    def has_failed(self) -> bool:
        """Whether it was started and is not as it should be."""
        return bool(self._refused) or self.ended() is not None

    @property
    def pid(self) -> int:
        """Raises RuntimeError before the first start."""
        if self._child is None:
            raise RuntimeError(f"{self.name} was not started")
        return self._child.pid

    def start(self) -> None:
        """Returns before it is ready. Raises CannotStart or OSError."""
        self._refused = ""
        launch = self.launch()
        if self._log is None:
            self._child = launch.start()
            return
        self._log_began = self._log.size()
        self._log.path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        with self._log.path.open("ab", buffering=0) as file:
            self._child = launch.start(writes=file)

    def start_again(self) -> None:
        """What keeps it from starting counts as its end."""
        try:
            self.start()
        except (CannotStart, OSError) as error:
            self._refused = str(error)

    def wait_ready(self, unless: Callable[[], bool] = lambda: False) -> bool:
        """Whether it got ready before `unless` turned true.

        Raises CannotStart when it ended or did not get ready in `ready_seconds`.
        """
        until = time.monotonic() + self.ready_seconds
        while not self.is_ready():
            if unless():
                return False
            if self.has_failed():
                raise CannotStart(self.refusal())
            if time.monotonic() > until:
                raise CannotStart(
                    f"{self.name} was not ready in {self.ready_seconds:g} s: {self.last_words()}"
                )
            time.sleep(GLANCE)
        return True

    def ended(self) -> int | None:
        """How (negative: by which signal); None while it runs or was never started."""
        return self._child.poll() if self._child else None

    def is_running(self) -> bool:
        return self._child is not None and self._child.poll() is None

    def refusal(self) -> str:
        """What to say when it did not get ready."""
        return f"{self.name} did not start: {self.last_words()}"

    def how_it_ended(self) -> str:
        if self._refused:
            return f"could not be started: {self._refused}"
        code = self.ended() or 0
        return f"ended by {signal.Signals(-code).name}" if code < 0 else f"ended with code {code}"

    def ask_to_stop(self) -> None:
        if self._child:
            self._child.send_signal(self.stop_signal)

    def stop(self) -> None:
        """Ask, wait, and after `stop_seconds` kill."""
        self.ask_to_stop()
        try:
            if self._child:
                self._child.wait(self.stop_seconds)
        except subprocess.TimeoutExpired:
            self.kill()

    def kill(self) -> None:
        if self._child:
            self._child.kill()
            self._child.wait()

    def tend(self) -> None:
        """Called now and then while it runs."""
        if self._log:
            self._log.trim()

    def last_words(self, lines: int = 5) -> str:
        """Since its last start."""
        return self._log.tail(lines, since=self._log_began) if self._log else "see above"

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
