"""A mail server like the ones people have: it keeps letters, and refuses whom it does not know."""

from email import message_from_bytes
from email.policy import default

from aiosmtpd.controller import Controller
from msgspec import Struct

from tests.e2e.running import free_port, wait_for

NOWHERE = "nowhere.example"
"""Where nobody has a mailbox."""


class Letter(Struct):
    to: str
    subject: str
    text: str
    html: str

    @property
    def token(self):
        return self.text.split()[-1]


class PostOffice:
    def __init__(self):
        self.letters = []
        self._server = Controller(self, hostname="127.0.0.1", port=free_port())

    def __enter__(self):
        self._server.start()
        return self

    def __exit__(self, *_):
        self._server.stop()

    @property
    def url(self):
        return f"smtp://127.0.0.1:{self._server.port}?tls=never"

    def to(self, address):
        return [each for each in self.letters if each.to == address]

    def wait_for(self, address, count=1):
        """The newest letter to that address, once there are as many."""
        return wait_for(lambda: self.to(address)[count - 1 :], seconds=10)[-1]

    async def handle_RCPT(self, _server, _session, envelope, address, _options):  # noqa: N802
        if address.endswith(NOWHERE):
            return "550 5.1.1 there is no such mailbox"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, _server, _session, envelope):  # noqa: N802
        message = message_from_bytes(envelope.content, policy=default)
        text, html = (message.get_body([kind]).get_content() for kind in ("plain", "html"))
        self.letters += [Letter(to, message["Subject"], text, html) for to in envelope.rcpt_tos]
        return "250 OK"
