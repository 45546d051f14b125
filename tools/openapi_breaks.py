"""What a new OpenAPI document takes from those who relied on the old one.

Sent by clients: the new contract must take all that the old one took. Received by them: it must
give nothing that the old one did not announce. Words, examples and bounds of answers are free.
"""

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

Json = Mapping[str, Any]
METHODS = ("get", "put", "post", "patch", "delete")
LEAST = ("minLength", "minimum", "minItems", "minProperties", "exclusiveMinimum")
MOST = ("maxLength", "maximum", "maxItems", "maxProperties", "exclusiveMaximum")
SAME = ("pattern", "format", "multipleOf")


class Pair(NamedTuple):
    """The two documents, to look references up in."""

    old: Json
    new: Json


class Look(NamedTuple):
    """`sent` by clients, or received by them; `seen` are the references one is inside of."""

    pair: Pair
    sent: bool
    seen: frozenset[tuple[str, str]] = frozenset()


def breaks(old: Json, new: Json) -> list[str]:
    """One line for each promise that is not kept, by path and method; empty when all are."""
    return list(_paths(Pair(old, new)))


def both_ways(pair: Pair, old: Json, new: Json, at: str) -> list[str]:
    """What is said by either release to either: only what may be missing may be added."""
    told = (_schema(Look(pair, sent=sent), old, new, at) for sent in (True, False))
    return list(dict.fromkeys(line for lines in told for line in lines))


def _paths(pair: Pair) -> Iterator[str]:
    for path, item in pair.old["paths"].items():
        for method in METHODS:
            if method not in item:
                continue
            at = f"{method.upper()} {path}"
            now = pair.new["paths"].get(path, {}).get(method)
            if now is None:
                yield f"{at} is gone"
            else:
                yield from (f"{at}: {each}" for each in _operation(pair, item[method], now))


def _operation(pair: Pair, old: Json, new: Json) -> Iterator[str]:
    if _open_to_all(pair.old, old) and not _open_to_all(pair.new, new):
        yield "needs a token now"
    yield from _parameters(pair, old, new)
    yield from _body(pair, old.get("requestBody"), new.get("requestBody"))
    for status, answer in old["responses"].items():
        if not status.startswith("2"):
            continue
        now = new["responses"].get(status)
        if now is None:
            yield f"no longer answers {status}"
        else:
            yield from _content(Look(pair, sent=False), answer, now, f"answer {status}")


def _open_to_all(document: Json, operation: Json) -> bool:
    needed = operation.get("security", document.get("security", []))
    return not needed or {} in needed


def _parameters(pair: Pair, old: Json, new: Json) -> Iterator[str]:
    before = {(each["in"], each["name"]): each for each in _given(pair.old, old)}
    after = {(each["in"], each["name"]): each for each in _given(pair.new, new)}
    for key, parameter in before.items():
        name = f"{key[0]} parameter {key[1]}"
        now = after.get(key)
        if now is None:
            if key[0] != "header":
                yield f"{name} is refused now"
            continue
        if now.get("required") and not parameter.get("required"):
            yield f"{name} is required now"
        yield from _schema(Look(pair, sent=True), parameter["schema"], now["schema"], name)
    for key, parameter in after.items():
        if key not in before and parameter.get("required"):
            yield f"{key[0]} parameter {key[1]} is required now"


def _given(document: Json, operation: Json) -> list[Json]:
    return [_resolved(document, each) for each in operation.get("parameters", [])]


def _body(pair: Pair, old: Json | None, new: Json | None) -> Iterator[str]:
    if old is None:
        if new is not None and _resolved(pair.new, new).get("required"):
            yield "needs a body now"
    elif new is None:
        yield "takes no body any more"
    else:
        if _resolved(pair.new, new).get("required") and not old.get("required"):
            yield "needs a body now"
        yield from _content(Look(pair, sent=True), old, new, "body")


