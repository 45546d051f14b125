"""/metrics: the numbers of every process here, as Prometheus reads them."""

from collections.abc import Awaitable, Callable, Iterable, Iterator, Sequence

from msgspec import Struct
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4, generate_latest
from prometheus_client.metrics_core import Metric

from plaza.edge.rest.health import OK
from plaza.edge.rest.messages import Handler, Reply, Request
from plaza.edge.rest.operator import Operator, guarded
from plaza.edge.rest.router import Router
from plaza.edge.rest.routes import NO_STORE
from plaza.edge.rest.this_machine import is_this_machine
from plaza.platform.gathering import Gathering
from plaza.platform.meters import BOUNDS, Family, Reading, Timing

ANSWERED = Family(
    "plaza_process_answered",
    "gauge",
    "1 if this process told its numbers when asked just now, else 0: they are missing then.",
)
PROCESS = "process"
ENDS = (*map(str, BOUNDS), "+Inf")
TEXT = (b"content-type", CONTENT_TYPE_PLAIN_0_0_4.encode())


class Numbers(Struct, frozen=True):
    """Every family there is, what the processes tell of them, and what all of them share."""

    families: Sequence[Family]
    gathering: Gathering
    shared: Callable[[], Awaitable[list[Reading]]]

    async def exposed(self) -> bytes:
        """In the text format of Prometheus; every family is told, also without a number yet."""
        metrics = {each.name: _metric(each) for each in self.families}
        labels = {each.name: each.labels for each in self.families}

        def add(readings: Iterable[Reading], more: dict[str, str]) -> None:
            for each in readings:
                if each.family in metrics:  # not of a process of another release
                    named = dict(zip(labels[each.family], each.labels, strict=False))
                    _add(metrics[each.family], {**more, **named}, each.value)

        for process, told in (await self.gathering.read()).items():
            about = {PROCESS: process}
            add([Reading(ANSWERED.name, (), told is not None), *(told or ())], about)
        add(await self.shared(), {})
        return generate_latest(_Told(metrics.values()))


class _Told(Struct, frozen=True):
    """What prometheus-client calls a collector."""

    metrics: Iterable[Metric]

    def collect(self) -> Iterable[Metric]:
        return self.metrics


def add_metrics(router: Router, operator: Operator, numbers: Numbers) -> None:
    """For the operator; where he says so, also for whoever asks from this machine."""

    async def tell() -> Reply:
        return Reply(OK, await numbers.exposed(), [TEXT, NO_STORE])

    admitted: Handler = guarded(operator, tell)

    async def handle(request: Request) -> Reply:
        if operator.trusts_this_machine and is_this_machine(request):
            return await tell()
        return await admitted(request)

    router.add("GET", "/metrics", handle, open_to_basic=True)


def _metric(family: Family) -> Metric:
    """Whose samples' names end as the text format wants it; it takes a counter's name without."""
    return Metric(family.name.removesuffix("_total"), family.sentence, family.kind)


def _add(metric: Metric, labels: dict[str, str], value: float | Timing) -> None:
    if isinstance(value, Timing):
        for suffix, more, number in _buckets(value):
            metric.add_sample(metric.name + suffix, {**labels, **more}, number)
    else:
        total = "_total" if metric.type == "counter" else ""
        metric.add_sample(metric.name + total, labels, value)


def _buckets(timing: Timing) -> Iterator[tuple[str, dict[str, str], float]]:
    """Each holds all that were as short as its end, or shorter."""
    so_far = 0
    for end, count in zip(ENDS, timing.counts, strict=True):
        so_far += count
        yield "_bucket", {"le": end}, so_far
    yield "_count", {}, so_far
    yield "_sum", {}, timing.total
