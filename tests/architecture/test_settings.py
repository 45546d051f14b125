"""Every setting is told where people look for it."""

import pytest

from plaza.commands.settings import dotenv, page
from plaza.settings import table
from tests.architecture.source import ROOT


@pytest.mark.parametrize("setting", table(), ids=lambda each: each.field)
def test_a_setting_says_in_a_sentence_what_it_does(setting):
    assert setting.sentence.endswith(".")


@pytest.mark.parametrize(
    ("file", "made"),
    [("docs/settings.md", page), (".env.example", dotenv)],
    ids=["page", "example"],
)
def test_the_pages_are_made_from_the_table(file, made):
    """`make generate` makes them."""
    assert (ROOT / file).read_text(encoding="utf-8") == made()
