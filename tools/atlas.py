"""The parts of ARCHITECTURE.md that the tree itself knows; `make generate` draws them.

A block stands between `<!-- begin: name -->` and `<!-- end -->`; everything around it is written
by hand.
"""

import ast
import re
from collections.abc import Callable, Iterator
from pathlib import Path

from tools.tracked import ROOT

PAGE = ROOT / "ARCHITECTURE.md"
SRC = ROOT / "src" / "plaza"
BLOCK = re.compile(r"(<!-- begin: (\w+) -->\n).*?(<!-- end -->)", re.DOTALL)


def sentence(file: Path) -> str:
    """The first line of a module's docstring; empty where there is none."""
    described = ast.get_docstring(ast.parse(file.read_text(encoding="utf-8"))) or ""
    return described.partition("\n")[0]


def contexts() -> list[Path]:
    """The packages with an api, by name."""
    return [
        folder
        for folder in sorted(SRC.iterdir())
        if (folder / "api.py").is_file() or (folder / "api").is_dir()
    ]


def modules(folder: Path) -> list[Path]:
    """Files and packages in a folder, by name."""
    files = [each for each in folder.glob("*.py") if each.stem != "__init__"]
    packages = [each.parent for each in folder.glob("*/__init__.py")]
    return sorted([*files, *packages], key=lambda each: each.stem)


def rows(folder: Path) -> Iterator[str]:
    """A module with its sentence; a package with its sentence and what is in it."""
    yield "| | |"
    yield "|---|---|"
    for module in modules(folder):
        if module.is_dir():
            inside = ", ".join(f"`{each.stem}`" for each in modules(module))
            words = f"{sentence(module / '__init__.py')} {inside}".strip()
            yield f"| `{module.name}/` | {words} |"
        else:
            yield f"| `{module.name}` | {sentence(module)} |"


def context_rows() -> Iterator[str]:
    yield "| context | what it is for | operations |"
    yield "|---|---|---|"
    for folder in contexts():
        yield f"| `{folder.name}` | {sentence(folder / '__init__.py')} | {operations(folder)} |"


def root_rows() -> Iterator[str]:
    """What starts and wires: the modules beside the contexts."""
    yield "| | |"
    yield "|---|---|"
    known = {"edge", "platform", *(folder.name for folder in contexts())}
    for module in modules(SRC):
        if module.stem not in known:
            file = module / "__init__.py" if module.is_dir() else module
            yield f"| `{module.name}{'/' if module.is_dir() else ''}` | {sentence(file)} |"


def operations(folder: Path) -> int:
    files = [*folder.glob("api.py"), *folder.glob("api/*.py")]
    return sum(each.read_text(encoding="utf-8").count("    @operation(") for each in files)


def counts() -> Iterator[str]:
    statements = sum(each.read_text().count("-- name: ") for each in SRC.rglob("*.sql"))
    ups = len(list((ROOT / "migrations").glob("*.up.sql")))
    pages = len(list((ROOT / "docs" / "decisions").glob("[0-9]*.md")))
    yield (
        f"Today: {len(contexts())} contexts with {sum(map(operations, contexts()))} operations, "
        f"{statements} named statements, {ups} migrations, {pages} decisions."
    )


BLOCKS: dict[str, Callable[[], Iterator[str]]] = {
    "contexts": context_rows,
    "counts": counts,
    "edge": lambda: rows(SRC / "edge"),
    "platform": lambda: rows(SRC / "platform"),
    "root": root_rows,
}


def drawn(text: str) -> str:
    """The page with every block as the tree is now. Raises KeyError for a block nobody draws."""
    return BLOCK.sub(lambda found: found[1] + "\n".join(BLOCKS[found[2]]()) + "\n" + found[3], text)
