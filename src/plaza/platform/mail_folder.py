"""Letters as files, one JSON object each, for whoever develops or tests."""

import asyncio
import tempfile
from datetime import UTC, datetime
from pathlib import Path

import msgspec

from plaza.platform.ids import uuid7
from plaza.platform.mail import Mail
from plaza.platform.text import Time


class Sent(Mail, frozen=True, kw_only=True):
    """A letter as the folder keeps it."""

    sent_at: Time


class FolderMailer:
    def __init__(self, folder: Path) -> None:
        self._folder = folder

    async def send(self, mail: Mail) -> None:
        """Raises OSError."""
        await asyncio.to_thread(self._write, mail)

    async def newest(self, count: int) -> list[Sent]:
        """The newest first."""
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
