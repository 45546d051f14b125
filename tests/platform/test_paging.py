"""A cursor is a place in a list, and may know which."""

from uuid import UUID, uuid4

import pytest

from plaza.platform.paging import after, cursor_of
from plaza.platform.problems import Invalid

MARK = b"tagged a"
NIL = UUID(int=0)


def test_a_cursor_says_where_it_was_made():
    place = uuid4()
    assert after(cursor_of(place)) == place
    assert after(cursor_of(place, MARK), MARK) == place
    assert after(None, MARK) is None


def test_a_place_without_a_mark_is_one_in_every_list():
    place = uuid4()
    assert after(cursor_of(place), MARK) == place


@pytest.mark.parametrize(
    "cursor",
    [cursor_of(NIL, MARK), cursor_of(NIL, b"tagged b"), cursor_of(NIL)[:-3], "abc"],
)
def test_what_is_of_another_list_or_of_none_is_refused(cursor):
    with pytest.raises(Invalid) as refused:
        after(cursor, b"tagged c")
    assert [each.pointer for each in refused.value.errors] == ["/cursor"]
