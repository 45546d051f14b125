"""What a clone must not hold: addresses, paths of somebody's machine, files nothing can read."""

import json
import re
import sys
import tomllib
from collections.abc import Callable, Iterator
from pathlib import Path

import yaml

from tools.tracked import text_of, tracked

LARGEST = 1_000_000
"""Bytes; what is larger belongs in a package or a release, not in every clone for ever."""

MACHINE = re.compile(r"(?<![\w.])/(?:home|Users|root|work|workspace|tmp)/[A-Za-z0-9_][\w.-]*")
CONFLICT = re.compile(r"^(?:<{7}|>{7}) ", re.MULTILINE)
ADDRESS = re.compile(r"\w://|--(?:extra-)?index-url|--find-links|--trusted-host|@ (?:git|file)\+?")
INDEX = re.compile(
    r"(?:index[_-]url|registry)[\"']?\s*[=:]\s*[\"']?https?:|(?:PIP|UV)_(?:EXTRA_)?INDEX[A-Z_]*="
)

PARSERS: dict[str, Callable[[str], object]] = {
    ".json": json.loads,
    ".toml": tomllib.loads,
    ".yaml": lambda text: list(yaml.safe_load_all(text)),
    ".yml": lambda text: list(yaml.safe_load_all(text)),
}


def faults(file: Path, text: str) -> Iterator[str]:
    for place in MACHINE.finditer(text):
        yield f"names a path of one machine: {place[0]}"
    if CONFLICT.search(text):
        yield "holds the marks of a merge that was not finished"
    if file.suffix == ".lock" and (found := ADDRESS.search(text)):
        yield f"a lock names packages and hashes, never an address: {found[0]}"
    if file.name == "package-lock.json" and '"resolved"' in text:
        yield "a lock names packages and hashes, never an address: resolved"
    if found := INDEX.search(text):
        yield f"names a package index; that is for each machine to say: {found[0]}"
    parse = PARSERS.get(file.suffix)
    if parse is not None:
        try:
            parse(text)
        except (ValueError, yaml.YAMLError) as error:
            yield f"cannot be read: {error}"


def findings() -> list[str]:
    found: list[str] = []
    for file in tracked():
        text = text_of(file)
        if text is not None:
            found += [f"{file} {fault}" for fault in faults(file, text)]
            if len(text) > LARGEST:
                found.append(f"{file} is larger than {LARGEST} bytes")
    return found


if __name__ == "__main__":
    found = findings()
    print("\n".join(found))
    sys.exit(1 if found else 0)
