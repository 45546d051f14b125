"""How long a process may believe that it has heard of every change.

After each look at the outbox the relay's leader tells what it found, numbered, and when it looked.
Whoever has heard every number knows all that was committed before the last look; when that is too
long ago, or a number is missing, or another one leads, he knows nothing for sure.
"""

from msgspec import Struct

SILENCE = 0.75
"""Seconds after the last look heard of, from which on the truth is read."""

CREEP = 0.02
"""By how much of the time that passes the way may seem longer for good: a leader whose clock stood
still with its machine is believed again, a minute later for each second it lost."""


class Beat(Struct, frozen=True):
    """`looked_at` is in seconds of the leader's monotonic clock."""

    leader: str
    number: int
    looked_at: float


class Pulse:
    """`until` is how long, by the hearer's own monotonic clock, all there is to know is known."""

    def __init__(self) -> None:
        self.until = float("-inf")
        self.felt_at = float("-inf")
        self._expected: tuple[str, int] | None = None
        self._apart = float("inf")

    def feel(self, beat: Beat, now: float) -> bool:
        """Whether nothing can have been missed since the beat before.

        When it was looked, by our clock, is told by the shortest way a beat has come lately: one
        that was held up on its way (a frozen broker) is as old as it is, not as when it arrived.
        """
        unbroken = (beat.leader, beat.number) == self._expected and now < self.until
        apart = now - beat.looked_at
        if self._expected is None or self._expected[0] != beat.leader:
            self._apart = apart
        else:
            passed = min(now - self.felt_at, SILENCE)
            self._apart = min(apart, self._apart + CREEP * passed)
        self._expected = (beat.leader, beat.number + 1)
        self.felt_at = now
        self.until = max(self.until, beat.looked_at + self._apart + SILENCE)
        return unbroken
