"""Root starts PostgreSQL as somebody else; what that one cannot reach is named."""

import os

import pytest

from plaza.platform.embedded.unprivileged import Unprivileged, unprivileged
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


@pytest.fixture
def without_namespaces(monkeypatch):
    monkeypatch.setattr("shutil.which", lambda _: None)


def test_a_user_with_a_name_runs_it_as_it_is(monkeypatch):
    monkeypatch.setattr(os, "geteuid", lambda: 65534)
    assert unprivileged() == Unprivileged()


@pytest.mark.usefixtures("without_namespaces")
def test_root_becomes_nobody_where_there_are_no_namespaces(monkeypatch):
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    assert unprivileged() == Unprivileged(user=65534)


@pytest.mark.usefixtures("without_namespaces")
def test_a_user_without_a_name_is_told_what_to_do(monkeypatch):
    """As containers have them, started with any number for a user."""
    monkeypatch.setattr(os, "geteuid", lambda: 1_234_567)
    with pytest.raises(CannotStart, match=r"1234567 has no name .*passwd.*DATABASE_URL"):
        unprivileged()
