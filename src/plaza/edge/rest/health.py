"""Health over HTTP: for probes, without an account, and cheap."""

import msgspec

from plaza.edge.rest.messages import JSON, Handler, Reply, Request
from plaza.edge.rest.router import Router
from plaza.platform.health import Health

OK, UNAVAILABLE = 200, 503
NO_STORE = (b"cache-control", b"no-store")
TEXT = (b"content-type", b"text/plain; charset=utf-8")


def add_health(router: Router, health: Health) -> None:
    """/health/live: the loop turns. /health/startup: it began. /health/ready: give it work."""

    async def live(_: Request) -> Reply:
        return Reply(OK, b'{"status":"ok"}', [JSON, NO_STORE])

    async def startup(request: Request) -> Reply:
        if health.started:
            return await live(request)
        return Reply(UNAVAILABLE, b'{"status":"starting"}', [JSON, NO_STORE])

    async def ready(_: Request) -> Reply:
        report = await health.report()
        status = OK if report.ready else UNAVAILABLE
        return Reply(status, msgspec.json.encode(report), [JSON, NO_STORE])

    async def word(_: Request) -> Reply:
        report = await health.report()
        status = OK if report.ready else UNAVAILABLE
        return Reply(status, report.status.encode(), [TEXT, NO_STORE])

    handlers: dict[str, Handler] = {"live": live, "startup": startup, "ready": ready}
    for name, handler in handlers.items():
        router.add("GET", f"/health/{name}", handler)
    router.add("GET", "/health", word)
