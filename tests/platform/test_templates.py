"""A text with gaps is filled, whole, and cannot be broken by what fills it."""

import pytest
from jinja2 import UndefinedError

from plaza.platform.templates import Templates


@pytest.fixture
def templates(tmp_path):
    for name in ("letter.txt", "letter.html"):
        (tmp_path / name).write_text("Hello {{ name }}!\n", encoding="utf-8")
    return Templates(tmp_path)


def test_only_html_is_escaped(templates):
    assert templates.render("letter.txt", name="<ada> & bob") == "Hello <ada> & bob!\n"
    assert templates.render("letter.html", name="<ada>") == "Hello &lt;ada&gt;!\n"


def test_a_gap_that_stays_open_is_a_mistake(templates):
    with pytest.raises(UndefinedError):
        templates.render("letter.txt")
