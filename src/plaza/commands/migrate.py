"""`plaza migrate`: change the database's shape, and back."""

from cyclopts import App
from rich.console import Console
from rich.table import Table

from plaza.commands.database import the_database
from plaza.platform import migrations
from plaza.settings import load

app = App(name="migrate")


@app.command
def up(*, to: int | None = None) -> None:
    """Apply what is pending.

    Parameters
    ----------
    to
        The last number to apply; all by default.
    """
    with the_database(load()) as dsn:
        done = migrations.up(dsn, to, say=print)
    print(f"{len(done)} applied" if done else "nothing to do")


@app.command
def down(*, steps: int = 1) -> None:
    """Take back the last migrations, and the data that only they have a place for.

    Parameters
    ----------
    steps
        How many.
    """
    with the_database(load()) as dsn:
        done = migrations.down(dsn, steps, say=print)
    print(f"{len(done)} taken back" if done else "nothing to do")


@app.command
def status() -> None:
    """Show which are applied, and since when."""
    with the_database(load()) as dsn:
        standings = migrations.status(dsn)
    shown = Table("migration", "state", "since")
    for each in standings:
        since = f"{each.applied_at:%Y-%m-%d %H:%M:%S %Z}" if each.applied_at else ""
        shown.add_row(each.label, each.state.value, since)
    Console().print(shown)


@app.command
def new(name: str) -> None:
    """Make the two empty files of the next migration.

    Parameters
    ----------
    name
        What it adds, in small letters, digits and _.
    """
    for path in migrations.new(name):
        print(path)
