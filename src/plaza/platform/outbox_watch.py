"""How the outbox stands, for whoever watches or repairs Plaza."""

from plaza.platform.database import Database
from plaza.platform.health import Degraded
from plaza.platform.relay import Backlog, queries
from plaza.platform.stream import Stream

LATE_SECONDS = 10.0


class OutboxWatch:
    def __init__(self, database: Database, stream: Stream) -> None:
        self._database = database
        self._stream = stream

    async def check(self) -> None:
        """Raises Degraded while what was announced does not get out: no relay, or no broker."""
        if (late := (await self.backlog()).late) > LATE_SECONDS:
            raise Degraded(f"the oldest event has been waiting for {late:.0f} s")

    async def backlog(self) -> Backlog:
        async with self._database.reading("platform.outbox") as connection:
            return await queries(connection).backlog()

    async def kept(self) -> int:
        """Counted one by one: a second or so for some millions."""
        async with self._database.reading("platform.outbox") as connection:
            return await queries(connection).kept()

    async def rebuild(self) -> None:
        """Asks whoever relays to make the stream anew of all that is kept."""
        async with self._database.reading("platform.outbox") as connection:
            await queries(connection).ask(self._stream.name)

    async def rebuilding(self) -> bool:
        """Asked for, and not all is on its way again yet."""
        async with self._database.reading("platform.outbox") as connection:
            return bool(await queries(connection).asked(self._stream.name))
