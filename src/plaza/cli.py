"""The command line. A command is a file in `commands`, loaded when it is typed."""

import sys

from cyclopts import App

from plaza.platform.starting import CannotStart

app = App(name="plaza", help="A social platform backend, started by one command.")
app.command("plaza.commands.serve:serve")
app.command("plaza.commands.openapi:openapi")
app.command("plaza.commands.migrate:app", name="migrate")
app.command("plaza.commands.doctor:doctor")
app.command("plaza.commands.settings:app", name="settings")
app.command("plaza.commands.admin:app", name="admin")
app.command("plaza.commands.events:app", name="events")
app.command("plaza.commands.seed:seed")


def main() -> None:
    """A refusal is one sentence on stderr and exit code 1; only a bug has a trace."""
    try:
        app()
    except CannotStart as reason:
        sys.exit(str(reason))


if __name__ == "__main__":
    main()
