"""A short private folder for sockets: their paths may have 107 bytes at most (unix(7))."""

import hashlib
import os
import stat
import tempfile
from pathlib import Path

LONGEST = 107 - len("/postgres/.s.PGSQL.5432")


def run_folder(data: Path) -> Path:
    """Made or found again (mode 0700) for this data folder, which gets a link `run` to it."""
    folder = _folder(data)
    link = data / "run"
    link.unlink(missing_ok=True)
    link.symlink_to(folder)
    return folder


def _folder(data: Path) -> Path:
    name = f"plaza-{hashlib.sha256(os.fsencode(data.resolve())).hexdigest()[:12]}"
    for place in (os.environ.get("XDG_RUNTIME_DIR"), tempfile.gettempdir(), "/tmp"):  # noqa: S108 - the owner is checked
        if place and (folder := _ours(Path(place) / name)):
            return folder
    return Path(tempfile.mkdtemp(prefix="plaza-", dir="/tmp"))


def _ours(folder: Path) -> Path | None:
    if len(os.fsencode(folder)) > LONGEST:
        return None
    try:
        folder.mkdir(mode=0o700, exist_ok=True)
        found = folder.lstat()
    except OSError:
        return None
    private = stat.S_ISDIR(found.st_mode) and not found.st_mode & 0o077
    return folder if private and found.st_uid == os.geteuid() else None
