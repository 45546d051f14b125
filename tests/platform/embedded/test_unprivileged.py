"""Root starts PostgreSQL as somebody else; what that one cannot reach is named."""

import os

import pytest

from plaza.platform.embedded.unprivileged import Unprivileged
from plaza.platform.starting import CannotStart

STRANGER = Unprivileged(user=os.geteuid() + 1)
REMEDY = "set PLAZA_DATA_DIR to another folder"


@pytest.fixture
def ada(open_folder, monkeypatch):
    """Her folder; root asks whether the server may pass it."""
    folder = open_folder / "ada"
    folder.mkdir(exist_ok=True)
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    return folder


def test_a_closed_folder_above_is_named_with_the_ways_out(ada):
    ada.chmod(0o700)
    with pytest.raises(CannotStart, match=rf"may not enter {ada}: .*PLAZA_DATA_DIR.*DATABASE_URL"):
        STRANGER.require_way_to(ada / "data", REMEDY)


def test_a_folder_that_may_be_passed_is_enough(ada):
    ada.chmod(0o711)
    STRANGER.require_way_to(ada / "data", REMEDY)


def test_its_owner_may_enter_a_closed_folder(ada):
    ada.chmod(0o700)
    Unprivileged(user=ada.stat().st_uid).require_way_to(ada / "data", REMEDY)


def test_what_is_not_made_yet_is_in_nobodys_way(ada):
    ada.chmod(0o755)
    STRANGER.require_way_to(ada / "not" / "yet" / "data", REMEDY)


def test_an_ordinary_user_is_let_be(ada, monkeypatch):
    ada.chmod(0o600)
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    Unprivileged().require_way_to(ada / "data", REMEDY)
