"""JSON Schema in words, and an example of it, for the page."""

from collections.abc import Iterator, Sequence
from typing import Any

Document = dict[str, Any]

EXAMPLES = {
    "uuid": "01890a5d-ac96-774b-bcce-b302099a8057",
    "date-time": "2026-01-02T03:04:05Z",
    "date": "2026-01-02",
}


def fields(document: Document, schema: Document) -> Iterator[tuple[str, Document, bool]]:
    """Name, schema and whether it must be there, of every property."""
    schema = resolved(document, schema)
    required = schema.get("required", ())
    for name, each in schema.get("properties", {}).items():
        yield name, each, name in required


def type_words(schema: Document) -> Iterator[tuple[str, str | None]]:
    """Words, and after them the name of a shape where there is one."""
    if "$ref" in schema:
        yield "", schema["$ref"].rpartition("/")[2]
    elif "anyOf" in schema:
        for at, each in enumerate(schema["anyOf"]):
            yield " or " if at else "", None
            yield from type_words(each)
    elif "enum" in schema:
        yield f"one of {said(schema['enum'])}".replace("`", ""), None
    else:
        kinds = schema.get("type", "anything")
        kinds = [kinds] if isinstance(kinds, str) else kinds
        for at, kind in enumerate(kinds):
            yield " or " if at else "", None
            if kind == "array":
                yield f"list of up to {schema['maxItems']}: ", None
                yield from type_words(schema["items"])
            else:
                yield _simple(kind, schema), None


def _simple(kind: str, schema: Document) -> str:
    if kind == "string" and "format" in schema:
        return str(schema["format"])
    if kind == "string":
        return f"text of {schema.get('minLength', 0)} to {schema.get('maxLength')} characters"
    if kind == "integer":
        return f"number from {schema['minimum']} to {schema['maximum']}"
    return kind


def said(values: Sequence[object]) -> str:
    return ", ".join(f"`{each}`" for each in values)


def example(document: Document, schema: Document) -> Any:
    """The least that is accepted, filled with something plausible."""
    schema = resolved(document, schema)
    if "enum" in schema:
        return schema["enum"][0]
    if "anyOf" in schema:
        return example(document, schema["anyOf"][0])
    kinds = schema.get("type", "object")
    kind = kinds if isinstance(kinds, str) else kinds[0]
    if kind == "object":
        return _object(document, schema)
    if kind == "array":
        return [example(document, schema["items"])]
    return _text(schema) if kind == "string" else schema.get("minimum", True)


def _object(document: Document, schema: Document) -> Document:
    needed = schema.get("required") or list(schema.get("properties", {}))[:2]
    return {name: example(document, schema["properties"][name]) for name in needed}


def _text(schema: Document) -> str:
    if "format" in schema:
        return EXAMPLES.get(schema["format"], "text")
    return "text"[: schema.get("maxLength", 4)].ljust(schema.get("minLength", 0), ".")


def resolved(document: Document, schema: Document) -> Document:
    if "$ref" not in schema:
        return schema
    name = schema["$ref"].rpartition("/")[2]
    found: Document = document["components"]["schemas"][name]
    return found
