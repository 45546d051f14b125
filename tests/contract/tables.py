"""Every table of operations that this project has, found as the app finds it: by its file."""

import importlib
from collections.abc import Iterator
from typing import Any

from tests.architecture.source import SRC, contexts


def tables(edge: str, kind: type) -> Iterator[Any]:
    """The tables of that kind in every context's rest.py, graphql.py or grpc.py."""
    for context in contexts():
        if (SRC / context / f"{edge}.py").exists():
            module = importlib.import_module(f"plaza.{context}.{edge}")
            yield from (each for each in vars(module).values() if isinstance(each, kind))
