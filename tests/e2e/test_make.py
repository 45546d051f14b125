"""`make run`: from a clone to a running Plaza, and back to nothing by Ctrl-C."""

import shutil
import signal
import sys

import pytest

from tests.e2e.running import DEADLINE, ROOT, plaza, using, wait_for

COPIED = ("Makefile", "pyproject.toml", "requirements.lock", "tools/venv.sh")


@pytest.fixture
def clone(home):
    """What make reads, without an environment."""
    for name in COPIED:
        target = home / name
        target.parent.mkdir(exist_ok=True)
        shutil.copy(ROOT / name, target)
    return home


@pytest.fixture
def installed(clone):
    """The same after the first `make run`, but with the tests' own application."""
    program = clone / ".venv" / "bin" / "plaza"
    program.parent.mkdir(parents=True)
    program.write_text(f"#!/bin/sh\nexec {' '.join(plaza())}\n")
    program.chmod(0o755)
    (clone / ".venv" / "requirements.installed").touch()
    return clone


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_make_takes_plaza_along(start, installed, number):
    ada = start(command=["make", "run"]).until_ready()
    if number is signal.SIGINT:
        ada.interrupt()
    else:
        ada.process.send_signal(number)
    ada.process.wait(DEADLINE)
    wait_for(lambda: using(installed) == [])
    assert "Plaza is stopping" in ada.output


def python(folder, name, words):
    program = folder / name
    program.write_text(f'#!/bin/sh\n{words}\nexec {sys.executable} "$@"\n')
    program.chmod(0o755)
    return program


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        ("exit 1", "Plaza needs Python 3.11 or newer"),
        ('case "$2" in *ensurepip*) exit 1; esac', "apt install python3-venv"),
    ],
    ids=["too old", "without venv"],
)
def test_a_python_that_will_not_do(start, clone, words, sentence):
    ada = start(command=["make", "run"], PYTHON=python(clone, "python3", words))
    assert ada.process.wait(DEADLINE) == 2
    assert sentence in ada.output
    assert "Traceback" not in ada.output
    assert not (clone / ".venv").exists()


@pytest.mark.parametrize(
    ("lock", "size"), [("requirements", "210 MB"), ("requirements-dev", "470 MB")]
)
def test_whoever_waits_for_the_environment_knows_for_what(start, clone, lock, size):
    (clone / f"{lock}.lock").touch()
    programs = clone / ".venv" / "bin"
    programs.mkdir(parents=True)
    python(programs, "python", "exit 0")  # installs nothing
    ada = start(command=["make", f".venv/{lock}.installed"])
    assert ada.process.wait(DEADLINE) == 0
    assert f"Installing {lock}.lock into .venv: about {size}" in ada.output


@pytest.mark.usefixtures("clone")
def test_help_names_every_target(start):
    ada = start(command=["make", "help"])
    assert ada.process.wait(DEADLINE) == 0
    for target in ("run", "dev", "check", "test", "generate", "clean"):
        assert f"\n  make {target} " in ada.output
