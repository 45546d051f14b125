"""From a method and a path to a handler. Fixed segments win over parameters."""

from collections.abc import Iterator
from functools import lru_cache

from msgspec import Struct, field

from plaza.edge.rest.messages import Handler
from plaza.edge.rest.problems import NoSuchPath, WrongMethod

OTHER_PREFIX = "/api/v1/"
FAMILIAR = 16_384
SHORT = 256
"""Paths that are read are remembered, but not any number of them and not at any length."""


class Target(Struct, frozen=True):
    """`template` is the path as its route wrote it: what logs and metrics may show.

    `open_to_basic` leaves it to the handler to find out who asks.
    """

    template: str
    handler: Handler
    open_to_basic: bool = False


class _Node(Struct):
    fixed: dict[str, "_Node"] = field(default_factory=dict)
    parameter: "_Node | None" = None
    targets: dict[str, Target] = field(default_factory=dict)


class Router:
    """`/api/v1` is `/v1` under another name; a trailing slash makes no difference."""

    def __init__(self) -> None:
        self._root = _Node()
        self._familiar = lru_cache(FAMILIAR)(self._find)

    def add(
        self, method: str, template: str, handler: Handler, *, open_to_basic: bool = False
    ) -> None:
        """Raises ValueError for a route that is there already."""
        node = self._root
        for part in filter(None, template.split("/")):
            if part.startswith("{"):
                node.parameter = node.parameter or _Node()
                node = node.parameter
            else:
                node = node.fixed.setdefault(part, _Node())
        if method in node.targets:
            raise ValueError(f"{method} {template} is routed twice")
        target = Target(template, handler, open_to_basic)
        node.targets[method] = target
        if method == "GET":
            node.targets.setdefault("HEAD", target)
        self._familiar.cache_clear()

    def find(self, method: str, path: str) -> tuple[Target, tuple[str, ...]]:
        """The target and the values of its parameters, in order.

        Raises NoSuchPath, and WrongMethod with those the path does take.
        """
        familiar = method == "GET" and len(path) <= SHORT
        return self._familiar(method, path) if familiar else self._find(method, path)

    def _find(self, method: str, path: str) -> tuple[Target, tuple[str, ...]]:
        if path.startswith(OTHER_PREFIX):
            path = path[len("/api") :]
        parts = (path.rstrip("/") if path.endswith("/") else path).split("/")
        node = self._root
        values: list[str] = []
        for part in parts[1:]:  # the straight way, which nearly every request goes
            fixed = node.fixed.get(part)
            if fixed is not None:
                node = fixed
                continue
            if node.parameter is None or not part:
                break
            node = node.parameter
            values.append(part)
        else:
            target = node.targets.get(method)
            if target is not None:
                return target, tuple(values)
        return self._search(method, parts)

    def _search(self, method: str, parts: list[str]) -> tuple[Target, tuple[str, ...]]:
        """Every way there is: a fixed segment may have led astray."""
        allowed: set[str] = set()
        for node, values in _walk(self._root, parts, 1, []):
            target = node.targets.get(method)
            if target is not None:
                return target, tuple(values)
            allowed.update(node.targets)
        if not allowed:
            raise NoSuchPath
        raise WrongMethod(", ".join(sorted({*allowed, "OPTIONS"})))


def _walk(
    node: _Node, parts: list[str], at: int, values: list[str]
) -> Iterator[tuple[_Node, list[str]]]:
    if at == len(parts):
        yield node, values
        return
    part = parts[at]
    fixed = node.fixed.get(part)
    if fixed is not None:
        yield from _walk(fixed, parts, at + 1, values)
    if node.parameter is not None and part:
        yield from _walk(node.parameter, parts, at + 1, [*values, part])
