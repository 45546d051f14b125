"""Files that are made from others, and kept for those who read: `make generate` makes them anew.

`tests/architecture/test_generated.py` refuses one that is not what it would be made to be now.
"""

from collections.abc import Callable

from plaza.app.contexts import ROUTES
from plaza.app.process import RELEASE
from plaza.commands.settings import dotenv, page
from plaza.edge.rest.openapi import document, to_yaml
from tools import atlas, contracts, event_schemas, metrics_page
from tools.tracked import ROOT

GENERATED: dict[str, Callable[[], bytes]] = {
    ".env.example": lambda: dotenv().encode(),
    "ARCHITECTURE.md": lambda: atlas.drawn(atlas.PAGE.read_text(encoding="utf-8")).encode(),
    "api/events.json": event_schemas.to_json,
    "api/openapi.yaml": lambda: to_yaml(document(ROUTES, RELEASE)).encode(),
    "docs/metrics.md": lambda: metrics_page.page().encode(),
    "docs/settings.md": lambda: page().encode(),
    "src/plaza/contracts/plaza.binpb": contracts.descriptors,
    "src/plaza/contracts/schema.graphql": contracts.SCHEMA.read_bytes,
}


def stale(name: str) -> bool:
    file = ROOT / name
    return not file.exists() or file.read_bytes() != GENERATED[name]()


def main() -> None:
    """Write what differs, and say so."""
    for name, made in GENERATED.items():
        if stale(name):
            (ROOT / name).write_bytes(made())
            print(name)


if __name__ == "__main__":
    main()
