"""Whoever develops reads the letters in a browser, or in a script."""

import asyncio
import json
from base64 import b64encode
from hashlib import sha256

import httpx
import pytest

from plaza.edge.rest.dev_mail import MANY, add_dev_mail
from plaza.edge.rest.router import Router
from plaza.edge.rest.server import Server
from plaza.platform.mail import Mail
from plaza.platform.mail_folder import FolderMailer
from tests.edge.rest.conftest import authenticate

pytestmark = pytest.mark.anyio

BROWSER = {"accept": "text/html,application/xhtml+xml,*/*;q=0.8"}


@pytest.fixture
def mailer(tmp_path):
    return FolderMailer(tmp_path)


@pytest.fixture
async def http(mailer):
    router = Router()
    add_dev_mail(router, mailer)
    server = Server(router, authenticate, lambda _: None, request_seconds=60)
    async with httpx.AsyncClient(
        transport=httpx.ASGITransport(server), base_url="http://localhost:8000"
    ) as client:
        yield client


def letter(subject="Hello", text="Hi\n", html="<p>Hi</p>"):
    return Mail(to="ada@example.org", subject=subject, text=text, html=html)


async def test_a_script_reads_json_the_newest_first(http, mailer):
    for subject in ("first", "second"):
        await mailer.send(letter(subject))
        await asyncio.sleep(0.002)  # names sort by the millisecond
    for path, headers in (
        ("/dev/mail", {}),
        ("/dev/mail", {"accept": "application/json"}),
        ("/dev/mail.json", BROWSER),
    ):
        answer = await http.get(path, headers=headers)
        assert answer.headers["content-type"] == "application/json"
        assert answer.headers["cache-control"] == "no-store"
        letters = answer.json()
        assert [list(each) for each in letters] == [
            ["to", "subject", "text", "html", "sent_at"]
        ] * 2
        assert [each["subject"] for each in letters] == ["second", "first"]


async def test_a_browser_reads_a_page_with_links_to_follow(http, mailer):
    await mailer.send(letter(text="go to http://127.0.0.1:8000/activate/x-_1\n"))
    answer = await http.get("/dev/mail", headers=BROWSER)
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    assert answer.headers["vary"] == "accept"
    assert "to ada@example.org" in answer.text
    assert '<a href="http://127.0.0.1:8000/activate/x-_1"' in answer.text


async def test_before_the_first_letter_there_is_a_page_too(http):
    assert "Nobody" in (await http.get("/dev/mail", headers=BROWSER)).text
    assert (await http.get("/dev/mail.json")).json() == []


async def test_a_letter_cannot_break_the_page(http, mailer):
    evil = "<script>alert(1)</script>\"'&"
    await mailer.send(letter(subject=evil, text=evil, html=evil))
    answer = await http.get("/dev/mail", headers=BROWSER)
    assert answer.text.count("&lt;script&gt;") == 3
    assert "<script" not in answer.text
    policy = answer.headers["content-security-policy"]
    style = answer.text.partition("<style>")[2].partition("</style>")[0]
    known = b64encode(sha256(style.encode()).digest()).decode()
    assert policy.startswith(f"default-src 'none'; style-src 'sha256-{known}'")
    assert "unsafe" not in policy
    assert answer.headers["referrer-policy"] == "no-referrer"


async def test_it_does_not_grow_without_end(http, tmp_path):
    one = dict.fromkeys(("to", "subject", "text", "html"), "x")
    for number in range(MANY + 5):
        file = tmp_path / f"{number:03}.json"
        file.write_text(json.dumps({**one, "sent_at": "2026-01-01T00:00:00Z"}))
    assert len((await http.get("/dev/mail.json")).json()) == MANY


@pytest.mark.parametrize(
    ("address", "host"),
    [
        ("192.0.2.7", "localhost"),
        ("127.0.0.1", "rebound.example:8000"),
        ("127.0.0.1", ""),
        ("127.0.0.1", "[::1"),
    ],
)
async def test_to_others_there_is_nothing(mailer, address, host):
    router = Router()
    add_dev_mail(router, mailer)
    server = Server(router, authenticate, lambda _: None, request_seconds=60)
    transport = httpx.ASGITransport(server, client=(address, 1))
    async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as client:
        for path in ("/dev/mail", "/dev/mail.json"):
            answer = await client.get(path, headers={"host": host})
            assert answer.json()["code"] == "request.no_such_path"
