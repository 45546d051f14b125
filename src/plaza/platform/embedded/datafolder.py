"""The folder for everything Plaza keeps: one process at a time, and room to write."""

import errno
import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from plaza.platform.starting import CannotStart

ENOUGH = 16 << 20
ENOUGH_AT_FIRST = 128 << 20
"""Bytes that must be free: a new PostgreSQL takes half of it before the first row."""


class InUse(CannotStart):
    pass


@contextmanager
def data_folder(path: Path) -> Iterator[Path]:
    """Ours until the end of the block or, should we crash, of the process.

    Raises InUse, or CannotStart when it cannot be written to.
    """
    try:
        _make(path)
        file = os.open(path / "lock", os.O_RDWR | os.O_CREAT, 0o600)
    except OSError as error:
        raise unwritable(path, error) from None
    try:
        _lock(file, path)
        _require_space(path)
        yield path
    finally:
        os.close(file)


def _make(path: Path) -> None:
    """Others may pass, not look: where root's PostgreSQL is another user, it must get to its own.

    A folder that was there keeps its mode.
    """
    if not path.exists():
        path.mkdir(parents=True)
        path.chmod(0o711)


def unwritable(path: Path, error: OSError) -> CannotStart:
    if error.errno == errno.ENOSPC:
        return CannotStart(f"The disk that holds {path} is full: make room, then start again.")
    return CannotStart(
        f"Plaza cannot write to its data folder {path} ({error.strerror}): make it writable or "
        "set PLAZA_DATA_DIR to another folder."
    )


def _lock(file: int, path: Path) -> None:
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        holder = os.read(file, 20).decode().strip()
        raise InUse(
            f"The data folder {path} is in use by another Plaza (process {holder}): stop that "
            "one, or set PLAZA_DATA_DIR to another folder."
        ) from None
    except OSError as error:
        raise unwritable(path, error) from None
    os.ftruncate(file, 0)
    os.pwrite(file, b"%d\n" % os.getpid(), 0)


def _require_space(path: Path) -> None:
    needed = ENOUGH if (path / "postgres").exists() else ENOUGH_AT_FIRST
    disk = os.statvfs(path)
    free = disk.f_bavail * disk.f_frsize
    if free < needed:
        raise CannotStart(
            f"The disk that holds {path} is full: Plaza needs {needed >> 20} MB there to start "
            f"and {free >> 20} MB are free."
        )
