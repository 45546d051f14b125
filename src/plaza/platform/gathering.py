"""The processes of one Plaza tell each other what they count, so that each can answer for all."""

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Self

import msgspec

from plaza.platform.meters import Meters, Reading

SUFFIX = ".meters"
ALONE = "plaza"
SECONDS = 1.0
"""How long a process may take to tell."""

Told = Sequence[Reading] | None
"""What a process counts; None for one that did not answer."""


class Gathering:
    """Within `async with`, whoever connects to this process's socket is told its readings."""

    def __init__(self, meters: Meters, place: Path | None) -> None:
        """`place` is a file beside those of the other processes, named as this one; None: alone."""
        self._meters = meters
        self._place = place
        self._server: asyncio.Server | None = None

    async def __aenter__(self) -> Self:
        if self._place is not None:
            socket = self._place.with_name(self._place.name + SUFFIX)
            socket.unlink(missing_ok=True)  # of a predecessor that was killed
            self._server = await asyncio.start_unix_server(self._tell, socket)
            socket.chmod(0o600)
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._server is not None:
            self._server.close()
            await self._server.wait_closed()

    async def read(self) -> dict[str, Told]:
        """By process, this one first."""
        if self._place is None:
            return {ALONE: self._meters.read()}
        own = self._place.name
        others = sorted(each for each in self._place.parent.glob(f"*{SUFFIX}") if each.stem != own)
        told = await asyncio.gather(*(_ask(each) for each in others))
        names = [each.stem for each in others]
        return {own: self._meters.read(), **dict(zip(names, told, strict=True))}

    async def _tell(self, _: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(OSError):
            writer.write(msgspec.msgpack.encode(self._meters.read()))
            writer.close()
            await writer.wait_closed()


async def _ask(socket: Path) -> Told:
    try:
        async with asyncio.timeout(SECONDS):
            reader, writer = await asyncio.open_unix_connection(socket)
            try:
                told = await reader.read()
            finally:
                writer.close()
        return msgspec.msgpack.decode(told, type=list[Reading])
    except (OSError, msgspec.MsgspecError):
        return None
