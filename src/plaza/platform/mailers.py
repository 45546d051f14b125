"""What carries mail, by MAIL_URL."""

from pathlib import Path
from urllib.parse import SplitResult, unquote, urlsplit

from plaza.platform.mail import Mailer
from plaza.platform.mail_folder import FolderMailer
from plaza.platform.sendgrid import ENDPOINT, SendGridMailer
from plaza.platform.smtp import Server, SmtpMailer
from plaza.platform.starting import CannotStart

PORTS = {"smtp": 587, "smtps": 465}
PLAIN = "tls=never"


def open_mailer(url: str, sender: str, folder: Path) -> Mailer:
    """`folder:<path>`, `smtp[s]://[user:password@]host[:port]` or `sendgrid://key[@host[:port]]`.

    Empty means the given folder. `smtp` uses STARTTLS where it is offered and insists on it before
    it gives a password, unless the URL ends with `?tls=never`; `sendgrid` then speaks plain HTTP.
    Raises CannotStart.
    """
    if not url:
        return FolderMailer(folder)
    parts = urlsplit(url)
    if parts.scheme == "folder" and parts.path:
        return FolderMailer(Path(parts.path))
    if parts.scheme in PORTS and parts.hostname and parts.query in {"", PLAIN}:
        return SmtpMailer(_server(parts, parts.hostname), sender)
    if parts.scheme == "sendgrid" and parts.netloc and parts.query in {"", PLAIN}:
        return _sendgrid(parts, sender)
    raise CannotStart("MAIL_URL is folder:<path>, smtp://host, smtps://host or sendgrid://key.")


def _sendgrid(parts: SplitResult, sender: str) -> SendGridMailer:
    """Not by `hostname`, which has no capitals: a key has."""
    key, _, host = parts.netloc.partition("@")
    scheme = "http" if parts.query == PLAIN else "https"
    return SendGridMailer(unquote(key), sender, f"{scheme}://{host}" if host else ENDPOINT)


def _server(parts: SplitResult, host: str) -> Server:
    try:
        port = parts.port or PORTS[parts.scheme]
    except ValueError:
        raise CannotStart("The port in MAIL_URL is not a number up to 65535.") from None
    return Server(
        host=host,
        port=port,
        username=None if parts.username is None else unquote(parts.username),
        password=None if parts.password is None else unquote(parts.password),
        tls=parts.scheme == "smtps",
        plain=parts.query == PLAIN,
    )
