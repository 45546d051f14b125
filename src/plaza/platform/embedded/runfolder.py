"""A short private folder for sockets: their paths may have 107 bytes at most (unix(7))."""

import hashlib
import os
import stat
import tempfile
from pathlib import Path

from plaza.platform.starting import CannotStart

SHARED = "/tmp"  # noqa: S108 - short everywhere, and who owns what is in it is looked at
LONGEST = 107 - len("/postgres/.s.PGSQL.5432")


def run_folder(data: Path) -> Path:
    """Made or found again (mode 0700) for this data folder, which gets a link `run` to it."""
    folder = _folder(data)
    link = data / "run"
    link.unlink(missing_ok=True)
    link.symlink_to(folder)
    return folder


def short_place() -> str:
    """Where a folder can be made that is short enough: TMPDIR may be deep."""
    place = tempfile.gettempdir()
    return place if len(os.fsencode(place)) + len("/plaza-12345678") <= LONGEST else SHARED


def _folder(data: Path) -> Path:
    name = f"plaza-{hashlib.sha256(os.fsencode(data.resolve())).hexdigest()[:12]}"
    places = (os.environ.get("XDG_RUNTIME_DIR"), tempfile.gettempdir(), SHARED)
    for place in places:
        if place and (folder := _ours(Path(place) / name)):
            return folder
    try:
        return Path(tempfile.mkdtemp(prefix="plaza-", dir=SHARED))
    except OSError as error:
        raise CannotStart(
            f"Plaza found no folder for its sockets ({error}): make {SHARED} writable, or set "
            "TMPDIR to a short path."
        ) from None


def _ours(folder: Path) -> Path | None:
    """Made in a place of the system's or our own; root's server may not enter other people's."""
    if len(os.fsencode(folder)) > LONGEST:
        return None
    try:
        if folder.parent.stat().st_uid not in {0, os.geteuid()}:
            return None
        folder.mkdir(mode=0o700, exist_ok=True)
        found = folder.lstat()
    except OSError:
        return None
    private = stat.S_ISDIR(found.st_mode) and not found.st_mode & 0o077
    return folder if private and found.st_uid == os.geteuid() else None
