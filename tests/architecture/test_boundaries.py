"""Words of one layer that must not be heard in another."""

import ast
import re
from http import HTTPStatus

import pytest

from tests.architecture.source import ROOT, SRC, calls, parsed, python, where

STATUSES = {int(status) for status in HTTPStatus}
AMBIENT = {
    "commands/processes.py": "a child gets what its parent got",
    "platform/embedded/runfolder.py": "the system says where a user's sockets may live",
    "platform/logs.py": "a line of a log names the request it belongs to; nothing decides by it",
}
"""Who may look around instead of being given what it needs, and why. Entries only leave."""
UNFINISHED = re.compile(r"NotImplementedError|\b(?:TODO|FIXME|XXX|HACK)\b")
SWITCHED_OFF = {"skip", "skipif", "xfail", "importorskip"}


def speaks_http(file):
    """The edge, and a context's table of routes."""
    parts = file.relative_to(SRC).parts
    return parts[0] == "edge" or parts[1:] == ("rest.py",)


def status_numbers(tree):
    """Numbers that are told to be statuses: by keyword, by name, by comparison."""
    for node in ast.walk(tree):
        match node:
            case ast.keyword(arg=str(name), value=ast.Constant(value=int(number))):
                named = name
            case ast.Assign(targets=[ast.Name(id=named), *_], value=ast.Constant(value=number)):
                pass
            case ast.Compare(left=left, comparators=[ast.Constant(value=number), *_]):
                named = ast.unparse(left)
            case ast.ImportFrom(names=names) if any(n.name == "HTTPStatus" for n in names):
                yield node
                continue
            case _:
                continue
        if "status" in named.lower() and number in STATUSES:
            yield node


def test_no_status_number_outside_the_edge():
    """A refusal has a kind; each edge owns one table from kinds to its own numbers."""
    found = [
        where(file, node)
        for file in python("src")
        if not speaks_http(file)
        for node in status_numbers(parsed(file))
    ]
    assert found == []


def test_a_table_of_routes_decides_nothing():
    """Edges of a context are tables: no branch, no loop, no function of their own."""
    deciding = (ast.If, ast.For, ast.While, ast.Try, ast.FunctionDef, ast.AsyncFunctionDef)
    found = [
        where(file, node)
        for file in python("src")
        if file.stem in {"rest", "graphql", "grpc"} and file.parent.parent == SRC
        for node in ast.walk(parsed(file))
        if isinstance(node, deciding)
    ]
    assert found == []


def looks_around(node):
    """At the environment, at a variable of the context, at a global that changes."""
    return (
        (isinstance(node, ast.Attribute) and node.attr in {"environ", "getenv"})
        or (isinstance(node, ast.Name) and node.id == "ContextVar")
        or isinstance(node, ast.Global)
    )


def test_what_a_part_needs_it_is_given():
    """No ambient state; the environment is read once, by the settings."""
    looking = {
        str(file.relative_to(SRC))
        for file in python("src")
        if file.relative_to(SRC).parts[0] not in {"settings.py", "settings"}
        if any(looks_around(node) for node in ast.walk(parsed(file)))
    }
    assert looking == set(AMBIENT)


@pytest.mark.parametrize("file", python("src", "tools", "bench"), ids=where)
def test_nothing_says_it_is_unfinished(file):
    assert UNFINISHED.findall(file.read_text(encoding="utf-8")) == []


def test_no_test_is_switched_off():
    found = [
        where(file, node)
        for file in python("tests")
        for node in ast.walk(parsed(file))
        if isinstance(node, ast.Attribute)
        and node.attr in SWITCHED_OFF
        and ast.unparse(node).startswith("pytest.")
    ]
    assert found == []


def test_tests_end_only_processes_they_started():
    found = [
        where(file, call)
        for file in python("tests", "tools", "bench")
        for call, _ in calls(parsed(file))
        for each in call.args
        if re.search(r"\b(?:pkill|killall)\b", ast.unparse(each)) and file.parent != ROOT
        if file.name != "test_boundaries.py"
    ]
    assert found == []


def test_tests_mirror_the_tree():
    """tests/posts is about src/plaza/posts; the other folders are kinds of tests."""
    kinds = {"architecture", "contract", "acceptance", "e2e", "faults", "peers", "tools", "vectors"}
    folders = {each.name for each in (ROOT / "tests").iterdir() if each.is_dir()}
    mirrored = {each.name for each in SRC.iterdir()} | {each.stem for each in SRC.iterdir()}
    assert folders - kinds - mirrored - {"__pycache__"} == set()
