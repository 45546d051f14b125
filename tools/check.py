"""Every quality gate that needs no server, side by side: `make check`.

A gate that holds prints its name and seconds; one that does not prints what it found.
"""

import os
import subprocess
import sys
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).parents[1]
BIN = Path(sys.executable).parent
WORKFLOWS = sorted(str(each.relative_to(ROOT)) for each in ROOT.glob(".github/workflows/*.yml"))
WORKFLOW_SCHEMA = ("check-jsonschema", "--builtin-schema", "vendor.github-workflows")


class Gate(NamedTuple):
    """`speaks`: what it says is worth reading when it holds, too."""

    name: str
    command: Sequence[str]
    speaks: bool = False


class Outcome(NamedTuple):
    gate: Gate
    seconds: float
    held: bool
    output: str


# The slowest first, so that they do not run alone at the end.
GATES = (
    Gate("types", ["mypy"]),
    Gate("architecture", ["pytest", "--tb=short", "-p", "no:cacheprovider", "tests/architecture"]),
    Gate("contracts between modules", ["lint-imports", "--no-logo"]),
    Gate("secrets", ["python", "-m", "tools.secrets_scan"]),
    Gate("lint", ["ruff", "check", "--output-format", "concise", "."]),
    Gate("format", ["ruff", "format", "--check", "--output-format", "concise", "."]),
    Gate("dead code", ["python", "-m", "tools.dead_code"]),
    Gate("protocol buffers", ["buf", "lint", "api/proto"]),
    Gate("promises kept", ["python", "-m", "tools.breaking"], speaks=True),
    Gate("workflows, shape", [*WORKFLOW_SCHEMA, *WORKFLOWS]),
    Gate("workflows, safety", ["zizmor", "--offline", "--quiet", ".github/workflows"]),
    Gate("tree", ["python", "-m", "tools.tree"]),
)


def run(gate: Gate) -> Outcome:
    begun = time.perf_counter()
    program, *arguments = gate.command
    done = subprocess.run(
        [str(BIN / program), *arguments],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    return Outcome(gate, time.perf_counter() - begun, done.returncode == 0, done.stdout)


def report(outcome: Outcome) -> None:
    word = "ok  " if outcome.held else "FAIL"
    print(f"{word} {outcome.seconds:5.1f} s  {outcome.gate.name}", flush=True)
    told = outcome.output.strip()
    if told and (outcome.gate.speaks or not outcome.held):
        print(told + "\n", flush=True)


def main() -> int:
    """The number of gates that did not hold, for the shell."""
    begun = time.perf_counter()
    broken: list[str] = []
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        for outcome in pool.map(run, GATES):
            report(outcome)
            if not outcome.held:
                broken.append(outcome.gate.name)
    seconds = time.perf_counter() - begun
    print(f"{len(GATES) - len(broken)} of {len(GATES)} gates hold, {seconds:.0f} s")
    return len(broken)


if __name__ == "__main__":
    sys.exit(main())
