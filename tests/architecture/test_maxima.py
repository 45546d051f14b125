"""Nothing grows past what one can hold in one's head."""

import ast

from tests.architecture.source import CODE, ROOT, functions, parsed, python, where

FILE_LINES = 400
FUNCTION_LINES = 50
CONSTRUCTOR_PARAMETERS = 5

EXCEPTIONS: dict[str, int] = {}
"""`path` or `path::function` and its lines today. Entries leave or shrink; none is added."""


def measured() -> dict[str, int]:
    """What is over a maximum, and how long it is."""
    over = {}
    for file in python(*CODE):
        name = str(file.relative_to(ROOT))
        lines = len(file.read_text(encoding="utf-8").splitlines())
        if lines > FILE_LINES:
            over[name] = lines
        for function in functions(parsed(file)):
            length = (function.end_lineno or function.lineno) - function.lineno + 1
            if length > FUNCTION_LINES:
                over[f"{name}::{function.name}"] = length
    return over


def test_a_verb_that_grows_gets_its_own_file():
    over = measured()
    assert {name: lines for name, lines in over.items() if lines > EXCEPTIONS.get(name, 0)} == {}


def test_exceptions_only_shrink():
    over = measured()
    assert {name: over.get(name) for name in EXCEPTIONS} == EXCEPTIONS


def test_who_needs_more_than_five_things_to_be_built_is_two():
    greedy = []
    for file in python("src"):
        for function in functions(parsed(file)):
            arguments = function.args
            taken = [*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs]
            if function.name == "__init__" and len(taken) - 1 > CONSTRUCTOR_PARAMETERS:
                greedy.append(where(file, function))
    assert greedy == []


def test_no_module_is_a_drawer_for_everything():
    """Name it by noun (paging, money), never by shape."""
    drawers = {"util", "utils", "common", "helper", "helpers", "misc", "shared", "lib"}
    found = [
        where(file)
        for file in python(*CODE)
        if drawers & {file.stem, *file.relative_to(ROOT).parts}
    ]
    assert found == []


def test_every_module_parses_for_the_oldest_python_we_promise():
    for file in python(*CODE):
        ast.parse(file.read_text(encoding="utf-8"), str(file), feature_version=(3, 11))
