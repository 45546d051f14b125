"""Components of the contract: Structs as JSON Schema, every value bounded, every name plain."""

import re
from collections.abc import Iterable, Mapping
from typing import Any

import msgspec

JsonSchema = dict[str, Any]

AT = "#/components/schemas/"
LONGEST = {"uuid": 36, "date-time": 35, "date": 10}
"""Formats that bound a text without saying how long it is."""

GENERIC = re.compile(r"^(\w+)\[(\w+)\]$")
INT32 = 2**31


class Schemas:
    """The components of some types, and for each type what refers to it."""

    def __init__(self, kinds: Iterable[Any]) -> None:
        """Raises TypeError for a type that is not bounded or whose name is not its own."""
        self._kinds = list(kinds)
        refs, components = msgspec.json.schema_components(self._kinds, ref_template=AT + "{name}")
        self._names = {name: _plain_name(name, each) for name, each in components.items()}
        if len(set(self._names.values())) != len(self._names):
            raise TypeError(f"two components share a name: {sorted(self._names.values())}")
        self._refs = [self._tidy(ref, "a parameter") for ref in refs]
        tidied = {self._names[name]: self._tidy(each, name) for name, each in components.items()}
        self.components = dict(sorted(tidied.items()))

    def of(self, kind: Any) -> JsonSchema:
        """A schema of its own each time: callers may add to it."""
        at = next(at for at, each in enumerate(self._kinds) if each is kind)
        return dict(self._refs[at])

    def _tidy(self, schema: Mapping[str, Any], where: str) -> JsonSchema:
        made = {name: value for name, value in schema.items() if name != "title"}
        if made.get("default", "") is None:
            del made["default"]  # to be left out is what null says
        if "$ref" in made:
            made["$ref"] = AT + self._names[made["$ref"].removeprefix(AT)]
        if "properties" in made:
            made["properties"] = {
                name: self._tidy(each, f"{where}.{name}")
                for name, each in made["properties"].items()
            }
        for name in ("items", "additionalProperties"):
            if isinstance(made.get(name), dict):
                made[name] = self._tidy(made[name], f"{where}[]")
        if "anyOf" in made:
            made["anyOf"] = [self._tidy(each, where) for each in made["anyOf"]]
            made = _nullable(made)
        if made.get("required") == []:
            del made["required"]
        return _bounded(made, where)


def _plain_name(name: str, schema: Mapping[str, Any]) -> str:
    """`Page[Post]` becomes PostPage, as a person would call it."""
    generic = GENERIC.match(schema.get("title", name))
    if generic:
        return generic[2] + generic[1]
    if name != schema.get("title", name):
        raise TypeError(f"{name}: another component has the name {schema['title']}")
    return name


def _nullable(schema: JsonSchema) -> JsonSchema:
    """JSON Schema can say `type: [string, "null"]`; two alternatives are for what cannot."""
    alternatives = schema["anyOf"]
    others = [each for each in alternatives if each != {"type": "null"}]
    if len(others) != 1 or len(others) == len(alternatives):
        return schema
    (other,) = others
    if not isinstance(other.get("type"), str) or "enum" in other:
        return schema
    rest = {name: value for name, value in schema.items() if name != "anyOf"}
    return {**other, "type": [other["type"], "null"], **rest}


def _bounded(schema: JsonSchema, where: str) -> JsonSchema:
    """What the types say already, said so that no reader has to know it."""
    if "enum" in schema and "type" not in schema:
        schema["type"] = "string" if isinstance(schema["enum"][0], str) else "integer"
    kinds = schema.get("type", ())
    kinds = {kinds} if isinstance(kinds, str) else set(kinds)
    if "string" in kinds and not schema.keys() & {"enum", "const", "maxLength"}:
        if schema.get("format") not in LONGEST:
            raise TypeError(f"{where}: a text without a longest")
        schema["maxLength"] = LONGEST[schema["format"]]
    if "integer" in kinds:
        values = schema.get("enum", [])
        least = schema.setdefault("minimum", min(values, default=None))
        most = schema.setdefault("maximum", max(values, default=None))
        if least is None or most is None:
            raise TypeError(f"{where}: a number without a least and a most")
        schema["format"] = "int32" if least >= -INT32 and most < INT32 else "int64"
    if "array" in kinds and "maxItems" not in schema:
        raise TypeError(f"{where}: a list without a longest")
    return schema
