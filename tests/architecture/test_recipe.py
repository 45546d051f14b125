"""docs/adding-an-operation.md shows lines that stand in the code, and leaves out no edge."""

import re

import pytest

from tests.architecture.source import ROOT

PAGE = ROOT / "docs" / "adding-an-operation.md"
SHOWN = re.compile(r"^```\w+ (\S+)\n(.*?)^```", re.MULTILINE | re.DOTALL)
GAP = "..."
PLACES = {
    "posts.py",
    "rest.py",
    "graphql.py",
    "grpc.py",
    "service.py",
    "queries.sql",
    "queries.py",
    "schema.graphql",
    "posts.proto",
    "test_service.py",
}
EXCERPTS = SHOWN.findall(PAGE.read_text(encoding="utf-8")) if PAGE.exists() else []


def runs(excerpt):
    """The lines of an excerpt, cut where it says that it leaves something out."""
    run = []
    for line in excerpt.splitlines():
        if line.strip() == GAP:
            yield run
            run = []
        elif line.strip():
            run.append(line.strip())
    yield run


@pytest.mark.parametrize(("file", "excerpt"), EXCERPTS, ids=[file for file, _ in EXCERPTS])
def test_every_line_shown_stands_in_the_file(file, excerpt):
    lines = [line.strip() for line in (ROOT / file).read_text(encoding="utf-8").splitlines()]
    lines = [line for line in lines if line]
    at = 0
    for run in filter(None, runs(excerpt)):
        starts = [i for i in range(at, len(lines)) if lines[i : i + len(run)] == run]
        assert starts, f"{file} does not say\n" + "\n".join(run)
        at = starts[0] + len(run)


def test_every_place_an_operation_needs_is_shown():
    assert PLACES - {file.rpartition("/")[2] for file, _ in EXCERPTS} == set()
