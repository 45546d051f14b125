"""A child's log file that cannot fill the disk."""

import os
from pathlib import Path

LIMIT = 4 << 20
"""Bytes; the file and its predecessor hold at most about twice that."""


class Log:
    """Appended to by a child; `trim`, called now and then, keeps it bounded."""

    def __init__(self, path: Path, *, limit: int = LIMIT) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self._path = path
        self._limit = limit
        self.file = path.open("ab", buffering=0)

    def trim(self) -> None:
        """Children append, so that after the cut they go on at the new end."""
        if os.fstat(self.file.fileno()).st_size > self._limit:
            with self._path.open("rb") as full:
                full.seek(-self._limit, os.SEEK_END)
                self._path.with_suffix(".old.log").write_bytes(full.read())
            self.file.truncate(0)

    def tail(self, lines: int) -> str:
        with self._path.open("rb") as written:
            size = written.seek(0, os.SEEK_END)
            written.seek(max(0, size - (16 << 10)))
            last = written.read().decode(errors="replace").splitlines()[-lines:]
        return "\n".join(last) or "it said nothing"

    def close(self) -> None:
        self.file.close()
