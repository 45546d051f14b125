"""A wire to Postgres that can be cut at the worst moment, and can make it look old."""

import asyncio
from contextlib import suppress
from urllib.parse import parse_qs, urlsplit

VERSION = b"server_version\0"
"""How its greeting begins to say which it is; two digits follow."""


class Wire:
    """Everything passes, until something on it is to be lost."""

    def __init__(self, dsn: str, *, major: bytes = b"") -> None:
        """With `major` (two digits) the server seems to be of that version."""
        self._major = major
        self._dsn = urlsplit(dsn)
        self._lost: list[bytes] = []
        self._writers: set[asyncio.StreamWriter] = set()
        self.passed = 0

    async def __aenter__(self):
        self._server = await asyncio.start_server(self._connected, "127.0.0.1", 0)
        self._port = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(self, *_):
        await self.down()

    @property
    def dsn(self) -> str:
        return f"postgresql://{self._dsn.username}@127.0.0.1:{self._port}{self._dsn.path}"

    def lose_the_reply_to(self, words: bytes) -> None:
        """The next message with these words arrives and is worked on; the answer never comes."""
        self._lost.append(words)

    async def down(self) -> None:
        """Nobody is connected, and nobody can connect."""
        self._server.close()
        for writer in list(self._writers):
            writer.close()

    async def up(self) -> None:
        self._server = await asyncio.start_server(self._connected, "127.0.0.1", self._port)

    async def _connected(self, from_client, to_client):
        folder = parse_qs(self._dsn.query)["host"][0]
        from_server, to_server = await asyncio.open_unix_connection(f"{folder}/.s.PGSQL.5432")
        self._writers |= {to_client, to_server}
        deaf = asyncio.Event()
        await asyncio.gather(
            self._ask(from_client, to_server, deaf), self._answer(from_server, to_client, deaf)
        )
        self._writers -= {to_client, to_server}

    async def _ask(self, from_client, to_server, deaf):
        with suppress(OSError):
            while said := await from_client.read(2**20):
                if any(words in said for words in self._lost):
                    self._lost.clear()
                    deaf.set()
                to_server.write(said)
                self.passed += 1
        to_server.close()

    async def _answer(self, from_server, to_client, deaf):
        with suppress(OSError):
            while said := await from_server.read(2**20):
                if deaf.is_set():
                    break
                to_client.write(self._aged(said))
        to_client.close()

    def _aged(self, said):
        if not self._major:
            return said
        before, told, after = said.partition(VERSION)
        return before + told + self._major + after[2:] if told else said
