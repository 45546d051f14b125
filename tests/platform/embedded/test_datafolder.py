"""One Plaza at a time in a data folder, and a plain sentence where it cannot work."""

import os
import subprocess
import sys

import pytest

from plaza.platform.embedded.datafolder import InUse, data_folder
from plaza.platform.starting import CannotStart

HOLD = """
import sys
from pathlib import Path
from plaza.platform.embedded.datafolder import data_folder
with data_folder(Path(sys.argv[1])):
    print("mine", flush=True)
    sys.stdin.read()
"""


def test_a_second_plaza_is_told_who_has_it(tmp_path):
    with (
        data_folder(tmp_path),
        pytest.raises(InUse, match=rf"{tmp_path} is in use .*process {os.getpid()}\)"),
        data_folder(tmp_path),
    ):
        raise AssertionError("both have it")


def test_it_is_free_again_after_the_block_and_after_a_crash(tmp_path):
    with data_folder(tmp_path):
        pass
    with subprocess.Popen(
        [sys.executable, "-c", HOLD, tmp_path], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as bob:
        assert bob.stdout.readline() == b"mine\n"
        with pytest.raises(InUse, match=str(bob.pid)), data_folder(tmp_path):
            raise AssertionError("both have it")
        bob.kill()
    with data_folder(tmp_path) as mine:
        assert mine == tmp_path


def test_it_is_made_with_the_folders_above(tmp_path):
    with data_folder(tmp_path / "home" / ".plaza") as mine:
        assert mine.is_dir()


def test_a_file_in_its_place_is_named(tmp_path):
    file = tmp_path / "file"
    file.touch()
    with pytest.raises(CannotStart, match=rf"cannot write to .*{file} \(.*PLAZA_DATA_DIR"):
        data_folder(file).__enter__()


def test_a_full_disk_is_told_before_anything_is_begun(tmp_path, monkeypatch):
    full = os.statvfs_result((4096, 4096, 1000, 10, 10, 0, 0, 0, 0, 255))
    monkeypatch.setattr(os, "statvfs", lambda _: full)
    with pytest.raises(CannotStart, match=rf"holds {tmp_path} is full.* 128 MB.* 0 MB are free"):
        data_folder(tmp_path).__enter__()
