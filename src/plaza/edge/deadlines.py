"""No request runs for ever: one look a second at those in flight, instead of a timer for each."""

import asyncio

LOOK_SECONDS = 1.0
OVER = "deadline"


class Deadlines:
    """Tasks by the loop time they are due; `run` cancels the late ones with the message OVER."""

    def __init__(self) -> None:
        self.due: dict[asyncio.Task[object], float] = {}

    async def run(self) -> None:
        loop = asyncio.get_running_loop()
        while True:
            await asyncio.sleep(LOOK_SECONDS)
            now = loop.time()
            for task in [task for task, due in self.due.items() if due < now]:
                del self.due[task]
                task.cancel(OVER)
