"""`plaza --help` tells what each command does, and loads none."""

import subprocess
import sys

import pytest

from plaza.cli import COMMANDS, app, name_of

LOADED = """
import sys
from plaza.cli import app
app(["--help"], result_action="return_value")
print([each for each in sys.modules if each.startswith("plaza.commands")])
"""


def test_every_command_is_named_with_what_it_does():
    ran = subprocess.run([sys.executable, "-c", LOADED], capture_output=True, text=True, check=True)
    for path, does in COMMANDS.items():
        (line,) = [each for each in ran.stdout.splitlines() if does in each]
        assert name_of(path) in line
    assert ran.stdout.splitlines()[-1] == "[]"


@pytest.mark.parametrize("path", COMMANDS)
def test_a_command_says_the_same_of_itself(path, capsys):
    app([name_of(path), "--help"], result_action="return_value")
    assert COMMANDS[path] in capsys.readouterr().out
