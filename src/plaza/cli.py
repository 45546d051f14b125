"""The command line. A command is a file in `commands`, loaded when it is typed."""

import sys

from cyclopts import App

from plaza.platform.starting import CannotStart

COMMANDS = {
    "plaza.commands.serve:serve": "Start Plaza with all it needs, until Ctrl-C or SIGTERM.",
    "plaza.commands.openapi:openapi": "Print the contract over HTTP (OpenAPI 3.1).",
    "plaza.commands.migrate:app": "Change the database's shape, and back.",
    "plaza.commands.doctor:doctor": "Look at everything Plaza stands on, and say what is wrong.",
    "plaza.commands.settings:app": "Show every setting, its default, and what it is set to.",
    "plaza.commands.admin:app": "What only whoever owns the machine may do.",
    "plaza.commands.events:app": "What was given up, trying it again, and a stream that was lost.",
    "plaza.commands.seed:seed": "Fill the database with made-up people to look at.",
}
"""What each does, said here: `plaza --help` loads none of them."""


def name_of(path: str) -> str:
    """What one types: the name of the command's file."""
    return path.partition(":")[0].rpartition(".")[2]


app = App(name="plaza", help="A social platform backend, started by one command.")
for path, does in COMMANDS.items():
    app.command(path, name=name_of(path), help=does)


def main() -> None:
    """A refusal is one sentence on stderr and exit code 1; only a bug has a trace."""
    try:
        app()
    except CannotStart as reason:
        sys.exit(str(reason))


if __name__ == "__main__":
    main()
