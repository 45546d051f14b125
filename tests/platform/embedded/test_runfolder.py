"""Sockets live in a short folder that only we can enter."""

import os
import tempfile

import pytest

from plaza.platform.embedded.runfolder import LONGEST, run_folder


@pytest.fixture(autouse=True)
def places(tmp_path, monkeypatch):
    """The system's folder for such things, for this test."""
    short = tempfile.mkdtemp(prefix="ada-")
    monkeypatch.setenv("XDG_RUNTIME_DIR", short)
    return tmp_path


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
