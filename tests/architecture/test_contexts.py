"""Every context has the same face, the same files and a schema of its own."""

import re
import tomllib

import pytest

from tests.architecture.source import ROOT, SRC, calls, contexts, parsed, python, where

AGREED = {
    "__init__.py": "one sentence: what it is for",
    "api.py": "what others may ask; a package with one Protocol per noun when there are several",
    "model.py": "nouns, and the rules that need no database",
    "events.py": "what it announces",
    "problems.py": "why it says no",
    "queries.sql": "every statement",
    "queries.py": "their typed face",
    "service.py": "the verbs; a package when they are many",
    "reactions.py": "what it does about others' events",
    "seeding.py": "how made-up rows get into its tables",
    "rest.py": "its routes",
    "graphql.py": "its fields",
    "grpc.py": "its methods",
    "realtime.py": "its live messages",
}
PACKAGES = {"api", "queries", "service", "reactions"}
NEEDED = {"__init__.py", "api.py", "model.py", "service.py"}

VERBS = {"feed": {"timelines.py", "timelines.lua"}}
"""Per context, what grew files of its own: the feed asks Valkey, as others ask Postgres."""

SCHEMA = re.compile(r"create schema (?:if not exists )?([a-z_]+)")
NAMES = re.compile(r"\b(?:from|join|into|update)\s+(?:only\s+)?([a-z_]+)\b(?!\s*[.(])")
NO_NAMES = {"lateral", "nowait", "of", "set", "skip"}
"""What may follow `for update` and `do update`."""
MADE = re.compile(
    r"(?:with|,|recursive)\s+([a-z_]+)\s*(?:\([^)]*\))?\s+as\s+(?:materialized\s+)?\("
)
COMMENT = re.compile(r"--[^\n]*")


def sql_of(file):
    """Without comments and texts, in small letters."""
    return re.sub(r"'[^']*'", "''", COMMENT.sub("", file.read_text(encoding="utf-8"))).lower()


def schemas():
    """Those that migrations make."""
    files = sorted((ROOT / "migrations").glob("*.up.sql"))
    return {name for file in files for name in SCHEMA.findall(sql_of(file))} | {"platform"}


def named_in(text):
    return {name for name in schemas() if re.search(rf"\b{name}\.[a-z_]", text)}


@pytest.mark.parametrize("context", contexts())
def test_a_context_has_the_agreed_files_and_no_other(context):
    present = {each.name for each in (SRC / context).iterdir() if each.name != "__pycache__"}
    extra = present - AGREED.keys() - PACKAGES - VERBS.get(context, set())
    missing = {name for name in NEEDED - present if name.removesuffix(".py") not in present}
    assert (extra, missing) == (set(), set())
    assert ("queries.sql" in present) == any(name.startswith("queries") for name in present)
    assert (SRC / context / "__init__.py").read_text(encoding="utf-8").startswith('"""')


@pytest.mark.parametrize("context", contexts())
def test_its_sql_names_its_own_schema_and_nobody_elses(context):
    for file in sorted((SRC / context).rglob("*.sql")):
        assert named_in(sql_of(file)) <= {context}, where(file)


@pytest.mark.parametrize("context", contexts())
def test_its_sql_names_the_schema_of_every_table(context):
    """What has no schema is a set made in the statement, or the writer's `fresh`."""
    for file in sorted((SRC / context).rglob("*.sql")):
        text = sql_of(file)
        made = {*MADE.findall(text), *NO_NAMES, "fresh"}
        assert set(NAMES.findall(text)) <= made, where(file)


@pytest.mark.parametrize("context", [c for c in contexts() if (SRC / c / "events.py").exists()])
def test_its_events_are_named_after_it(context):
    events = SRC / context / "events.py"
    topics = re.findall(
        r'^    topic = "([^"]+)"$', events.read_text(encoding="utf-8"), re.MULTILINE
    )
    assert topics
    assert [topic for topic in topics if not topic.startswith(f"{context}.")] == []


def test_migrations_do_not_cross_schemas():
    """No table of one schema refers to another's: each may have its own database one day."""
    for file in sorted((ROOT / "migrations").glob("*.sql")):
        for statement in sql_of(file).split(";"):
            assert len(named_in(statement)) <= 1, where(file)


def test_migrations_go_up_and_down_without_a_gap():
    ups = sorted(each.name[: -len(".up.sql")] for each in (ROOT / "migrations").glob("*.up.sql"))
    downs = sorted(
        each.name[: -len(".down.sql")] for each in (ROOT / "migrations").glob("*.down.sql")
    )
    assert ups == downs
    assert [int(name[:4]) for name in ups] == list(range(1, len(ups) + 1))


def test_transactions_are_opened_by_decisions():
    """One method, one decision, one transaction: in a service, a reaction or the platform.

    Demo data is one decision, too.
    """
    opened = [
        where(file, call)
        for file in python("src")
        if file.relative_to(SRC).parts[0] != "platform"
        and not {"service", "reactions", "seeding"} & {file.stem, file.parent.name}
        for call, name in calls(parsed(file))
        if name in {"transaction", "decide"}
    ]
    assert opened == []


def test_the_import_contracts_know_every_context():
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    contracts = settings["tool"]["importlinter"]["contracts"]
    inside = next(each for each in contracts if each["name"].startswith("Inside a context"))
    assert inside["containers"] == [f"plaza.{context}" for context in contexts()]
