"""Documents that lie are worse than none."""

import re
from pathlib import Path

import pytest

from tests.architecture.source import ROOT, SRC, contexts
from tools.atlas import BLOCK, BLOCKS
from tools.tracked import tracked

PAGES = [ROOT / file for file in tracked() if file.suffix == ".md"]
LINK = re.compile(r"\[[^\]]+\]\(([^)\s]+)\)")
HEADING = re.compile(r"^#+ +(.+)$", re.MULTILINE)
FENCE = re.compile(r"^```.*?^```", re.MULTILINE | re.DOTALL)
QUOTED = re.compile(r"`([^`\n]+)`")

MAP = ROOT / "ARCHITECTURE.md"
PAGE_LINES = 150
DECISIONS = ROOT / "docs" / "decisions"


def shown(page: Path) -> str:
    return str(page.relative_to(ROOT))


def anchors(page):
    """The ids a forge makes of headings."""
    text = FENCE.sub("", page.read_text(encoding="utf-8"))
    plain = (re.sub(r"[^\w\- ]", "", heading.lower()) for heading in HEADING.findall(text))
    return {heading.strip().replace(" ", "-") for heading in plain}


@pytest.mark.parametrize("page", PAGES, ids=shown)
def test_links_lead_somewhere(page):
    broken = []
    for link in LINK.findall(FENCE.sub("", page.read_text(encoding="utf-8"))):
        path, _, anchor = link.partition("#")
        if re.match(r"[a-z]+:", link):
            continue
        target = (page.parent / path).resolve() if path else page
        if not target.exists() or (anchor and anchor not in anchors(target)):
            broken.append(link)
    assert broken == []


def named_in_the_map():
    """What stands in back-quotes outside the drawn blocks and looks like a file or folder."""
    for word in QUOTED.findall(BLOCK.sub("", MAP.read_text(encoding="utf-8"))):
        if "/" in word or word.endswith((".py", ".md", ".sql", ".toml", ".yaml", ".graphql")):
            yield word


def test_everything_on_the_map_exists():
    missing = [
        word
        for word in named_in_the_map()
        if not any(
            (place / word).exists()
            for place in (ROOT, SRC, *(SRC / context for context in contexts()))
        )
    ]
    assert missing == []


def test_the_map_has_every_block_the_tree_can_draw():
    assert set(re.findall(r"<!-- begin: (\w+) -->", MAP.read_text(encoding="utf-8"))) == set(BLOCKS)


def test_every_folder_at_the_root_is_on_the_map():
    text = MAP.read_text(encoding="utf-8")
    folders = {file.parts[0] for file in tracked() if len(file.parts) > 1}
    assert {each for each in folders if f"`{each}/" not in text} == set()


def test_the_map_fits_on_a_page():
    assert len(MAP.read_text(encoding="utf-8").splitlines()) <= PAGE_LINES


def test_decisions_are_numbered_without_a_gap_and_listed():
    pages = sorted(DECISIONS.glob("[0-9]*.md"))
    assert [int(page.name[:4]) for page in pages] == list(range(1, len(pages) + 1))
    index = (DECISIONS / "README.md").read_text(encoding="utf-8")
    assert [page.name for page in pages if f"({page.name})" not in index] == []


def test_every_decision_has_the_same_four_parts():
    for page in sorted(DECISIONS.glob("[0-9]*.md")):
        headings = HEADING.findall(page.read_text(encoding="utf-8"))
        assert headings[1:] == ["Why", "What", "What it costs", "What would change it"], page.name
