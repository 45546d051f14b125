"""Who is asking, and from where. Every operation takes a caller first; there is no ambient one."""

from datetime import datetime
from enum import IntEnum

from msgspec import Struct

from plaza.platform.ids import SessionId, UserId
from plaza.platform.problems import LoginRequired


class Role(IntEnum):
    """Each may all that the lower ones may."""

    USER = 1
    MODERATOR = 2
    ADMIN = 3


class Claim(Struct):
    """An Idempotency-Key on one request, and what became of it.

    `scope` and `operation` bound where the key is unique, `request_hash` tells the same request
    from another one. Whoever finds a kept answer sets `replayed`.
    """

    scope: bytes
    operation: str
    key: str
    request_hash: bytes
    replayed: bool = False


class Origin(Struct, frozen=True, kw_only=True):
    """Where a request came from and what it carried; `deadline` is on the event loop's clock."""

    request_id: str = ""
    trace_id: str = ""
    address: str | None = None
    device: str | None = None
    deadline: float | None = None
    key: str | None = None
    claim: Claim | None = None


NOWHERE = Origin()


class Caller(Struct, frozen=True, kw_only=True):
    origin: Origin = NOWHERE

    @property
    def user_id(self) -> UserId:
        """On whose behalf this happens. Raises LoginRequired when on nobody's."""
        raise LoginRequired


class Anonymous(Caller, frozen=True, kw_only=True, tag="anonymous"):
    pass


class User(Caller, frozen=True, kw_only=True, tag="user"):
    """A person with a live session; `proved_at` is when the password was last given."""

    id: UserId
    role: Role
    session: SessionId
    proved_at: datetime

    @property
    def user_id(self) -> UserId:
        return self.id


class System(Caller, frozen=True, kw_only=True, tag="system"):
    """Plaza itself: a reaction, a job, another of its processes; perhaps acting for a person."""

    name: str
    acting_for: UserId | None = None

    @property
    def user_id(self) -> UserId:
        if self.acting_for is None:
            raise LoginRequired
        return self.acting_for
