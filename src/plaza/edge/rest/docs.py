"""The contract for readers: as JSON, as YAML and as a page, with no help from the internet."""

import asyncio
from collections.abc import Callable, Sequence
from zlib import crc32

import msgspec

from plaza.edge.rest.conditions import unchanged
from plaza.edge.rest.docs_page import STYLE_HASH, Here, render
from plaza.edge.rest.messages import JSON, Handler, Headers, Reply, Request
from plaza.edge.rest.openapi import document, to_yaml
from plaza.edge.rest.router import Router
from plaza.edge.rest.routes import NOT_MODIFIED, OK, Route

SEE_OTHER = 303
YAML = (b"content-type", b"application/yaml")
HTML = (b"content-type", b"text/html; charset=utf-8")
ASK_AGAIN = (b"cache-control", b"no-cache")
POLICY = (
    b"content-security-policy",
    f"default-src 'none'; style-src '{STYLE_HASH}'; base-uri 'none'; form-action 'none';"
    " frame-ancestors 'none'".encode(),
)
"""The page has one style, known by its hash, and may load, run and send nothing (CSP 3)."""


def add_docs(router: Router, routes: Sequence[Route], release: str, here: Here) -> None:
    """/openapi.json, /openapi.yaml and, for people, /docs and /v1/swagger; `/` leads there.

    The files tell of a release, the page of what runs here.
    """

    def as_json() -> bytes:
        return msgspec.json.encode(document(routes, release))

    def as_yaml() -> bytes:
        return to_yaml(document(routes, release)).encode()

    def as_page() -> bytes:
        return render(document(routes, release), here).encode()

    page = _answer(as_page, [HTML, POLICY])
    router.add("GET", "/", _to_the_page)
    router.add("GET", "/openapi.json", _answer(as_json, [JSON]))
    router.add("GET", "/openapi.yaml", _answer(as_yaml, [YAML]))
    router.add("GET", "/docs", page)
    router.add("GET", "/v1/swagger", page)
    router.add("GET", "/v1/swagger/index.html", page)  # as GoSocial prints it


async def _to_the_page(_: Request) -> Reply:
    """Whoever opens the address that Plaza prints sees what there is."""
    return Reply(SEE_OTHER, b"", [(b"location", b"/docs"), ASK_AGAIN])


def _answer(make: Callable[[], bytes], headers: Headers) -> Handler:
    """Made when first asked for, beside the event loop, and kept."""
    kept: list[asyncio.Future[bytes]] = []

    async def handle(request: Request) -> Reply:
        if not kept:
            kept.append(asyncio.ensure_future(asyncio.to_thread(make)))
        body = await asyncio.shield(kept[0])
        tag = b'"%08x"' % crc32(body)
        same = unchanged(request.headers.get(b"if-none-match", b""), tag)
        about = [*headers, ASK_AGAIN, (b"etag", tag)]
        return Reply(NOT_MODIFIED, b"", about) if same else Reply(OK, body, about)

    return handle
