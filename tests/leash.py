"""Becomes a command that dies with whoever asked for it: a killed test run leaves no server."""

import ctypes
import os
import signal
import sys

PR_SET_PDEATHSIG = 1


def leashed(*command):
    """The command to start instead, in a thread that outlives it (prctl(2)); only on Linux."""
    return [sys.executable, "-S", __file__, str(os.getpid()), *map(str, command)]


if __name__ == "__main__":
    parent, *command = sys.argv[1:]
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != int(parent):  # it died in between: no signal will come
        sys.exit(1)
    os.execvp(command[0], command)  # noqa: S606  # a shell would be in between
