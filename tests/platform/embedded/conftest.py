"""A folder whose path is short and that every user may pass, unlike pytest's own."""

import shutil
import tempfile
from pathlib import Path

import pytest


@pytest.fixture(scope="module")
def open_folder():
    made = Path(tempfile.mkdtemp(prefix="plaza-open-"))
    made.chmod(0o711)
    yield made
    shutil.rmtree(made)
