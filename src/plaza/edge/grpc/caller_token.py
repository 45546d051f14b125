"""How a caller travels from one of Plaza's processes to another: signed, short-lived, for one."""

import hmac
import time
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable, Sequence

import msgspec
from msgspec import Struct

from plaza.platform.caller import Anonymous, Caller, Origin, System, User
from plaza.platform.problems import LoginRequired

SECONDS = 60
"""How long a token is good; each call makes its own."""

SKEW = 30
"""Seconds by which the clocks of two processes may differ."""

SHORTEST_KEY = 32

Sign = Callable[[Caller, str], str]
"""A token for this caller and that audience."""


class _Pass(Struct, frozen=True):
    caller: Anonymous | User | System
    audience: str
    made_at: int


class CallerTokens:
    """HMAC-SHA256 over the caller, whom the token is for (a service's name) and when it was made.

    The first key signs, all verify: so keys can change while processes run.
    """

    def __init__(self, keys: Sequence[bytes], clock: Callable[[], float] = time.time) -> None:
        """Raises ValueError for a key shorter than 32 bytes, or none."""
        if not keys or any(len(key) < SHORTEST_KEY for key in keys):
            raise ValueError(f"an internal key has at least {SHORTEST_KEY} bytes")
        self._keys = tuple(keys)
        self._clock = clock
        self._encode = msgspec.msgpack.Encoder().encode
        self._decode = msgspec.msgpack.Decoder(_Pass).decode

    def sign(self, caller: Caller, audience: str) -> str:
        """Only the address and the device of its origin travel; the rest goes beside it."""
        origin = Origin(address=caller.origin.address, device=caller.origin.device)
        plain = msgspec.structs.replace(caller, origin=origin)
        payload = self._encode(_Pass(plain, audience, int(self._clock())))  # type: ignore[arg-type]
        return _text(payload) + "." + _text(_signature(self._keys[0], payload))

    def verify(self, token: str, audience: str) -> Caller:
        """Raises LoginRequired for a token that is not ours, not for us, or not of this minute."""
        payload, signature = _parts(token)
        if not any(hmac.compare_digest(_signature(key, payload), signature) for key in self._keys):
            raise LoginRequired
        try:
            found = self._decode(payload)
        except msgspec.DecodeError:
            raise LoginRequired from None
        if found.audience != audience or not -SKEW <= self._clock() - found.made_at <= SECONDS:
            raise LoginRequired
        return found.caller


def _parts(token: str) -> tuple[bytes, bytes]:
    payload, dot, signature = token.partition(".")
    try:
        made = _bytes(payload), _bytes(signature)
    except ValueError:
        raise LoginRequired from None
    if not dot:
        raise LoginRequired
    return made


def _signature(key: bytes, payload: bytes) -> bytes:
    return hmac.digest(key, payload, "sha256")


def _text(raw: bytes) -> str:
    return urlsafe_b64encode(raw).rstrip(b"=").decode()


def _bytes(text: str) -> bytes:
    return urlsafe_b64decode(text + "=" * (-len(text) % 4))
