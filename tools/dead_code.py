"""No function, class or method that nothing names, and no line that cannot be reached.

Data is left out: a field of a Struct is read by name, far from where it is declared. Imports,
variables and arguments are ruff's. What only a test names counts as alive here, and is not:
`tests` are read for tools and for themselves only.
"""

import re
import sys
from collections.abc import Iterator
from pathlib import Path

from vulture.core import Vulture

from tools.tracked import ROOT

KINDS = {"class", "function", "method", "property", "unreachable_code"}

COMMANDS = ["@app.command", "@app.default"]
"""Typed by people."""

CALLED_FROM_OUTSIDE = {
    "ContextFaces": "import-linter finds it by the name in pyproject.toml",
    "EdgesOnly": "import-linter finds it by the name in pyproject.toml",
    "capture_signals": "uvicorn calls it",
    "get_alg": "joserfc calls it",
    "ignore_aliases": "yaml calls it",
    "remote": "a process calls it for a context it does not run; so far every process runs all",
    "render_broken_contract": "import-linter calls it",
    "send_400_response": "uvicorn calls it",
    "work_off": "tests do all that is due and stop; run() does it for ever",
}
"""Names others call, with who does; one that is not needed any more fails."""


NAMED = re.compile(r"\"plaza[\w.]*:(\w+)\"")
"""`module:name` in words: the command line and the web processes load what it names."""


def named_in_words() -> set[str]:
    return {
        name
        for file in (ROOT / "src").rglob("*.py")
        for name in NAMED.findall(file.read_text(encoding="utf-8"))
    }


def unused() -> Iterator[tuple[str, str]]:
    """Name and place of what src and tools declare and nothing there names."""
    vulture = Vulture(ignore_decorators=COMMANDS)
    vulture.scavenge([str(ROOT / "src"), str(ROOT / "tools")])
    for item in vulture.get_unused_code(min_confidence=60):
        if item.typ in KINDS:
            place = Path(item.filename).relative_to(ROOT)
            yield item.name, f"{place}:{item.first_lineno} {item.typ} {item.name}"


def findings() -> list[str]:
    spoken = named_in_words()
    found = [(name, place) for name, place in unused() if name not in spoken]
    dead = [place for name, place in found if name not in CALLED_FROM_OUTSIDE]
    needless = CALLED_FROM_OUTSIDE.keys() - {name for name, _ in found}
    return dead + [f"tools/dead_code.py need not excuse {name}" for name in sorted(needless)]


if __name__ == "__main__":
    found = findings()
    print("\n".join(found))
    sys.exit(1 if found else 0)
