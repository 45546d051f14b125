"""The wire: what uvicorn lets through, and slow senders. Raw sockets against a live server."""

import pytest

from plaza.edge.rest import protocol
from tests.edge.rest.wire import listening, said

pytestmark = pytest.mark.anyio

CHUNKED = b"transfer-encoding: chunked\r\n\r\n0\r\n\r\n"
ASK = b"GET / HTTP/1.1\r\nhost: plaza\r\n\r\n"


async def echo(scope, receive, send):
    """Answers how much it was sent, and repeats its headers x-..."""
    size, more = 0, True
    while more:
        message = await receive()
        if message["type"] == "http.disconnect":
            return
        size += len(message["body"])
        more = message["more_body"]
    body = str(size).encode()
    headers = [(b"content-length", str(len(body)).encode())]
    headers += [each for each in scope["headers"] if each[0].startswith(b"x-")]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": body})


@pytest.fixture(scope="module")
async def port():
    async with listening(echo) as port:
        yield port


async def test_an_ordinary_request_is_answered_in_one_piece_or_in_many(port):
    assert (await said(port, ASK, within=0.3)).startswith(b"HTTP/1.1 200")
    pieces = [ASK[i : i + 1] for i in range(len(ASK))]
    assert (await said(port, *pieces, within=0.3)).startswith(b"HTTP/1.1 200")
    post = b"POST / HTTP/1.1\r\nhost: plaza\r\ncontent-length: 60000\r\n\r\n" + b"x" * 60_000
    assert (await said(port, post, within=0.5)).endswith(b"60000")


async def test_several_on_one_connection_are_answered_in_order(port):
    post = b"POST / HTTP/1.1\r\nhost: plaza\r\ncontent-length: 3\r\n\r\nabc"
    told = await said(port, post + ASK + post, within=0.5)
    assert [part[-1:] for part in told.split(b"HTTP/1.1 200 OK")[1:]] == [b"3", b"0", b"3"]


@pytest.mark.parametrize(
    ("head", "status"),
    [
        (b"GET / HTTP/1.1\r\nhost: a\r\nx: " + b"y" * 70_000 + b"\r\n\r\n", b"431"),
        (b"GET / HTTP/1.1\r\nhost: a\r\n" + b"x: y\r\n" * 1_000 + b"\r\n", b"431"),
        (b"GET /" + b"y" * 70_000 + b" HTTP/1.1\r\nhost: a\r\n\r\n", b"431"),
        (b"POST / HTTP/1.0\r\n" + CHUNKED, b"400"),
        (
            b"POST / HTTP/1.1\r\nhost: a\r\ncontent-length: 3\r\n" + CHUNKED,
            b"400",
        ),
        (b"GET / HTTP/1.1\r\nhost: a\r\nx: a\x00b\r\n\r\n", b"400"),
        (b"POST / HTTP/1.1\r\nhost: a\r\ntransfer-encoding: chunked\r\n\r\nzz\r\n", b"400"),
        (b"\x16\x03\x01\x02\x00\x01\x00", b"400"),
    ],
)
async def test_what_is_malformed_or_too_much_is_refused_once_and_closed(port, head, status):
    told = await said(port, head)
    assert told.startswith(b"HTTP/1.1 " + status)
    assert told.count(b"HTTP/1.1") == 1
    assert b"application/problem+json" in told
    assert (await said(port, ASK, within=0.3)).startswith(b"HTTP/1.1 200")


async def test_a_header_without_end_is_cut_off(port):
    told = await said(port, b"GET / HTTP/1.1\r\n", *[b"x: " + b"y" * 8_000 + b"\r\n"] * 9)
    assert told.startswith(b"HTTP/1.1 431")


async def test_what_comes_after_a_body_is_no_header(port):
    post = b"POST / HTTP/1.1\r\nhost: plaza\r\ntransfer-encoding: chunked\r\n\r\n1\r\nx\r\n0\r\n"
    told = await said(port, post + b"x-name: ada\r\n\r\n" + ASK, within=0.3)
    assert told.count(b"HTTP/1.1 200") == 2
    assert b"x-name" not in told
    for endless in (b"x: y\r\n", b"y"):
        flood = [post + b"x: y"] + [endless * (60_000 // len(endless))] * 3
        told = await said(port, *flood, pause=0.01)
        assert told.startswith(b"HTTP/1.1 400")


async def test_a_body_in_the_smallest_chunks_is_taken_one_in_extensions_is_not(port):
    head = b"POST / HTTP/1.1\r\nhost: plaza\r\ntransfer-encoding: chunked\r\n\r\n"
    small = [b"1\r\nx\r\n" * 10_000] * 4
    assert (await said(port, head, *small, b"0\r\n\r\n", pause=0.01)).endswith(b"40000")
    wordy = b"1;" + b"y" * 1_000 + b"\r\nx\r\n"
    assert (await said(port, head, *[wordy * 50] * 4)).startswith(b"HTTP/1.1 400")


async def test_slow_headers_are_not_waited_for(port, monkeypatch):
    monkeypatch.setattr(protocol, "HEADER_SECONDS", 0.2)
    silent = await said(port, within=2)
    assert silent == b""
    slow = await said(port, b"GET / HTTP/1.1\r\n", b"x: y\r\n", b"x: y\r\n", pause=0.15, within=2)
    assert slow.startswith(b"HTTP/1.1 408")
    second = await said(port, ASK + b"GET", within=2)
    assert second.count(b"HTTP/1.1 200") == 1
    assert second.count(b"HTTP/1.1 408") == 1


async def test_a_body_must_get_on(port, monkeypatch):
    monkeypatch.setattr(protocol, "BODY_LOOK_SECONDS", 0.2)
    head = b"POST / HTTP/1.1\r\nhost: plaza\r\ncontent-length: 90000\r\n\r\n"
    slow = await said(port, head, *[b"x"] * 8, pause=0.1, within=2)
    assert slow.startswith(b"HTTP/1.1 408")
    steady = await said(port, head, *[b"x" * 10_000] * 9, pause=0.1, within=2)
    assert steady.startswith(b"HTTP/1.1 200")
