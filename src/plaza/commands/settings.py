"""`plaza settings`: the table as it is in force, and as the pages made from it."""

import sys

from cyclopts import App
from rich.console import Console
from rich.table import Table

from plaza.settings import PREFIX, Setting, load, table

app = App(name="settings", help="Show the settings in force.")

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
    """Show every setting with its value; secrets are hidden."""
    settings = load()
    shown = Table("name", "value", "what it does")
    for setting in table():
        value = getattr(settings, setting.field)
        hidden = setting.secret and value
        shown.add_row(setting.names[0], "(hidden)" if hidden else str(value), setting.sentence)
    Console().print(shown)


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
