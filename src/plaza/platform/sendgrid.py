"""Letters by SendGrid's API (v3, POST /mail/send)."""

import ssl
from email.utils import parseaddr

import httpx
import msgspec
from msgspec import Struct

from plaza.platform.jobs import Hopeless
from plaza.platform.mail import Mail

ENDPOINT = "https://api.sendgrid.com"
SECONDS = 20.0
ACCEPTED = 202
REFUSED = {400, 413}
"""About the letter; what else is refused (401, 403, 429, ...) is about us, or about now."""
LONG = 300


class Fault(Struct):
    message: str = ""
    field: str | None = None


class Answer(Struct):
    errors: list[Fault] = []


class SendGridMailer:
    def __init__(self, key: str, sender: str, endpoint: str = ENDPOINT) -> None:
        """`sender` is what stands in From: an address, with or without a name."""
        name, address = parseaddr(sender)
        self._from = {"email": address, "name": name} if name else {"email": address}
        self._headers = {"authorization": f"Bearer {key}"}
        self._url = f"{endpoint}/v3/mail/send"
        self._tls = ssl.create_default_context()

    async def send(self, mail: Mail) -> None:
        """Raises Hopeless for a letter that will not be taken, however often it is sent."""
        async with httpx.AsyncClient(verify=self._tls, timeout=SECONDS, trust_env=False) as client:
            answer = await client.post(self._url, json=self._letter(mail), headers=self._headers)
        if answer.status_code == ACCEPTED:
            return
        faults = _faults(answer.content)
        told = "; ".join(f"{fault.field}: {fault.message}" for fault in faults)[:LONG]
        reason = f"SendGrid answered {answer.status_code} {told}".strip()
        ours = any((fault.field or "").startswith("from") for fault in faults)
        if answer.status_code in REFUSED and not ours:
            raise Hopeless(reason)
        raise ConnectionError(reason)

    def _letter(self, mail: Mail) -> dict[str, object]:
        """Links stay as they are: a rewritten one would give its token to others."""
        off = {"enable": False}
        return {
            "personalizations": [{"to": [{"email": mail.to}]}],
            "from": self._from,
            "subject": mail.subject,
            "content": [
                {"type": "text/plain", "value": mail.text},
                {"type": "text/html", "value": mail.html},
            ],
            "headers": {"Auto-Submitted": "auto-generated"},  # RFC 3834: no holiday replies
            "tracking_settings": {"click_tracking": off, "open_tracking": off},
        }


def _faults(body: bytes) -> list[Fault]:
    try:
        return msgspec.json.decode(body, type=Answer).errors
    except (msgspec.DecodeError, UnicodeDecodeError):
        return []
