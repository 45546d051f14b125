"""`plaza openapi`: the contract over HTTP, as the code has it."""

import difflib
import sys
from pathlib import Path

from plaza.app.contexts import ROUTES
from plaza.app.process import RELEASE
from plaza.edge.rest.openapi import document, to_yaml

KEPT = Path("api/openapi.yaml")


def openapi(*, check: bool = False) -> None:
    """Print the contract over HTTP (OpenAPI 3.1).

    Parameters
    ----------
    check
        Print nothing, but fail and show the difference if api/openapi.yaml says otherwise.
    """
    written = to_yaml(document(ROUTES, RELEASE))
    if not check:
        sys.stdout.write(written)
        return
    kept = KEPT.read_text(encoding="utf-8") if KEPT.exists() else ""
    difference = "".join(
        difflib.unified_diff(
            kept.splitlines(keepends=True),
            written.splitlines(keepends=True),
            str(KEPT),
            "the code",
        )
    )
    if difference:
        sys.exit(f"{difference}{KEPT} is not what the code says: plaza openapi > {KEPT}")
