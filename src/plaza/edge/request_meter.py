"""How many requests there were and how long they took: by route, never by path."""

from collections.abc import Callable, Iterator

from msgspec import Struct

from plaza.edge.access_log import Done
from plaza.platform.meters import Family, Reading, Timing

UNROUTED = "unrouted"

REQUESTS = Family(
    "plaza_requests_total",
    "counter",
    "Requests that were answered, in every protocol; `status` is the protocol's own.",
    ("method", "route", "status"),
)
DURATION = Family(
    "plaza_request_duration_seconds",
    "histogram",
    "How long an answer took, from the first line of the request to the last of the answer.",
    ("method", "route"),
)


class _Answers(Struct):
    """Those of one route with one status; `timing` is the whole route's."""

    timing: Timing
    count: int = 0


class RequestMeter:
    """Counts a request, and hands it on to `then`.

    Its memory is bounded by the routes: what was not routed is one of them, whatever it was called.
    """

    def __init__(self, then: Callable[[Done], None]) -> None:
        self._then = then
        self._answers: dict[tuple[str, str, int | str], _Answers] = {}
        self._timings: dict[tuple[str, str], Timing] = {}

    def __call__(self, done: Done) -> None:
        route = done.route
        key = (done.method, route, done.outcome) if route else ("", UNROUTED, done.outcome)
        answers = self._answers.get(key)
        if answers is None:
            answers = self._answers[key] = _Answers(self._timings.setdefault(key[:2], Timing()))
        answers.count += 1
        answers.timing.add(done.seconds)
        self._then(done)

    def readings(self) -> Iterator[Reading]:
        for (method, route, outcome), answers in self._answers.items():
            yield Reading(REQUESTS.name, (method, route, str(outcome)), answers.count)
        for labels, timing in self._timings.items():
            yield Reading(DURATION.name, labels, timing)
