"""What contexts announce, as JSON Schemas by topic: `api/events.json`."""

import importlib
import inspect
from collections.abc import Iterator
from typing import Any

import msgspec

from plaza.platform.events import Event
from tools.tracked import ROOT

INTRODUCTION = (
    "Each event by its topic, as it stands in the stream. Fields are only added, and a new one may "
    "be missing: what was announced before is read for a week. Whoever reads ignores what it does "
    "not know."
)


def document() -> dict[str, Any]:
    """Raises what msgspec raises for an event that has no schema."""
    kinds = list(announced())
    refs, components = msgspec.json.schema_components(kinds, ref_template="#/$defs/{name}")
    for kind in kinds:
        components[kind.__name__]["required"].insert(0, "event_id")  # made by us, always sent
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Plaza events",
        "description": INTRODUCTION,
        "events": {kind.topic: ref for kind, ref in zip(kinds, refs, strict=True)},
        "$defs": dict(sorted(components.items())),
    }


def to_json() -> bytes:
    return msgspec.json.format(msgspec.json.encode(document()), indent=2) + b"\n"


def announced() -> Iterator[type[Event]]:
    """Every event of every context, by topic."""
    found: dict[str, type[Event]] = {}
    for file in sorted((ROOT / "src" / "plaza").glob("*/events.py")):
        if file.parent.name == "platform":
            continue
        module = importlib.import_module(f"plaza.{file.parent.name}.events")
        for kind in vars(module).values():
            if not (inspect.isclass(kind) and issubclass(kind, Event) and "topic" in vars(kind)):
                continue
            if found.setdefault(kind.topic, kind) is not kind:
                raise TypeError(f"two events are called {kind.topic}")
    yield from (found[topic] for topic in sorted(found))
