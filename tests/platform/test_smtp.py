"""Letters by SMTP, to a real server that takes, defers and refuses."""

import asyncio
import socket
import ssl
from datetime import UTC, datetime, timedelta
from email import message_from_bytes
from email.policy import default
from urllib.parse import quote

import aiosmtplib
import msgspec
import pytest
from aiosmtpd.smtp import SMTP, AuthResult, LoginPassword
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

from plaza.accounts.model import Email
from plaza.platform.jobs import Hopeless
from plaza.platform.mail import Mail
from plaza.platform.mail_folder import FolderMailer
from plaza.platform.mailers import open_mailer
from plaza.platform.smtp import Server, SmtpMailer
from plaza.platform.starting import CannotStart

pytestmark = pytest.mark.anyio

SENDER = "Plaza <post@plaza.example>"


class Office:
    """Takes letters, or answers RCPT and DATA as it is told."""

    def __init__(self):
        self.letters, self.rcpt, self.data, self.logins = [], None, None, []

    async def handle_RCPT(self, _server, _session, envelope, address, _options):  # noqa: N802
        if self.rcpt:
            return self.rcpt
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, _server, _session, envelope):  # noqa: N802
        if self.data:
            return self.data
        self.letters.append((envelope.mail_from, envelope.rcpt_tos, envelope.content))
        return "250 OK"

    def login(self, _server, _session, _envelope, _mechanism, given):
        self.logins.append(given)
        return AuthResult(success=given == LoginPassword(b"ada", b"p@ss/word"))


@pytest.fixture
def office():
    return Office()


@pytest.fixture
async def opened(office):
    """Starts a server of this office; gives its port."""
    running = []

    async def start(**options):
        loop = asyncio.get_running_loop()
        server = await loop.create_server(
            lambda: SMTP(office, loop=loop, **options), "127.0.0.1", 0
        )
        running.append(server)
        return server.sockets[0].getsockname()[1]

    yield start
    for server in running:
        server.close()
        await server.wait_closed()


