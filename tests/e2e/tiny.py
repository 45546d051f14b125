"""The least that `plaza serve` can put in front of its servers."""

import asyncio
import os
import threading

import msgspec


class Tiny:
    """`/` tells where the servers are, `/slow` takes half a second."""

    def __init__(self, settings):
        self._body = msgspec.json.encode(
            {"settings": msgspec.structs.asdict(settings), "pid": os.getpid()}
        )

    async def start(self, place):
        del place
        self.asgi = self._answer

    def drain(self):
        pass

    async def stop(self):
        pass

    async def _answer(self, scope, _, send):
        if scope["path"] == "/slow":
            await asyncio.sleep(0.5)
        if scope["path"] == "/endless":
            await asyncio.Event().wait()
        headers = [(b"content-length", b"%d" % len(self._body))]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": self._body})


class Frail(Tiny):
    """Starts, and ends at once."""

    async def start(self, place):
        await super().start(place)
        threading.Timer(0.2, os._exit, [3]).start()


build = Tiny
build_frail = Frail
