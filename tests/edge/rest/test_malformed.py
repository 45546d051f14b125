"""What no honest client sends is refused once, without a crash, and harms nobody after it.

Requests that two parsers could read in two ways (RFC 9112, section 11.2), and bodies that JSON
parsers are known to trip over (RFC 8259, sections 4, 8 and 9).
"""

import re

import pytest

from tests.edge.notes import Notes
from tests.edge.rest.conftest import serve
from tests.edge.rest.wire import listening, said

pytestmark = pytest.mark.anyio

GOOD = b"GET /v1/notes HTTP/1.1\r\nHost: plaza\r\n\r\n"
STATUS = re.compile(rb"^HTTP/1\.1 (\d{3}) ", re.MULTILINE)


def head(*lines, start=b"POST /v1/notes HTTP/1.1"):
    ada = (b"Authorization: Bearer ada", b"Content-Type: application/json")
    return b"\r\n".join([start, b"Host: plaza", *ada, *lines, b"", b""])


def chunked(*lines):
    return head(b"Transfer-Encoding: chunked") + b"\r\n".join(lines)


def get(*lines, start=b"GET /v1/notes HTTP/1.1"):
    return b"\r\n".join([start, *lines, b"", b""])


NOTE = b'{"words":"x"}'
FRAMING = {
    "no host": get(),
    "two hosts": get(b"Host: a", b"Host: b"),
    "two equal hosts": get(b"Host: a", b"Host: a"),
    "length and chunks": head(b"Content-Length: 13", b"Transfer-Encoding: chunked") + b"0\r\n\r\n",
    "chunks and length": head(b"Transfer-Encoding: chunked", b"Content-Length: 13") + b"0\r\n\r\n",
    "two lengths": head(b"Content-Length: 13", b"Content-Length: 14") + NOTE,
    "two equal lengths": head(b"Content-Length: 13", b"Content-Length: 13") + NOTE,
    "a list of lengths": head(b"Content-Length: 13, 13") + NOTE,
    "a signed length": head(b"Content-Length: +13") + NOTE,
    "a negative length": head(b"Content-Length: -1") + NOTE,
    "a hexadecimal length": head(b"Content-Length: 0xd") + NOTE,
    "a length in words": head(b"Content-Length: many") + NOTE,
    "no length at all": head(b"Content-Length: ") + NOTE,
    "a length beyond 64 bits": head(b"Content-Length: 99999999999999999999") + NOTE,
    "chunks in HTTP/1.0": head(b"Transfer-Encoding: chunked", start=b"POST /v1/notes HTTP/1.0")
    + b"0\r\n\r\n",
    "chunks and then something": head(b"Transfer-Encoding: chunked, identity") + b"0\r\n\r\n",
    "chunks by another name": head(b"Transfer-Encoding: xchunked") + b"0\r\n\r\n",
    "chunks behind a control": head(b"Transfer-Encoding: \x0bchunked") + b"0\r\n\r\n",
    "a space before the colon": head(b"Transfer-Encoding : chunked") + b"0\r\n\r\n",
    "chunks announced on two lines": head(b"Transfer-Encoding:", b" chunked") + b"0\r\n\r\n",
    "a chunk of no number": chunked(b"zz", b"abc", b"0", b"", b""),
    "a negative chunk": chunked(b"-1", b"a", b"0", b"", b""),
    "a chunk with 0x": chunked(b"0x3", b"abc", b"0", b"", b""),
    "a chunk beyond 64 bits": chunked(b"ffffffffffffffffff", b"abc", b"0", b"", b""),
    "a chunk longer than it says": chunked(b"3", b"abcdef", b"0", b"", b""),
    "a chunk size and a bare LF": chunked(b"3\nabc", b"0", b"", b""),
    "an extension with a bare LF": chunked(b"3;a\nabc", b"0", b"", b""),
    "an extension with a NUL": chunked(b"3;a=\x00", b"abc", b"0", b"", b""),
    "a space after the chunk size": chunked(b"3 ", b"abc", b"0", b"", b""),
}
HEADERS = {
    "a folded header": get(b"Host: a", b"X: b", b" c"),
    "a space before the first header": get(b" Host: a"),
    "NUL in a value": get(b"Host: a", b"X: a\x00b"),
    "NUL in a name": get(b"Host: a", b"X\x00: b"),
    "a bare CR in a value": get(b"Host: a", b"X: a\rb"),
    "bare LF ends the lines": b"GET /v1/notes HTTP/1.1\nHost: a\n\n",
    "bare CR ends the lines": b"GET /v1/notes HTTP/1.1\rHost: a\r\r",
    "a header without a colon": get(b"Host: a", b"X"),
    "a name with a space": get(b"Host: a", b"X y: z"),
    "no name": get(b"Host: a", b": z"),
    "70 KB in one header": get(b"Host: a", b"X: " + b"y" * 70_000),
    "1000 headers": get(b"Host: a", *[b"X: y"] * 1_000),
    "two tokens": get(b"Host: a", b"Authorization: Bearer ada", b"Authorization: Bearer eve"),
    "two content types": head(b"Content-Type: text/plain", b"Content-Length: 13") + NOTE,
    "a key too long": head(b"Idempotency-Key: " + b"k" * 300, b"Content-Length: 13") + NOTE,
    "a key beyond ASCII": head(b"Idempotency-Key: \xe9", b"Content-Length: 13") + NOTE,
}
LINES = {
    "a huge request line": get(b"Host: a", start=b"GET /" + b"x" * 70_000 + b" HTTP/1.1"),
    "a path of many parts": get(b"Host: a", start=b"GET /v1" + b"/x" * 9_000 + b" HTTP/1.1"),
    "HTTP/0.9": b"GET /v1/notes\r\n\r\n",
    "HTTP/1.2": get(b"Host: a", start=b"GET /v1/notes HTTP/1.2"),
    "HTTP/2.0": get(b"Host: a", start=b"GET /v1/notes HTTP/2.0"),
    "HTTP/2, knowing": b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    "no version": get(b"Host: a", start=b"GET /v1/notes HTTP/"),
    "another protocol": get(b"Host: a", start=b"GET /v1/notes ICE/1.0"),
    "a method in small letters": get(b"Host: a", start=b"get /v1/notes HTTP/1.1"),
    "a method nobody knows": get(b"Host: a", start=b"BREW /v1/notes HTTP/1.1"),
    "a tunnel": get(b"Host: a", start=b"CONNECT plaza:443 HTTP/1.1"),
    "TRACE": get(b"Host: a", start=b"TRACE /v1/notes HTTP/1.1"),
    "a path without a slash": get(b"Host: a", start=b"GET v1/notes HTTP/1.1"),
    "an asterisk": get(b"Host: a", start=b"GET * HTTP/1.1"),
    "a space in the path": get(b"Host: a", start=b"GET /v1/no tes HTTP/1.1"),
    "a NUL in the path": get(b"Host: a", start=b"GET /v1/no\x00tes HTTP/1.1"),
    "an escaped NUL in the path": get(b"Host: a", start=b"GET /v1/notes/%00 HTTP/1.1"),
    "broken UTF-8 in the path": get(b"Host: a", start=b"GET /v1/notes/%ff%fe HTTP/1.1"),
    "a fragment": get(b"Host: a", start=b"GET /v1/nothing#x HTTP/1.1"),
    "up and away": get(b"Host: a", start=b"GET /v1/../../etc/passwd HTTP/1.1"),
    "up and away, escaped": get(b"Host: a", start=b"GET /v1/%2e%2e%2fnotes HTTP/1.1"),
    "broken UTF-8 in the query": get(b"Host: a", start=b"GET /v1/notes?cursor=%ff HTTP/1.1"),
    "bytes beyond ASCII in the query": get(b"Host: a", start=b"GET /v1/notes?limit=\xff HTTP/1.1"),
    "a parameter given twice": get(b"Host: a", start=b"GET /v1/notes?limit=1&limit=2 HTTP/1.1"),
    "a parameter nobody knows": get(b"Host: a", start=b"GET /v1/notes?x=1 HTTP/1.1"),
    "a parameter with a NUL": get(b"Host: a", start=b"GET /v1/notes?cursor=%00 HTTP/1.1"),
    "TLS": b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + b"\x00" * 600,
    "noise": bytes(range(256)) * 40,
    "a socket nobody serves": get(
        b"Host: a",
        b"Connection: Upgrade",
        b"Upgrade: websocket",
        b"Sec-WebSocket-Version: 13",
        b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
    ),
}
BODIES = {
    "nothing": b"",
    "no JSON": b"words=x",
    "half of it": b'{"words":"x"',
    "two of it": b'{"words":"x"}{"words":"y"}',
    "something after it": b'{"words":"x"} x',
    "null": b"null",
    "a list": b'[{"words":"x"}]',
    "a text": b'"words"',
    "the same name twice": b'{"words":"x","words":"y"}',
    "the same name twice, escaped": b'{"words":"x","w\\u006frds":"y"}',
    "an unknown name": b'{"words":"x","admin":true}',
    "NUL, escaped": b'{"words":"a\\u0000b"}',
    "NUL, bare": b'{"words":"a\x00b"}',
    "a control, bare": b'{"words":"a\nb"}',
    "a control, escaped": b'{"words":"a\\u0007b"}',
    "the other direction": '{"words":"a\u202eb"}'.encode(),
    "half a surrogate pair": b'{"words":"\\ud800"}',
    "the other half": b'{"words":"\\udc00"}',
    "both in the wrong order": b'{"words":"\\udc00\\ud800"}',
    "a surrogate in UTF-8": b'{"words":"\xed\xa0\x80"}',
    "an overlong slash": b'{"words":"\xc0\xaf"}',
    "broken UTF-8": b'{"words":"\xff"}',
    "broken UTF-8 in a name": b'{"\xff":"x","words":"x"}',
    "a byte order mark": b'\xef\xbb\xbf{"words":"x"}',
    "UTF-16": '{"words":"x"}'.encode("utf-16"),
    "not a number": b'{"words":"x","stars":NaN}',
    "infinity": b'{"words":"x","stars":1e999}',
    "a number of a hundred thousand digits": b'{"words":"x","stars":' + b"9" * 100_000 + b"}",
    "a number in text": b'{"words":"x","stars":"1"}',
    "a number out of range": b'{"words":"x","stars":6}',
    "true for a number": b'{"words":"x","stars":true}',
    "a fraction for a number": b'{"words":"x","stars":1.5}',
    "a tower of lists": b"[" * 200_000,
    "a tower of objects": b'{"words":' * 100_000,
    "a tower in an unknown field": b'{"words":"x","y":' + b"[" * 5_000 + b"]" * 5_000 + b"}",
    "a megabyte of mistakes": b"{" + b",".join(b'"k%d":1' % n for n in range(80_000)) + b"}",
    "too long": b'{"words":"' + b"x" * 1_000_000 + b'"}',
    "too large": b'{"words":"' + b"x" * 1_100_000 + b'"}',
}


