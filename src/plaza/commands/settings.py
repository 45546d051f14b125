"""`plaza settings`: the table as it is in force, and as the pages made from it."""

import sys

from cyclopts import App
from rich.console import Console
from rich.table import Table
from rich.text import Text

from plaza.platform.starting import CannotStart
from plaza.settings import PREFIX, Setting, Settings, load, table

app = App(name="settings")

PAGE = """\
# Settings

Each is read from the environment, or from a file `.env` in the folder where Plaza is started; the
environment goes first. Every name may be written with `{prefix}` before it, and then wins; those
shown with it are read only so. An unknown `{prefix}*` refuses to start. An empty value counts as
none.

This page is made from the table in `src/plaza/settings.py` by `make generate`.

| name | default | what it does |
|---|---|---|
"""


@app.default
def show() -> None:
    """Show every setting with its default, and what it is set to; secrets are hidden."""
    refused: CannotStart | None = None
    settings = Settings()
    try:
        settings = load()
    except CannotStart as reason:
        refused = reason  # told at the end: who is refused wants to see what there is
    shown = Table("name", "default", "set to", "what it does")
    for setting in table():
        value = _set(setting, settings)
        shown.add_row(setting.names[0], str(setting.default), value, setting.sentence)
    Console().print(shown)
    if refused:
        raise refused


def _set(setting: Setting, settings: Settings) -> Text:
    value = getattr(settings, setting.field)
    if value == setting.default:
        return Text("")
    return Text("(hidden)" if setting.secret else str(value), style="bold")


@app.command
def docs() -> None:
    """Print docs/settings.md."""
    sys.stdout.write(page())


@app.command
def example() -> None:
    """Print .env.example."""
    sys.stdout.write(dotenv())


def page() -> str:
    rows = (
        f"| `{setting.names[0]}` | {_default(setting)} | {setting.sentence} |\n"
        for setting in table()
    )
    return PAGE.format(prefix=PREFIX) + "".join(rows)


def dotenv() -> str:
    rows = (
        f"\n# {setting.sentence}\n#{setting.names[0]}={setting.default}\n" for setting in table()
    )
    return "# Copy to .env and change what you need; see docs/settings.md.\n" + "".join(rows)


def _default(setting: Setting) -> str:
    return f"`{setting.default}`" if setting.default != "" else ""
