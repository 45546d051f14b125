"""The picture in the README shows what stands, and nothing else."""

import re
import tomllib
from xml.etree import ElementTree as ET

from tests.architecture.source import ROOT, SRC, contexts

PICTURE = ROOT / "docs" / "architecture.svg"
SVG = "{http://www.w3.org/2000/svg}"
DRAWN = re.compile(r"!\[([^\]]+)\]\(docs/architecture\.svg\)")


def parts():
    """What is drawn, by the path it stands for: its name, and how far down it is."""
    found = {}
    for group in ET.parse(PICTURE).iter(f"{SVG}g"):  # noqa: S314  # our own file
        names = [each.text for each in group.iter() if each.get("class") == "name"]
        rect = group.find(f"{SVG}rect")
        found[group.get("data-path")] = (names, float(rect.get("y")))
    return found


def drawn_contexts():
    """By name, those above first."""
    inside = {ROOT / path: drawn for path, drawn in parts().items()}
    found = {path.name: inside[path][1] for path in inside if path.parent == SRC and path.is_dir()}
    return sorted(found, key=found.get)


def layers():
    """The contexts in the order of their layers, the highest first."""
    told = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    (first, *_) = told["tool"]["importlinter"]["contracts"]
    return [name for layer in first["layers"] for name in re.findall(r"\w+", layer)]


def test_everything_on_it_exists():
    assert [path for path in parts() if not (ROOT / path).exists()] == []


def test_every_context_is_on_it_under_its_name_where_its_layer_is():
    drawn = drawn_contexts()
    assert set(drawn) == set(contexts())
    assert drawn == [name for name in layers() if name in drawn]
    assert [parts()[f"src/plaza/{name}"][0] for name in drawn] == [[name] for name in drawn]


def test_every_protocol_and_every_server_is_on_it():
    edge, embedded = SRC / "edge", SRC / "platform" / "embedded"
    protocols = [each for each in edge.iterdir() if (each / "__init__.py").exists()]
    servers = [embedded / f"{name}.py" for name in ("postgres", "nats", "valkey")]
    missing = {each.relative_to(ROOT).as_posix() for each in (*protocols, *servers)} - set(parts())
    assert missing == set()


def test_who_cannot_see_it_is_told_the_same():
    (told,) = DRAWN.findall((ROOT / "README.md").read_text(encoding="utf-8"))
    named = [*contexts(), "REST", "GraphQL", "gRPC", "PostgreSQL", "NATS JetStream", "Valkey"]
    assert [name for name in named if name not in told.replace("\n", " ")] == []


def test_it_can_be_read_by_day_and_by_night_and_loads_nothing():
    text = PICTURE.read_text(encoding="utf-8")
    assert "prefers-color-scheme: dark" in text
    assert re.findall(r"(?:href|src)=|url\((?!#)|@import|<script", text) == []
