"""Letters to people. What carries them is a setting."""

import asyncio
import tempfile
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Protocol

import msgspec
from msgspec import Struct

from plaza.platform.ids import uuid7
from plaza.platform.text import Time


class Mail(Struct, frozen=True, kw_only=True):
    """One letter to one person; `text` and `html` say the same."""

    to: str
    subject: str
    text: str
    html: str


class Sent(Mail, frozen=True, kw_only=True):
    """A letter as the folder keeps it."""

    sent_at: Time


class Mailer(Protocol):
    async def send(self, mail: Mail) -> None:
        """The letter is out of our hands. Raises OSError, and Hopeless for one nobody will take."""


class FolderMailer:
    """Letters as files, one JSON object each, for whoever develops or tests."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    async def send(self, mail: Mail) -> None:
        await asyncio.to_thread(self._write, mail)

    async def newest(self, count: int) -> list[Sent]:
        return await asyncio.to_thread(self._newest, count)

    def _write(self, mail: Mail) -> None:
        """Under its name only when it is whole; names sort by time."""
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        sent = Sent(**msgspec.structs.asdict(mail), sent_at=datetime.now(UTC))
        with tempfile.NamedTemporaryFile(dir=self._folder, delete=False) as file:
            file.write(msgspec.json.encode(sent))
        Path(file.name).replace(self._folder / f"{uuid7()}.json")

    def _newest(self, count: int) -> list[Sent]:
        files = sorted(self._folder.glob("*.json"), reverse=True)[:count]
        return [msgspec.json.decode(file.read_bytes(), type=Sent) for file in files]


def open_mailer(url: str, default: Path) -> Mailer:
    """What MAIL_URL names; empty means files in `default`. Raises ValueError."""
    scheme, separator, rest = url.partition(":")
    if not separator:
        return FolderMailer(default)
    openers: Mapping[str, type[FolderMailer]] = {"folder": FolderMailer}
    if scheme not in openers:
        raise ValueError(f"MAIL_URL does not take {scheme}:")
    return openers[scheme](Path(rest.removeprefix("//")))
