"""An answer in one write is the answer that ASGI's two messages would be."""

import gc
import re

import pytest

from plaza.edge.rest import whole
from tests.edge.rest.wire import listening, said

pytestmark = pytest.mark.anyio

LARGE = b"z" * 3_000_000
HEADERS = [(b"content-type", b"text/plain"), (b"etag", b'"1-2"')]


async def greet(scope, _, send):
    """Greets in both ways; `/whole` is the short one, `/large` long enough to fill the pipe."""
    body = LARGE if scope["path"] == "/large" else b"good day"
    headers = [*HEADERS, (b"content-length", b"%d" % len(body))]
    short = scope["path"] != "/asgi"
    if short and whole.answer(send, 200, whole.lines(headers), body):
        return
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": body})


@pytest.fixture(scope="module")
async def port():
    async with listening(greet) as port:
        yield port


def ask(path, *lines, method=b"GET", version=b"1.1"):
    start = b"%b /%b HTTP/%b" % (method, path, version)
    return b"\r\n".join([start, b"host: plaza", *lines, b"", b""])


@pytest.mark.parametrize(
    ("told", "closes"),
    [
        ({}, False),
        ({"method": b"HEAD"}, False),
        ({"version": b"1.0"}, True),
        ({"lines": [b"connection: close"]}, True),
        ({"method": b"HEAD", "lines": [b"connection: close"]}, True),
    ],
)
async def test_both_ways_say_the_same_to_the_letter(port, told, closes):
    lines = told.get("lines", [])
    named = {name: value for name, value in told.items() if name != "lines"}
    short, long = [
        await said(port, ask(path, *lines, **named), within=0.5) for path in (b"whole", b"asgi")
    ]
    undated = [re.sub(rb"date: [^\r]*", b"", each) for each in (short, long)]
    assert undated[0] == undated[1]
    assert short.startswith(b"HTTP/1.1 200 OK\r\n")
    assert (b"connection: close" in short) is closes
    assert short.endswith(b"good day") is (named.get("method") != b"HEAD")


async def test_requests_in_a_row_are_answered_in_order(port):
    row = ask(b"whole") + ask(b"asgi") + ask(b"whole", b"connection: close")
    told = await said(port, row)
    assert told.count(b"good day") == told.count(b"HTTP/1.1 200 OK") == 3


async def test_who_reads_slowly_gets_every_byte(port):
    row = ask(b"large") * 3 + ask(b"large", b"connection: close")
    told = await said(port, row)
    assert told.count(b"z") == 4 * len(LARGE)


@pytest.mark.parametrize("value", [b"a\r\nset-cookie: b", b"a\nb", b"a\rb", b"a\0b"])
def test_no_header_holds_another(value):
    with pytest.raises(ValueError, match="ends"):
        whole.lines([(b"location", value)])


def test_lines_and_headers_are_each_other():
    assert whole.headers(whole.lines(HEADERS)) == HEADERS


async def test_requests_leave_nothing_to_the_garbage_collector(server):
    async with listening(server) as port:
        ask_for_notes = ask(b"v1/notes", b"authorization: Bearer ada")
        await said(port, ask_for_notes, within=0.3)
        gc.collect()
        gc.disable()
        try:
            gc.set_debug(gc.DEBUG_SAVEALL)
            told = await said(port, ask_for_notes * 200, within=0.3)
            gc.collect()
            left = len(gc.garbage)
        finally:
            gc.set_debug(0)
            gc.garbage.clear()
            gc.enable()
    assert told.count(b"HTTP/1.1 200 OK") == 200
    assert left < 200
