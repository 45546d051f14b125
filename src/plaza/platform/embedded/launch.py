"""How a child of ours is started: what, as whom, with what, and that it dies with us."""

import ctypes
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import IO, TypeAlias

from msgspec import Struct

PR_SET_PDEATHSIG = 1

_libc = ctypes.CDLL(None, use_errno=True)
_File: TypeAlias = int | IO[bytes] | None


class Launch(Struct, frozen=True, kw_only=True):
    """`user` is the id to change to, `inherited` are descriptors passed on.

    `death_signal` is what the child gets when we are gone, killed or not (on Linux).
    """

    command: Sequence[str | Path]
    user: int | None = None
    environment: Mapping[str, str] | None = None
    inherited: Sequence[int] = ()
    death_signal: signal.Signals = signal.SIGKILL

    def start(
        self, *, reads: _File = subprocess.DEVNULL, writes: _File = None
    ) -> subprocess.Popen[bytes]:
        """`writes` takes both its outputs; None leaves them ours.

        The thread that calls must live as long as the child should: the kernel sends the
        death signal when that very thread ends (prctl(2), PR_SET_PDEATHSIG).
        """
        return subprocess.Popen(
            self.command,
            stdin=reads,
            stdout=writes,
            stderr=None if writes is None else subprocess.STDOUT,
            env=self.environment,
            pass_fds=self.inherited,
            process_group=0,  # Ctrl-C in the terminal is for us, who stop our children in order
            user=self.user,
            group=self.user,
            extra_groups=None if self.user is None else (),
            preexec_fn=_die_with_parent(self.death_signal),  # noqa: PLW1509 - two system calls
        )


def _die_with_parent(by: signal.Signals) -> Callable[[], None]:
    """For `preexec_fn`, which runs after the change of user: that would clear the wish."""
    parent = os.getpid()

    def wish() -> None:
        if sys.platform == "linux":
            _libc.prctl(PR_SET_PDEATHSIG, int(by))
        if os.getppid() != parent:  # it died in between: no signal will come
            os._exit(1)

    return wish
