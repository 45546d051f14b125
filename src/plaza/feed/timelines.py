"""Timelines in Valkey: the newest 800 ids of each reader who was here in the last 30 days.

A timeline never has a hole: whatever its reader may see of those he follows, and is not older than
its last id, is in it. Why:

- Pushing, finishing and slicing are scripts: nothing comes between their steps. A push puts an id
  where it belongs, once; whether it comes late, early or twice makes no difference.
- What does not exist cannot miss anything. So a push makes no timeline; one that is absent is
  built from Postgres when it is read.
- Building begins by leaving a token (`begin`), and only then reads Postgres. Events come after
  their commit. A post whose push came before the token was therefore committed before Postgres
  was read, and was read. A push after the token finds a timeline, lands in it, and is merged by
  `finish`. There is no third moment.
- `finish` needs its token. Whatever threw the timeline away meanwhile (a new follow, a full
  memory, a restart) took the token along; what was read is then answered and not kept.
- Following and unfollowing throw the timeline away (`forget`) after their commit: what was read
  before can not be finished any more, what is read later knows of them.
- A push that cannot be made is tried until it can (reactions.py).

This needs Postgres to be read where it is written, and Valkey not to fall back to an older state:
after a failover to a replica that lagged behind, drop the keys `feed:*`.
"""

import secrets
from collections.abc import Collection, Mapping, Sequence
from itertools import compress
from pathlib import Path
from uuid import UUID

from msgspec import Struct

from plaza.platform.ids import PostId, UserId
from plaza.platform.sql import read
from plaza.platform.valkey import Argument, ValkeyClient, script

MOST = 800
SECONDS = 30 * 86_400
BUILD_SECONDS = 20
"""Twice what two statements may take. Who began and died keeps others from building for so long."""

ID = 16
MARK, END = bytes(6), bytes(ID)

_blocks = {each.name: each.text for each in read(Path(__file__).with_suffix(".lua"))}
_shared = _blocks.pop("shared")
PUSH, SLICE, BEGIN, FINISH = (
    script(f"{_shared}\n{_blocks[name]}") for name in ("push", "slice", "begin", "finish")
)


class Place(Struct, frozen=True):
    """Whose timeline, and where in it: `count` ids that are older than `past`."""

    reader: UserId
    past: PostId | None
    count: int


class Piece(Struct, frozen=True):
    """Ids, newest first. `ended` says that there is nothing older, here or anywhere."""

    ids: Sequence[PostId]
    ended: bool

    def slice(self, place: Place) -> "Piece":
        past = place.past
        older = [each for each in self.ids if past is None or each < past]
        return Piece(older[: place.count], self.ended and len(older) <= place.count)


class Timelines:
    """Every method is one round trip and raises Away."""

    def __init__(self, valkey: ValkeyClient, *, most: int = MOST) -> None:
        self._valkey = valkey
        self.most = most

    async def slices(self, places: Sequence[Place]) -> Mapping[Place, Piece]:
        """Those whose timeline is there and finished; they live another 30 days."""
        calls: list[Sequence[Argument]] = [
            (_key(each.reader), SECONDS, each.past.bytes if each.past else b"", each.count + 1)
            for each in places
        ]
        found = await self._valkey.run(SLICE, calls)
        return {
            place: _piece(ids, place.count)
            for place, ids in zip(places, found, strict=True)
            if ids is not None
        }

    async def push(self, news: Mapping[UserId, Collection[PostId]]) -> None:
        """Into those timelines that exist, in the right place, once."""
        calls: list[Sequence[Argument]] = [
            [_key(reader), self.most, *(each.bytes for each in sorted(ids))]
            for reader, ids in news.items()
        ]
        await self._valkey.run(PUSH, calls)

    async def begin(self, readers: Sequence[UserId]) -> Mapping[UserId, bytes]:
        """A token for each that the asker is to build; the others exist or somebody began them."""
        tokens = {each: MARK + secrets.token_bytes(ID - len(MARK)) for each in readers}
        calls = [(_key(reader), token, BUILD_SECONDS) for reader, token in tokens.items()]
        mine = await self._valkey.run(BEGIN, calls)
        return dict(compress(tokens.items(), mine))

    async def finish(self, reader: UserId, token: bytes, piece: Piece) -> None:
        """Keep what was read from Postgres since `begin`, unless the token is gone."""
        ids = b"".join(each.bytes for each in piece.ids) + (END if piece.ended else b"")
        await self._valkey.run(FINISH, [(_key(reader), token, SECONDS, self.most, ids)])

    async def forget(self, readers: Collection[UserId]) -> None:
        await self._valkey.ask([("UNLINK", _key(reader)) for reader in readers])


def _key(reader: UserId) -> str:
    return f"feed:{reader.hex}"


def _piece(found: bytes, count: int) -> Piece:
    """Of one more than was asked for, which may be END."""
    ended = found.endswith(END)
    last = min(len(found) - ID if ended else len(found), count * ID)
    return Piece([PostId(UUID(bytes=found[at : at + ID])) for at in range(0, last, ID)], ended)