@pytest.fixture(scope="module")
def notes():
    return Notes()


@pytest.fixture(scope="module")
async def port(notes):
    async with listening(serve(notes, {}, [], seconds=60)) as port:
        yield port


@pytest.fixture(autouse=True)
def _nothing_written(notes):
    notes.notes.clear()


async def refused(port, *sent):
    """At most one answer, a 4xx; and the next one is served."""
    told = await said(port, *sent, then=0.1)
    statuses = STATUS.findall(told)
    assert len(statuses) <= 1, told
    assert all(b"400" <= status < b"500" for status in statuses), told
    assert b"Traceback" not in told
    fine = await said(port, GOOD.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n"))
    assert fine.startswith(b"HTTP/1.1 200"), fine
    return statuses


@pytest.mark.parametrize("request_", FRAMING.values(), ids=FRAMING)
async def test_a_request_with_two_readings_is_refused(port, request_):
    assert await refused(port, request_ + GOOD) != []


@pytest.mark.parametrize("request_", HEADERS.values(), ids=HEADERS)
async def test_headers_that_are_none_are_refused(port, request_):
    assert await refused(port, request_) != []


@pytest.mark.parametrize("request_", LINES.values(), ids=LINES)
async def test_a_request_for_nothing_we_have_is_refused(port, request_):
    await refused(port, request_)


@pytest.mark.parametrize("body", BODIES.values(), ids=BODIES)
async def test_a_body_that_is_no_note_is_refused(port, body, notes):
    length = b"Content-Length: %d" % len(body)
    (status,) = await refused(port, head(length, b"Connection: close") + body)
    assert status in {b"400", b"413", b"422"}
    assert not notes.notes


@pytest.mark.parametrize("body", BODIES.values(), ids=BODIES)
async def test_so_it_is_in_chunks(port, body, notes):
    chunks = [b"%x\r\n%b\r\n" % (len(body), body)] if body else []
    lines = (b"Transfer-Encoding: chunked", b"Connection: close")
    (status,) = await refused(port, head(*lines), *chunks, b"0\r\n\r\n")
    assert status in {b"400", b"413", b"422"}
    assert not notes.notes


@pytest.mark.parametrize(
    "kind",
    [
        b"text/plain",
        b"application/x-www-form-urlencoded",
        b"application/json; charset=latin-1",
        b"application/jsonp",
        b"",
    ],
)
async def test_json_by_another_name_is_refused(port, kind, notes):
    lines = (b"Authorization: Bearer ada", b"Content-Type: " + kind, b"Content-Length: 13")
    sent = get(b"Host: a", *lines, start=b"POST /v1/notes HTTP/1.1") + NOTE
    assert await refused(port, sent) == [b"415"]
    assert not notes.notes


async def test_a_tab_before_chunked_is_legal_and_served(port, notes):
    sent = head(b"Transfer-Encoding:\tchunked", b"Connection: close")
    told = await said(port, sent + b"d\r\n" + NOTE + b"\r\n0\r\n\r\n")
    assert told.startswith(b"HTTP/1.1 201")
    assert len(notes.notes) == 1


async def test_an_absolute_address_is_the_path_it_names(port):
    """Clients of proxies send it, and a server must take it (RFC 9112, section 3.2.2)."""
    start = b"GET http://plaza/v1/notes HTTP/1.1"
    told = await said(port, get(b"Host: plaza", b"Connection: close", start=start))
    assert told.startswith(b"HTTP/1.1 200")


async def test_what_follows_a_refused_body_is_not_taken_for_a_request(port):
    """The refusal comes before the body is read; the body's bytes are no request."""
    hidden = b"DELETE /v1/notes HTTP/1.1\r\nHost: a\r\n\r\n"
    lines = (b"Content-Type: application/json", b"Content-Length: %d" % len(hidden))
    sent = get(b"Host: a", *lines, start=b"POST /v1/notes HTTP/1.1")
    told = await said(port, sent, hidden, pause=0.1, then=0.2)
    assert STATUS.findall(told) == [b"401"]
