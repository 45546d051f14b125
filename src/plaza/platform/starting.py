"""Why Plaza does not start, told to whoever started it."""

import shutil
import sys
from pathlib import Path


class CannotStart(Exception):
    """Its text is one plain sentence: what is wrong and what to do; it is shown without a trace."""


def typed() -> str:
    """What a person types for `plaza`: the way it was started by, where PATH does not know it."""
    started = sys.argv[0]
    if Path(started).name == "plaza" and shutil.which("plaza") is None:
        return started
    return "plaza"
