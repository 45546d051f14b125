"""The code as data, for the rules in this folder."""

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[2]
SRC = ROOT / "src" / "plaza"
CODE = ("src", "tools", "tests", "bench")


@cache
def parsed(file: Path) -> ast.Module:
    return ast.parse(file.read_text(encoding="utf-8"), str(file))


def python(*folders: str) -> list[Path]:
    """Every Python file below these folders of the root, sorted."""
    found = [file for folder in folders for file in (ROOT / folder).rglob("*.py")]
    return sorted(file for file in found if "__pycache__" not in file.parts)


def contexts() -> list[str]:
    """A context is a package with an api."""
    return sorted(
        folder.name
        for folder in SRC.iterdir()
        if (folder / "api.py").exists() or (folder / "api" / "__init__.py").exists()
    )


def where(file: Path, node: ast.AST | None = None) -> str:
    """`path:line` as an editor opens it."""
    line = getattr(node, "lineno", None)
    return f"{file.relative_to(ROOT)}" + (f":{line}" if line else "")


def functions(tree: ast.Module) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node


def calls(tree: ast.AST) -> Iterator[tuple[ast.Call, str]]:
    """Every call, with the last part of the name that is called."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            called = node.func
            if isinstance(called, ast.Attribute):
                yield node, called.attr
            elif isinstance(called, ast.Name):
                yield node, called.id
