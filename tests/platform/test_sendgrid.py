"""Letters by SendGrid's API, to a double that keeps the documented rules."""

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import httpx
import pytest

from plaza.platform.jobs import Hopeless
from plaza.platform.mail import Mail
from plaza.platform.mailers import open_mailer
from plaza.platform.sendgrid import ENDPOINT, SendGridMailer
from plaza.platform.starting import CannotStart

pytestmark = pytest.mark.anyio

KEY = "SG.Abc-_1.Xyz"
SENDER = "Plaza <post@plaza.example>"


class SendGrid(ThreadingHTTPServer):
    """What https://www.twilio.com/docs/sendgrid/api-reference/mail-send/mail-send promises."""

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Answering)
        self.letters, self.answer = [], None

    @property
    def url(self):
        return f"127.0.0.1:{self.server_port}"


def faults(letter):
    for number, each in enumerate(letter["personalizations"]):
        for place, to in enumerate(each["to"]):
            if "@" not in to["email"]:
                yield (
                    f"personalizations.{number}.to.{place}.email",
                    "Does not contain a valid address.",
                )
    if "@" not in letter["from"]["email"]:
        yield "from.email", "Does not contain a valid address."
    if [each["type"] for each in letter["content"]] != ["text/plain", "text/html"]:
        yield "content", "text/plain must be first, then text/html."
    if not letter["subject"]:
        yield "subject", "The subject is required."


class Answering(BaseHTTPRequestHandler):
    def do_POST(self):
        body = self.rfile.read(int(self.headers["content-length"]))
        if self.server.answer:
            self.say(*self.server.answer)
        elif self.path != "/v3/mail/send" or self.headers["content-type"] != "application/json":
            self.say(404, {"errors": [{"message": "not found", "field": None, "help": None}]})
        elif self.headers["authorization"] != f"Bearer {KEY}":
            told = "The provided authorization grant is invalid, expired, or revoked"
            self.say(401, {"errors": [{"message": told, "field": None, "help": None}]})
        elif found := list(faults(json.loads(body))):
            self.say(400, {"errors": [{"message": m, "field": f, "help": None} for f, m in found]})
        else:
            self.server.letters.append(json.loads(body))
            self.say(202, b"")

    def say(self, status, body):
        content = body if isinstance(body, bytes) else json.dumps(body).encode()
        self.send_response(status)
        self.send_header("content-length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *_):
        """Nothing: the letters say it."""


@pytest.fixture
def sendgrid():
    with SendGrid() as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield server
        server.shutdown()
        thread.join()


def letter(to="bob@example.org"):
    return Mail(to=to, subject="Hello", text="Grüße\ntoken\n", html="<p>Grüße</p>")


def mailer(sendgrid, key=KEY, sender=SENDER):
    return open_mailer(f"sendgrid://{key}@{sendgrid.url}?tls=never", sender, "unused")


async def test_a_letter_arrives_as_it_was_written(sendgrid):
    await mailer(sendgrid).send(letter())
    (sent,) = sendgrid.letters
    assert sent["personalizations"] == [{"to": [{"email": "bob@example.org"}]}]
    assert sent["from"] == {"email": "post@plaza.example", "name": "Plaza"}
    assert [each["value"] for each in sent["content"]] == ["Grüße\ntoken\n", "<p>Grüße</p>"]
    assert sent["headers"] == {"Auto-Submitted": "auto-generated"}


async def test_nobody_rewrites_the_links(sendgrid):
    await mailer(sendgrid, sender="post@plaza.example").send(letter())
    (sent,) = sendgrid.letters
    assert sent["from"] == {"email": "post@plaza.example"}
    assert sent["tracking_settings"] == {
        "click_tracking": {"enable": False},
        "open_tracking": {"enable": False},
    }


async def test_an_address_that_is_none_is_hopeless(sendgrid):
    with pytest.raises(Hopeless, match=r"400 personalizations\.0\.to\.0\.email: Does not contain"):
        await mailer(sendgrid).send(letter(to="bob"))


async def test_a_letter_that_is_too_large_is_hopeless(sendgrid):
    sendgrid.answer = (413, {"errors": [{"message": "too large", "field": None}]})
    with pytest.raises(Hopeless, match="413"):
        await mailer(sendgrid).send(letter())


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (429, {"errors": [{"field": None, "message": "too many requests"}]}),
        (500, b""),
        (503, b"<html>busy"),
        (403, {"errors": [{"field": "from", "message": "not a verified Sender Identity"}]}),
        (302, b""),
        (200, b"\xff"),
    ],
)
async def test_what_may_go_better_is_tried_again(sendgrid, status, body):
    sendgrid.answer = (status, body)
    with pytest.raises(ConnectionError, match=str(status)):
        await mailer(sendgrid).send(letter())
    sendgrid.answer = None
    await mailer(sendgrid).send(letter())
    assert len(sendgrid.letters) == 1


async def test_what_is_wrong_with_us_is_not_the_addressees_end(sendgrid):
    with pytest.raises(ConnectionError, match="401") as refused:
        await mailer(sendgrid, key="SG.wrong").send(letter())
    assert "SG.wrong" not in str(refused.value)
    with pytest.raises(ConnectionError, match=r"400 from\.email"):
        await mailer(sendgrid, sender="nobody").send(letter())


async def test_who_cannot_be_reached_is_tried_again():
    mailer = SendGridMailer(KEY, SENDER, "http://127.0.0.1:1")
    with pytest.raises(httpx.ConnectError):
        await mailer.send(letter())


def test_a_key_alone_means_the_real_one():
    made = open_mailer(f"sendgrid://{KEY}", SENDER, "unused")
    assert vars(made)["_url"] == f"{ENDPOINT}/v3/mail/send"
    assert vars(made)["_headers"] == {"authorization": f"Bearer {KEY}"}
    other = open_mailer(f"sendgrid://{KEY}@api.eu.sendgrid.com", SENDER, "unused")
    assert vars(other)["_url"] == "https://api.eu.sendgrid.com/v3/mail/send"


@pytest.mark.parametrize("url", ["sendgrid://", "sendgrid:key", "sendgrid://key?tls=maybe"])
def test_a_url_that_is_none_is_refused(url):
    with pytest.raises(CannotStart, match="sendgrid://key"):
        open_mailer(url, SENDER, "unused")