@pytest.fixture(scope="module")
def certificate(tmp_path_factory):
    """A certificate that signs itself, and its key, as files."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .sign(key, hashes.SHA256())
    )
    folder = tmp_path_factory.mktemp("certificate")
    (folder / "cert.pem").write_bytes(made.public_bytes(Encoding.PEM))
    (folder / "key.pem").write_bytes(
        key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    )
    return folder / "cert.pem", folder / "key.pem"


def letter(to="bob@example.org", subject="Hello"):
    return Mail(to=to, subject=subject, text="Grüße\ntoken\n", html="<p>Grüße</p>")


def mailer(port, **how):
    return SmtpMailer(Server(host="127.0.0.1", port=port, **how), SENDER)


async def test_a_letter_arrives_with_both_its_parts(office, opened):
    await mailer(await opened()).send(letter(subject="Grüße an Bob"))
    ((sender, recipients, content),) = office.letters
    assert (sender, recipients) == ("post@plaza.example", ["bob@example.org"])
    message = message_from_bytes(content, policy=default)
    assert (message["From"], message["To"], message["Subject"]) == (
        SENDER,
        "bob@example.org",
        "Grüße an Bob",
    )
    assert message["Message-ID"].endswith("@plaza.example>")
    assert message["Date"]
    text, html = message.iter_parts()
    assert text.get_content().split()[-1] == "token"
    assert "<p>Grüße</p>" in html.get_content()
    assert html.get_content_type() == "text/html"


async def test_an_address_in_other_letters_is_one_too(office, opened):
    await mailer(await opened(enable_SMTPUTF8=True)).send(letter(to="zoë@exämple.org"))
    assert office.letters[0][1] == ["zoë@exämple.org"]


@pytest.mark.parametrize(
    "to",
    [
        "=?utf-8?q?victim=40x.com=2C?=@evil.example",
        "=?utf-8?b?dmljdGltQHguY29tLA==?=@evil.example",
        "victim@x.com, mallory@evil.example",
        "Victim <victim@x.com>",
    ],
)
async def test_a_letter_goes_to_the_one_address_that_its_header_names(office, opened, to):
    with pytest.raises(Hopeless):
        await mailer(await opened()).send(letter(to=to))
    assert office.letters == []


@pytest.mark.parametrize("to", ["ada+news=x?y@example.org", "o'hara!#$%&*/^_`{|}~@example.org"])
async def test_unusual_letters_of_an_address_arrive_as_they_are(office, opened, to):
    msgspec.convert(to, Email)
    await mailer(await opened()).send(letter(to=to))
    ((_, recipients, content),) = office.letters
    assert recipients == [to]
    assert [
        each.addr_spec for each in message_from_bytes(content, policy=default)["To"].addresses
    ] == [to]


@pytest.mark.parametrize("said", ["550 No such user", "550 5.1.1 Unknown", "553 5.1.3 Bad"])
async def test_an_address_that_does_not_exist_is_hopeless(office, opened, said):
    office.rcpt = said
    with pytest.raises(Hopeless):
        await mailer(await opened()).send(letter())


@pytest.mark.parametrize(
    "said",
    [
        "450 4.2.0 Greylisted",
        "451 Try later",
        "452 4.2.2 Full",
        "550 5.7.1 Relaying denied",
        "554 5.7.1 We do not like you",
        "552 5.2.2 Mailbox full",
    ],
)
async def test_what_may_change_is_tried_again(office, opened, said):
    office.rcpt = said
    with pytest.raises(aiosmtplib.SMTPRecipientsRefused):
        await mailer(await opened()).send(letter())


@pytest.mark.parametrize("said", ["451 4.3.0 Out of order", "554 5.6.0 Not like this"])
async def test_a_letter_that_is_refused_is_tried_again(office, opened, said):
    office.data = said
    with pytest.raises(aiosmtplib.SMTPDataError):
        await mailer(await opened()).send(letter())


async def test_a_server_that_is_not_there_is_tried_again():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))  # and nobody listens
        with pytest.raises(aiosmtplib.SMTPConnectError):
            await mailer(taken.getsockname()[1]).send(letter())


async def test_a_subject_cannot_smuggle_a_header(office, opened):
    with pytest.raises(ValueError, match="linefeed"):
        await mailer(await opened()).send(letter(subject="x\r\nBcc: eve@example.org"))
    assert office.letters == []


async def test_a_password_is_not_given_in_the_clear(office, opened):
    port = await opened(authenticator=office.login, auth_require_tls=False)
    url = f"smtp://ada:{quote('p@ss/word', safe='')}@127.0.0.1:{port}"
    with pytest.raises(aiosmtplib.SMTPException):
        await open_mailer(url, SENDER, None).send(letter())
    assert office.logins == []
    await open_mailer(f"{url}?tls=never", SENDER, None).send(letter())
    assert len(office.letters) == 1


async def test_whom_nobody_vouches_for_is_not_told_the_password(office, opened, certificate):
    """The certificate of this server is its own."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*certificate)
    port = await opened(tls_context=context, authenticator=office.login)
    with pytest.raises(ssl.SSLCertVerificationError):
        await open_mailer(f"smtp://ada:x@127.0.0.1:{port}", SENDER, None).send(letter())
    assert office.logins == []


@pytest.mark.parametrize(
    "url",
    ["pigeon://coo", "smtp://", "smtp:host", "folder:", "smtp://h:99999", "smtp://h?tls=sometimes"],
)
def test_a_setting_that_names_nothing_is_told(url, tmp_path):
    with pytest.raises(CannotStart):
        open_mailer(url, SENDER, tmp_path)


async def test_without_a_setting_mail_goes_to_the_folder(tmp_path):
    await open_mailer("", SENDER, tmp_path / "default").send(letter())
    await open_mailer(f"folder:{tmp_path}/chosen", SENDER, tmp_path).send(letter())
    for name in ("default", "chosen"):
        assert len(await FolderMailer(tmp_path / name).newest(9)) == 1
