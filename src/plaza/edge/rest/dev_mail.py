"""The letters of a development server, to be read without a mailbox."""

from typing import Protocol

import msgspec

from plaza.edge.rest.messages import JSON, Reply, Request
from plaza.edge.rest.pages import page
from plaza.edge.rest.problems import NoSuchPath
from plaza.edge.rest.router import Router
from plaza.edge.rest.routes import NO_STORE, OK
from plaza.edge.rest.this_machine import is_this_machine
from plaza.platform.mail_folder import Sent

MANY = 100
VARY = (b"vary", b"accept")


class Letters(Protocol):
    async def newest(self, count: int) -> list[Sent]: ...


def add_dev_mail(router: Router, letters: Letters) -> None:
    """/dev/mail, as a page for browsers and as JSON for the others, and /dev/mail.json.

    The newest first, a hundred at most. For development, and for this machine only: to others, and
    to pages that reach it under a name of their own (DNS rebinding), there is nothing here.
    """

    async def as_json(request: Request) -> Reply:
        _require_this_machine(request)
        body = msgspec.json.encode(await letters.newest(MANY))
        return Reply(OK, body, [JSON, NO_STORE])

    async def as_page(request: Request) -> Reply:
        _require_this_machine(request)
        return page("letters.html", OK, letters=await letters.newest(MANY))

    async def as_wanted(request: Request) -> Reply:
        browser = b"text/html" in request.headers.get(b"accept", b"").lower()
        reply = await (as_page if browser else as_json)(request)
        reply.headers.append(VARY)
        return reply

    router.add("GET", "/dev/mail", as_wanted)
    router.add("GET", "/dev/mail.json", as_json)


def _require_this_machine(request: Request) -> None:
    if not is_this_machine(request):
        raise NoSuchPath
