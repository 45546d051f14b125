"""A change of the code is seen once."""

import os

import pytest

from plaza.commands.watch import Watch


@pytest.fixture
def code(tmp_path):
    (tmp_path / "posts").mkdir()
    (tmp_path / "posts" / "service.py").write_text("")
    return tmp_path


def test_nothing_changed(code):
    assert not Watch(code).changed()


@pytest.mark.parametrize(
    "change",
    [
        lambda code: os.utime(code / "posts" / "service.py", (1, 1)),
        lambda code: (code / "posts" / "queries.sql").touch(),
        lambda code: (code / "posts" / "service.py").unlink(),
    ],
    ids=["edited", "added", "removed"],
)
def test_a_change_is_told_once(code, change):
    watch = Watch(code)
    change(code)
    assert watch.changed()
    assert not watch.changed()


def test_what_is_not_code_does_not_count(code):
    watch = Watch(code)
    (code / "posts" / "service.cpython-311.pyc").touch()
    assert not watch.changed()
