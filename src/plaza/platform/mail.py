"""Letters to people. What carries them is a setting: see mailers.py."""

from typing import Protocol

from msgspec import Struct


class Mail(Struct, frozen=True, kw_only=True):
    """One letter to one person; `text` and `html` say the same."""

    to: str
    subject: str
    text: str
    html: str


class Mailer(Protocol):
    async def send(self, mail: Mail) -> None:
        """Return when the letter is out of our hands.

        Raises Hopeless for an address nobody will ever answer for, and anything else for what may
        go better next time.
        """
