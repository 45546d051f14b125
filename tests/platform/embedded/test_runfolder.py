"""Sockets live in a short folder that only we can enter."""

import os
import shutil
import tempfile
from pathlib import Path

import pytest

from plaza.platform.embedded import runfolder
from plaza.platform.embedded.runfolder import LONGEST, run_folder, short_place
from plaza.platform.starting import CannotStart


@pytest.fixture(autouse=True)
def place(tmp_path, monkeypatch):
    """The system's folders for such things; pytest has chosen its own before."""
    assert tmp_path.is_dir()
    short = Path(tempfile.mkdtemp(prefix="ada-"))
    (short / "user").mkdir()
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(short / "user"))
    monkeypatch.setattr(tempfile, "tempdir", str(short))
    monkeypatch.setattr(runfolder, "SHARED", str(short))
    yield short
    monkeypatch.undo()
    shutil.rmtree(short)


@pytest.fixture
def data(tmp_path):
    deep = tmp_path.joinpath(*["a-long-name-of-a-folder"] * 8)
    deep.mkdir(parents=True)
    return deep


def test_it_is_short_and_private_wherever_the_data_is(data):
    folder = run_folder(data)
    assert len(os.fsencode(folder)) <= LONGEST
    assert folder.stat().st_mode & 0o777 == 0o700


def test_it_is_found_again_after_a_crash(data):
    folder = run_folder(data)
    (folder / "left-behind").touch()
    assert run_folder(data) == folder
    assert (data / "run").resolve() == folder


def test_two_data_folders_have_two(data, tmp_path):
    assert run_folder(data) != run_folder(tmp_path)


def test_one_that_others_can_enter_is_not_used(data):
    folder = run_folder(data)
    folder.chmod(0o777)
    other = run_folder(data)
    assert other != folder
    assert other.stat().st_mode & 0o777 == 0o700


def test_a_link_that_somebody_laid_is_not_followed(data, tmp_path):
    folder = run_folder(data)
    folder.rmdir()
    trap = tmp_path / "trap"
    trap.mkdir(mode=0o700)
    folder.symlink_to(trap)
    assert run_folder(data).resolve() != trap


def test_a_place_of_somebody_else_is_not_used(data, monkeypatch):
    """As sudo may leave it in the environment."""
    place = os.environ["XDG_RUNTIME_DIR"]
    theirs = os.stat_result((0o40700, 0, 0, 0, 12345, 12345, 0, 0, 0, 0))
    look = Path.stat
    monkeypatch.setattr(
        Path, "stat", lambda self, **how: theirs if str(self) == place else look(self, **how)
    )
    assert not run_folder(data).is_relative_to(place)


def test_nowhere_to_put_it_is_a_sentence(data, place):
    shutil.rmtree(place)
    place.touch()
    with pytest.raises(CannotStart, match=r"no folder for its sockets .*TMPDIR"):
        run_folder(data)
    place.unlink()
    place.mkdir()


def test_a_role_by_itself_finds_a_short_place_too(place, data, monkeypatch):
    assert short_place() == str(place)
    monkeypatch.setattr(tempfile, "tempdir", str(data))
    monkeypatch.setattr(runfolder, "SHARED", "/short")
    assert short_place() == "/short"
