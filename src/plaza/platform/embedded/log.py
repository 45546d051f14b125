"""A child's log file that cannot fill the disk."""

import os
from contextlib import suppress
from pathlib import Path

from msgspec import Struct

LIMIT = 4 << 20
"""Bytes; the file and its predecessor hold little more than twice that."""


class Log(Struct, frozen=True):
    """Appended to by a child; `trim`, called now and then, keeps it bounded."""

    path: Path
    limit: int = LIMIT

    def trim(self) -> None:
        """Keep the newest under another name. Children append: they go on at the new end."""
        if self.size() > self.limit:
            with suppress(OSError):  # a full disk needs the room more than the past
                self.path.with_suffix(".old.log").write_bytes(self._end(self.limit))
            os.truncate(self.path, 0)

    def size(self) -> int:
        return self.path.stat().st_size if self.path.exists() else 0

    def tail(self, lines: int, *, since: int = 0) -> str:
        """The last lines of what was written after it had the size `since`."""
        written = self.size() - since
        if written < 0:  # it was trimmed
            written = self.size()
        last = self._end(min(written, 16 << 10)) if written else b""
        return "\n".join(last.decode(errors="replace").splitlines()[-lines:]) or "it said nothing"

    def _end(self, most: int) -> bytes:
        with self.path.open("rb") as file:
            size = file.seek(0, os.SEEK_END)
            file.seek(max(0, size - most))
            return file.read(most)
