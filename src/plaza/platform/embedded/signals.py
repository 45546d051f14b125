"""What the operating system tells the supervisor: that a child ended, that it is time to stop."""

import select
import signal
import socket
from types import FrameType
from typing import Any, Self

STOP = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)


class Signals:
    """Holds the process's handlers while entered; for the main thread only."""

    def __init__(self) -> None:
        self.stops = 0
        """How often we were asked to stop; the second time means at once."""
        self._before: dict[signal.Signals, Any] = {}

    def __enter__(self) -> Self:
        self._wakes, self._woken = socket.socketpair()
        self._wakes.settimeout(0)
        self._woken.settimeout(0)
        self._old_fd = signal.set_wakeup_fd(self._wakes.fileno(), warn_on_full_buffer=False)
        for number in STOP:
            if number is signal.SIGHUP and signal.getsignal(number) is signal.SIG_IGN:
                continue  # nohup: outlive the terminal
            self._before[number] = signal.signal(number, self._stop)
        self._before[signal.SIGCHLD] = signal.signal(signal.SIGCHLD, _wake)
        return self

    def __exit__(self, *_: object) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)
        signal.set_wakeup_fd(self._old_fd)
        self._wakes.close()
        self._woken.close()

    def wait(self, seconds: float) -> None:
        """Returns early when a signal came."""
        if select.select([self._woken], [], [], seconds)[0]:
            self._woken.recv(4096)

    def _stop(self, _: int, __: FrameType | None) -> None:
        self.stops += 1


def _wake(_: int, __: FrameType | None) -> None:
    """A handler must be there for the signal to wake us."""
