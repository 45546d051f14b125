"""Who did what to whom: written with what was done, sealed afterwards."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from msgspec import Struct, field

from plaza.platform.caller import Caller, System, User
from plaza.platform.ids import uuid7


class Act(Struct, frozen=True, kw_only=True):
    """A line of platform.audit.

    `actor` is the id of a person, `system:<name>` (with ` for <id>` where it acted for somebody)
    or `anonymous`; `act` is `<context>.<what was done>`; `detail` is never a secret.
    """

    id: UUID = field(default_factory=uuid7)
    at: datetime
    actor: str
    act: str
    subject: UUID | None = None
    detail: Mapping[str, Any] = {}
    request_id: str = ""


def act_of(
    caller: Caller, act: str, at: datetime, subject: UUID | None = None, **detail: Any
) -> Act:
    return Act(
        at=at,
        actor=_actor(caller),
        act=act,
        subject=subject,
        detail=detail,
        request_id=caller.origin.request_id,
    )


def _actor(caller: Caller) -> str:
    match caller:
        case User():
            return str(caller.id)
        case System(acting_for=None):
            return f"system:{caller.name}"
        case System():
            return f"system:{caller.name} for {caller.acting_for}"
        case _:
            return "anonymous"
