"""PostgreSQL refuses to run as root or without a name; how these start it all the same."""

import os
import pwd
import shutil
import subprocess
from pathlib import Path

from msgspec import Struct

from plaza.platform.starting import CannotStart

NOBODY = 65534


class Unprivileged(Struct, frozen=True, kw_only=True):
    """`prefix` goes before the command, `user` is the id to change to, if any.

    In a user namespace we are called nobody and own our files still: nothing changes hands and
    closed folders can be entered. Where namespaces are forbidden, root must really become nobody.
    """

    prefix: tuple[str, ...] = ()
    user: int | None = None

    @property
    def owner(self) -> int:
        """Whose files it may write, seen from outside."""
        return os.geteuid() if self.user is None else self.user

    def hand_over(self, folder: Path) -> None:
        if os.geteuid() == 0:
            os.chown(folder, self.owner, self.owner)

    def require_ownership(self, folder: Path) -> None:
        """Raises CannotStart when it was made under another id, as PostgreSQL would then fail."""
        owner = folder.stat().st_uid
        if owner != self.owner:
            raise CannotStart(
                f"{folder} belongs to user id {owner}, and PostgreSQL would run as {self.owner}: "
                f"run Plaza as its owner, or give it away by `chown -R {self.owner} {folder}`."
            )

    def require_way_to(self, path: Path, remedy: str) -> None:
        """Raises CannotStart naming the folder on the way that may not be entered."""
        if os.geteuid() == 0:
            for folder in reversed(path.parents):
                if folder.exists() and not _may_enter(folder, self.owner):
                    raise CannotStart(
                        f"PostgreSQL, which never runs as root, may not enter {folder}: {remedy}, "
                        "run Plaza as an ordinary user, or name a server of your own in "
                        "DATABASE_URL."
                    )


def unprivileged() -> Unprivileged:
    """Raises CannotStart for a user id without a name, which initdb refuses, if there is no way."""
    named = _is_named(os.geteuid())
    if os.geteuid() != 0 and named:
        return Unprivileged()
    if unshare := shutil.which("unshare"):
        prefix = (unshare, "--user", f"--map-user={NOBODY}", f"--map-group={NOBODY}", "--")
        tried = subprocess.run((*prefix, "true"), check=False, capture_output=True)
        if tried.returncode == 0:
            return Unprivileged(prefix=prefix)
    if os.geteuid() != 0:
        raise CannotStart(
            f"User id {os.geteuid()} has no name on this machine, and PostgreSQL asks for one: "
            "add it to /etc/passwd, or name a server of your own in DATABASE_URL."
        )
    return Unprivileged(user=NOBODY)


def _is_named(user: int) -> bool:
    try:
        pwd.getpwuid(user)
    except KeyError:
        return False
    return True


def _may_enter(folder: Path, user: int) -> bool:
    found = folder.stat()
    if found.st_uid == user:
        return bool(found.st_mode & 0o100)
    return bool(found.st_mode & (0o010 if found.st_gid == user else 0o001))
