"""Starts processes in order, starts again what ends, stops all in reverse."""

import time
from collections import deque
from collections.abc import Callable, Sequence

from plaza.platform.embedded.process import GLANCE, Process
from plaza.platform.embedded.signals import Signals
from plaza.platform.starting import CannotStart

LIVES = 5
MINUTE = 60.0
"""Seconds in which a process may end less than LIVES times."""
TICK = 1.0
FIRST_PAUSE = 0.25


class Supervisor:
    """`stages` are started one after the other, the processes of each together.

    `say` takes lines for whoever runs us. `changed` tells, when asked, that the code is another
    than before: the last stage is then started anew, and what ended there waits for a change.
    """

    def __init__(
        self,
        stages: Sequence[Sequence[Process]],
        say: Callable[[str], None],
        changed: Callable[[], bool] | None = None,
    ) -> None:
        self._stages = stages
        self._say = say
        self._changed = changed
        self._watched = [_Watched(process) for stage in stages for process in stage]

    def run(self, ready: Callable[[], None], stopping: Callable[[], None]) -> None:
        """Until a signal asks us to stop; then no child is left.

        `ready` is called once all are; `stopping` when the last stage was asked to stop. Raises
        CannotStart when a process does not start, or ends too often.
        """
        with Signals() as signals:
            try:
                if self._start(signals):
                    ready()
                    while not signals.stops:
                        self._look()
                        signals.wait(self._pause())
                    self._say("Plaza is stopping")
            finally:
                self._stop(signals, stopping)

    def _start(self, signals: Signals) -> bool:
        """Whether all are ready; not when we were asked to stop before."""
        for stage in self._stages:
            for process in stage:
                _start(process)
            for process in stage:
                if not process.wait_ready(unless=lambda: signals.stops > 0):
                    return False
        return True

    def _look(self) -> None:
        if self._changed and self._changed():
            self._renew()
        now = time.monotonic()
        for watched in self._watched:
            watched.process.tend()
            if watched.due is None and watched.process.has_failed():
                self._mourn(watched, now)
            if watched.due is not None and watched.due <= now:
                watched.start()

    def _mourn(self, watched: "_Watched", now: float) -> None:
        process = watched.process
        how = f"{process.name} (process {process.pid}) {process.how_it_ended()}"
        if self._changed and process in self._stages[-1]:
            self._say(f"{how}; it is started again when a file changes")
            watched.due = float("inf")
            return
        watched.count(now)
        if len(watched.ends) >= LIVES:
            raise CannotStart(
                f"{how}, for the {LIVES}th time within a minute; its last words:\n"
                f"{process.last_words(20)}"
            )
        watched.due = now + watched.pause()
        self._say(f"{how}; starting it again")

    def _renew(self) -> None:
        self._say("the code changed; starting the web processes again")
        for watched in self._watched:
            if watched.process in self._stages[-1]:
                watched.process.stop()
                watched.start()

    def _pause(self) -> float:
        now = time.monotonic()
        due = [watched.due - now for watched in self._watched if watched.due is not None]
        return max(0.0, min([TICK / 4 if self._changed else TICK, *due]))

    def _stop(self, signals: Signals, stopping: Callable[[], None]) -> None:
        for stage in reversed(self._stages):
            for process in stage:
                process.ask_to_stop()
            if stage is self._stages[-1]:
                stopping()
            for process in stage:
                _await_end(process, at_once=self._hurried(stage, signals))

    def _hurried(self, stage: Sequence[Process], signals: Signals) -> Callable[[], bool]:
        """A second signal cuts short what people wait for, never a server that is saving data."""
        return lambda: stage is self._stages[-1] and signals.stops > 1


class _Watched:
    def __init__(self, process: Process) -> None:
        self.process = process
        self.ends: deque[float] = deque(maxlen=LIVES)
        self.due: float | None = None
        """When it is to be started again."""

    def start(self) -> None:
        """What keeps it from starting counts as an end: the next look sees it."""
        self.due = None
        self.process.start_again()

    def count(self, now: float) -> None:
        self.ends.append(now)
        while self.ends[0] < now - MINUTE:
            self.ends.popleft()

    def pause(self) -> float:
        """None at first, then longer and longer."""
        return 0.0 if len(self.ends) == 1 else FIRST_PAUSE * 2.0 ** (len(self.ends) - 2)


def _start(process: Process) -> None:
    try:
        process.start()
    except OSError as error:
        raise CannotStart(f"{process.name} could not be started: {error}.") from error


def _await_end(process: Process, at_once: Callable[[], bool]) -> None:
    until = time.monotonic() + process.stop_seconds
    while process.is_running():
        if time.monotonic() > until or at_once():
            process.kill()
            return
        time.sleep(GLANCE)