def _content(look: Look, old: Json, new: Json, at: str) -> Iterator[str]:
    after = _resolved(look.pair.new, new).get("content", {})
    for media, kind in _resolved(look.pair.old, old).get("content", {}).items():
        if media not in after:
            yield f"{at}: no {media} any more"
        else:
            was, now = kind.get("schema", {}), after[media].get("schema", {})
            yield from _schema(look, was, now, at)


def _schema(look: Look, old: Json, new: Json, at: str) -> Iterator[str]:
    step = (str(old.get("$ref")), str(new.get("$ref")))
    if "$ref" in old or "$ref" in new:
        if step in look.seen:
            return
        look = look._replace(seen=look.seen | {step})
    before, after = _variants(look.pair.old, old), _variants(look.pair.new, new)
    wide, narrow = (after, before) if look.sent else (before, after)
    for each in narrow:
        tries = []
        for other in wide:
            was, now = (each, other) if look.sent else (other, each)
            tries.append(list(_plain(look, was, now, at)))
        if [] not in tries:
            yield from min(tries, key=len, default=[f"{at} is something else now"])


def _plain(look: Look, old: Json, new: Json, at: str) -> Iterator[str]:
    """Neither is a choice: both say one type, or a constant set of values."""
    if old.get("type") != new.get("type") and not (look.sent and "type" not in new):
        yield f"{at} is {new.get('type')} instead of {old.get('type')}"
        return
    yield from (f"{at}: {each}" for each in _values(old, new, sent=look.sent))
    if look.sent:
        yield from (f"{at}: {each}" for each in _bounds(old, new))
    yield from _properties(look, old, new, at)
    if "items" in old and "items" in new:
        yield from _schema(look, old["items"], new["items"], f"{at}/items")


def _values(old: Json, new: Json, *, sent: bool) -> Iterator[str]:
    before, after = old.get("enum"), new.get("enum")
    if sent and after is not None:
        gone = [each for each in before or ["anything else"] if each not in after]
        if gone:
            yield f"no longer takes {gone}"
    if not sent and before is not None:
        extra = [each for each in after or ["anything"] if each not in before]
        if extra:
            yield f"may be {extra} now"


def _bounds(old: Json, new: Json) -> Iterator[str]:
    for name in LEAST:
        if name in new and new[name] > old.get(name, float("-inf")):
            yield f"{name} is {new[name]} now"
    for name in MOST:
        if name in new and new[name] < old.get(name, float("inf")):
            yield f"{name} is {new[name]} now"
    for name in SAME:
        if name in new and new[name] != old.get(name):
            yield f"{name} is {new[name]} now"


def _properties(look: Look, old: Json, new: Json, at: str) -> Iterator[str]:
    before, after = old.get("properties", {}), new.get("properties", {})
    needed, was_needed = set(new.get("required", [])), set(old.get("required", []))
    for name, schema in before.items():
        if name not in after:
            yield f"{at}/{name} is {'refused' if look.sent else 'gone'} now"
        else:
            yield from _schema(look, schema, after[name], f"{at}/{name}")
    changed = needed - was_needed if look.sent else (was_needed - needed) & after.keys()
    for name in sorted(changed):
        yield f"{at}/{name} {'is required' if look.sent else 'may be missing'} now"


def _variants(document: Json, schema: Json) -> list[Json]:
    """What it may be, each with one type: `anyOf`, `oneOf` and lists of types taken apart."""
    schema = _resolved(document, schema)
    for choice in ("anyOf", "oneOf"):
        if choice in schema:
            return [each for part in schema[choice] for each in _variants(document, part)]
    kinds = schema.get("type")
    if isinstance(kinds, list):
        return [{**schema, "type": kind} for kind in kinds]
    return [schema]


def _resolved(document: Json, part: Json) -> Json:
    while "$ref" in part:
        found: Any = document
        for step in part["$ref"].removeprefix("#/").split("/"):
            found = found[step]
        part = found
    return part
