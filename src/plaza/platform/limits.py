"""What is limited how: told to whoever asks, before it hurts."""

from collections.abc import Sequence
from typing import Annotated, Protocol

from msgspec import Meta, Struct

from plaza.platform.caller import Caller
from plaza.platform.operations import May, operation
from plaza.platform.rates import Rule

Name = Annotated[str, Meta(max_length=100, pattern="^[a-z_]+$", description="What is limited.")]
Size = Annotated[int, Meta(ge=0, le=2**31 - 1)]


class TextLimit(Struct, frozen=True, kw_only=True):
    """Characters of a text, or items of a list, that an operation takes."""

    operation: Name
    field: Name
    at_least: Size
    at_most: Size


class Limits(Struct, frozen=True, kw_only=True):
    """`rates` is empty where calls are not counted."""

    rates: Annotated[list[Rule], Meta(max_length=20)]
    texts: Annotated[list[TextLimit], Meta(max_length=1_000)]
    body_bytes: Size
    request_seconds: Size


class LimitsApi(Protocol):
    @operation(may=May.ANYONE)
    async def get(self, caller: Caller) -> Limits:
        """Read what is limited, and how."""


class KnownLimits:
    """The limits of this process: they change when it is started again."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits

    async def get(self, caller: Caller) -> Limits:
        del caller
        return self._limits


def in_order(texts: Sequence[TextLimit]) -> list[TextLimit]:
    return sorted(set(texts), key=lambda each: (each.operation, each.field))
