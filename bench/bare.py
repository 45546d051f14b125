"""The limit: an ASGI app that does nothing, on the server and protocol that Plaza runs on."""

import asyncio
import sys
from typing import Any

import uvicorn
import uvloop

from plaza.edge.rest.protocol import GuardedProtocol


def app(size: int) -> Any:
    """Answers `size` bytes to a GET, and reads the body of a POST before."""
    body = b"x" * size
    headers = [(b"content-type", b"application/json"), (b"content-length", b"%d" % size)]

    async def answer(scope: Any, receive: Any, send: Any) -> None:
        if scope["method"] == "POST":
            while (await receive()).get("more_body", False):
                pass
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": body})

    return answer


def main() -> None:
    port, size = map(int, sys.argv[1:])
    config = uvicorn.Config(
        app(size),
        port=port,
        http=GuardedProtocol,
        lifespan="off",
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=False,
        backlog=2048,
    )
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(uvicorn.Server(config).serve())


if __name__ == "__main__":
    main()
