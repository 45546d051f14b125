"""`python -m bench`: every figure beside its baseline, medians of rounds taken in turns."""

import argparse
import json
import os
import platform
import statistics
import subprocess
import sys
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from bench import coalescing
from bench.plaza import Running, free_port, running
from bench.wrk import CORE, TASKSET, Load, Posting, drive

SERVER_CORE = 0
WRITE = "create a post, outbox and idempotency"
SAID = '{"content":"A post of a usual length, about a hundred characters long, as most are. Hi!"}'
INTRODUCTION = """\
Web process on core {server}, wrk and all else on core {client}, 64 connections, {rounds} rounds of
{seconds} s in turns, medians. On in Plaza: authentication of every request, policies, visibility,
deadlines, ETags, request and trace ids, header and body guards, metrics, sampled access log. Off:
rate limits, which would refuse the load. Not built: traces. Python {python}, {machine}.
"""


def main() -> None:
    arguments = argparse.ArgumentParser(prog="bench")
    arguments.add_argument("--seconds", type=int, default=5)
    arguments.add_argument("--rounds", type=int, default=5)
    arguments.add_argument("--json", type=Path)
    told = arguments.parse_args()
    rows = [*_over_http(told.seconds, told.rounds), *_coalesced(told.seconds, told.rounds)]
    introduction = INTRODUCTION.format(
        server=SERVER_CORE,
        client=CORE,
        rounds=told.rounds,
        seconds=told.seconds,
        python=platform.python_version(),
        machine=f"{os.cpu_count()} cores, {platform.machine()}",
    )
    sys.stdout.write(introduction + "\n" + _table(rows))
    if told.json:
        told.json.write_text(json.dumps(rows, indent=1) + "\n")


Row = dict[str, str | float]


def _over_http(seconds: int, rounds: int) -> list[Row]:
    with running() as plaza, _bare(plaza.size) as bare:
        for process in plaza.web:
            os.sched_setaffinity(process, {SERVER_CORE})
        for process in plaza.others:
            os.sched_setaffinity(process, {CORE})

        def limit(post: Posting | None = None) -> Load:
            return drive(bare, seconds=seconds, token=plaza.token, post=post)

        def create() -> Load:
            return _create(plaza, seconds)

        read = _row("read a post, authenticated, hot", limit, lambda: _read(plaza, seconds), rounds)
        with plaza.held():
            written = _row(WRITE + ", the worker held", lambda: limit(_posting()), create, rounds)
        all_of_it = _row(WRITE + ", relay and feeds", lambda: limit(_posting()), create, rounds)
        return [read, written, all_of_it]


def _read(plaza: Running, seconds: int) -> Load:
    return drive(f"{plaza.url}/v1/posts/{plaza.post}", seconds=seconds, token=plaza.token)


def _create(plaza: Running, seconds: int) -> Load:
    return drive(f"{plaza.url}/v1/posts", seconds=seconds, token=plaza.token, post=_posting())


def _posting() -> Posting:
    return Posting(SAID, uuid.uuid4().hex)


def _row(what: str, baseline: Callable[[], Load], ours: Callable[[], Load], rounds: int) -> Row:
    limits, loads = [], []
    for _ in range(rounds):
        limits.append(baseline().rate)
        loads.append(ours())
    rates = [load.rate for load in loads]
    return {
        "what": what,
        "against": "bare ASGI",
        "baseline": round(statistics.median(limits)),
        "plaza": round(statistics.median(rates)),
        "ratio": round(statistics.median(rates) / statistics.median(limits), 2),
        "spread": round((max(rates) - min(rates)) / statistics.median(rates), 2),
        "p99_ms": round(statistics.median(load.p99 for load in loads), 2),
    }


def _coalesced(seconds: int, rounds: int) -> Iterator[Row]:
    for pair in coalescing.measure(seconds=seconds, rounds=rounds):
        yield {
            "what": f"{pair.what}, {coalescing.CALLERS} callers, without HTTP",
            "against": "one statement per request",
            "baseline": round(pair.single),
            "plaza": round(pair.coalesced),
            "ratio": round(pair.coalesced / pair.single, 2),
        }


@contextmanager
def _bare(size: int) -> Iterator[str]:
    port = free_port()
    command = [sys.executable, "-m", "bench.bare", str(port), str(size)]
    served = subprocess.Popen([TASKSET, "-c", str(SERVER_CORE), *command])
    try:
        time.sleep(1)
        yield f"http://127.0.0.1:{port}/"
    finally:
        served.terminate()
        served.wait(30)


def _table(rows: list[Row]) -> str:
    lines = [
        "| what | against | baseline/s | Plaza/s | ratio | p99 ms |",
        "|---|---|--:|--:|--:|--:|",
    ]
    lines += [
        f"| {row['what']} | {row['against']} | {row['baseline']} | {row['plaza']} "
        f"| {row['ratio']} | {row.get('p99_ms', '')} |"
        for row in rows
    ]
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    main()
