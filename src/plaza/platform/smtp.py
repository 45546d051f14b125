"""Letters by SMTP (RFC 5321), one connection each."""

import re
from email.message import EmailMessage
from email.utils import formatdate, make_msgid, parseaddr

import aiosmtplib
from msgspec import Struct

from plaza.platform.jobs import Hopeless
from plaza.platform.mail import Mail

SECONDS = 20.0
PERMANENT = range(500, 600)
ENHANCED = re.compile(r"^5\.(\d{1,3})\.\d{1,3}\b")
ADDRESS = "1"
"""The subject of enhanced codes that are about the address (RFC 3463, section 3.2)."""
NO_SUCH_MAILBOX = {550, 551, 553}
"""What servers without enhanced codes say of an address (RFC 5321, section 4.2.2)."""


class Server(Struct, frozen=True, kw_only=True):
    """Where to, and as whom. A password is only given over TLS, unless `plain` says otherwise."""

    host: str
    port: int
    username: str | None = None
    password: str | None = None
    tls: bool = False
    plain: bool = False


class SmtpMailer:
    def __init__(self, server: Server, sender: str) -> None:
        """`sender` is what stands in From: an address, with or without a name."""
        self._server = server
        self._sender = sender
        self._domain = parseaddr(sender)[1].rpartition("@")[2] or "localhost"

    async def send(self, mail: Mail) -> None:
        """Raises Hopeless when the server says that there is no such mailbox."""
        server = self._server
        upgraded = False if server.plain else True if server.username else None
        try:
            await aiosmtplib.send(
                self._message(mail),
                hostname=server.host,
                port=server.port,
                username=server.username,
                password=server.password,
                use_tls=server.tls,
                start_tls=None if server.tls else upgraded,
                local_hostname=self._domain,
                timeout=SECONDS,
            )
        except aiosmtplib.SMTPRecipientsRefused as refused:
            if all(_is_about_the_address(each) for each in refused.recipients):
                raise Hopeless(str(refused)) from refused
            raise

    def _message(self, mail: Mail) -> EmailMessage:
        """Raises ValueError for a line break in a header, Hopeless for what is no one address."""
        message = EmailMessage()
        message["From"] = self._sender
        message["To"] = mail.to
        if [each.addr_spec for each in message["To"].addresses] != [mail.to]:
            raise Hopeless("the header would name somebody else")
        message["Subject"] = mail.subject
        message["Date"] = formatdate()
        message["Message-ID"] = make_msgid(domain=self._domain)
        message["Auto-Submitted"] = "auto-generated"  # RFC 3834: no holiday replies
        message.set_content(mail.text)
        message.add_alternative(mail.html, subtype="html")
        return message


def _is_about_the_address(refusal: aiosmtplib.SMTPRecipientRefused) -> bool:
    """And not about us: a server that does not like its client says 5xx too."""
    if refusal.code not in PERMANENT:
        return False
    enhanced = ENHANCED.match(refusal.message)
    return enhanced[1] == ADDRESS if enhanced else refusal.code in NO_SUCH_MAILBOX
