"""Does what the outside relies on still hold? `api/` against `api/released/`.

From 0.1 on a break fails; before it, it is only told.
"""

import json
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

import yaml
from graphql import build_schema
from graphql.utilities import find_breaking_changes

from tools import openapi_breaks
from tools.tracked import ROOT

API = ROOT / "api"
RELEASED = API / "released"


def openapi(new: Path = API, old: Path = RELEASED) -> Iterator[str]:
    before, after = (
        yaml.safe_load((folder / "openapi.yaml").read_text(encoding="utf-8"))
        for folder in (old, new)
    )
    yield from openapi_breaks.breaks(before, after)


def graphql(new: Path = API, old: Path = RELEASED) -> Iterator[str]:
    before, after = (
        build_schema((folder / "schema.graphql").read_text(encoding="utf-8"))
        for folder in (old, new)
    )
    yield from (change.description for change in find_breaking_changes(before, after))


def protos(new: Path = API, old: Path = RELEASED) -> Iterator[str]:
    buf = str(Path(sys.executable).with_name("buf"))
    judged = subprocess.run(
        [buf, "breaking", str(new / "proto"), "--against", str(old / "proto")],
        capture_output=True,
        text=True,
        check=False,
    )
    yield from (judged.stdout + judged.stderr).splitlines()


def events(new: Path = API, old: Path = RELEASED) -> Iterator[str]:
    """Additions only: what was announced a week ago is still read, also by yesterday's release."""
    before, after = (
        json.loads((folder / "events.json").read_text(encoding="utf-8")) for folder in (old, new)
    )
    pair = openapi_breaks.Pair(before, after)
    for topic, schema in before["events"].items():
        if topic not in after["events"]:
            yield f"{topic} is not announced any more"
        else:
            yield from openapi_breaks.both_ways(pair, schema, after["events"][topic], topic)


JUDGES = {
    "openapi.yaml": openapi,
    "schema.graphql": graphql,
    "proto": protos,
    "events.json": events,
}


def findings() -> list[str]:
    """A contract that was never released breaks nothing."""
    return [
        f"{contract}: {change}"
        for contract, judge in JUDGES.items()
        if (RELEASED / contract).exists()
        for change in judge()
    ]


def may_break() -> bool:
    """Until 0.1.0 is released."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    return str(project["version"]).startswith(("0.0.", "0.1.0.dev"))


if __name__ == "__main__":
    found = findings()
    print("\n".join(found))
    sys.exit(1 if found and not may_break() else 0)
