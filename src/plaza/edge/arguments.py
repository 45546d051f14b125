"""From what a client sent to an operation's parameters: every mistake is told, not the first."""

import json
import re
from collections.abc import Collection, Iterator, Mapping
from itertools import islice
from typing import Annotated, Any, get_type_hints

import msgspec
from msgspec import Struct

from plaza.edge.kinds import Kind, kind_of
from plaza.platform.mistakes import longest, mistake
from plaza.platform.problems import MANY_ERRORS, FieldError, Invalid, Unreadable
from plaza.platform.text import nfc

TOO_DEEP = "the body nests too deep"
WHERE = re.compile(r" - at `[^`]*`$")
SAID = 200
"""No message is longer: an enumeration may be, or what msgspec quotes."""


def convert(
    raw: Mapping[str, object], kinds: Mapping[str, Any], *, spelled: Collection[str] = ()
) -> dict[str, Any]:
    """Every parameter in `raw` as its kind; raises Invalid with all that is wrong.

    Those in `spelled` are numbers and booleans as text, which paths and queries have only.
    """
    made: dict[str, Any] = {}
    errors: list[FieldError] = []
    for name, value in raw.items():
        strict = name not in spelled or value == "null"
        try:
            made[name] = msgspec.convert(_composed(value), kinds[name], strict=strict)
        except msgspec.ValidationError:
            errors += field_errors(value, kinds[name], f"/{name}", strict=strict)
    if errors:
        raise Invalid(errors=tuple(errors))
    return made


def spelled_in(kinds: Mapping[str, Any]) -> frozenset[str]:
    """The numbers and booleans among them. A text for any other kind is read as it is.

    Read leniently, `null` would be None and a number a time.
    """
    return frozenset(name for name, kind in kinds.items() if _single(kind) in (bool, float, int))


def _single(kind: Any) -> Any:
    found = kind_of(kind)
    return found.bare if found.item is None else kind_of(found.item).bare


def _composed(value: object) -> object:
    if type(value) is str:
        return nfc(value)
    if type(value) is list:
        return [nfc(each) if type(each) is str else each for each in value]
    return value


def read_json(body: bytes, decoder: "msgspec.json.Decoder[Any]") -> Any:
    """One JSON document as the decoder's type.

    Raises Unreadable for what is not JSON, names a member twice or goes too deep (RFC 8259,
    section 4), Invalid for what is of another shape.
    """
    try:
        made = decoder.decode(body)
    except msgspec.ValidationError:
        errors = field_errors(_checked(body), decoder.type, "")
        raise Invalid(errors=tuple(errors)) from None
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise _not_json(error) from None
    except RecursionError:
        raise Unreadable(TOO_DEEP) from None
    _plain(body)
    return made


def field_errors(value: object, kind: Any, at: str, *, strict: bool = True) -> list[FieldError]:
    """What keeps `value` from being a `kind`, up to MANY_ERRORS; empty when nothing does."""
    known = kind_of(kind)
    if value is None and known.nullable:
        return []
    struct = _struct(known.bare)
    found: Iterator[FieldError] = iter(())
    if struct is not None and isinstance(value, dict):
        found = _struct_errors(value, struct, at, strict=strict)
    elif known.item is not None and isinstance(value, list) and len(value) <= longest(known.metas):
        # nobody looks at the items of a list that is too long: it may have a million
        found = (
            error
            for index, each in enumerate(value)
            for error in field_errors(each, known.item, f"{at}/{index}", strict=strict)
        )
    told = list(islice(found, MANY_ERRORS))
    return told or _whole_errors(value, known, at, strict=strict)


def _struct_errors(
    value: dict[str, object], struct: type[Struct], at: str, *, strict: bool
) -> Iterator[FieldError]:
    hints = get_type_hints(struct, include_extras=True)
    known = {each.encode_name: each for each in msgspec.structs.fields(struct)}
    for name in value:
        if name not in known and struct.__struct_config__.forbid_unknown_fields:
            yield FieldError(f"{at}/{_escaped(name)}", "There is no such field.")
    for name, each in known.items():
        if name in value:
            yield from field_errors(value[name], hints[each.name], f"{at}/{name}", strict=strict)
        elif each.required:
            yield FieldError(f"{at}/{name}", "This field is required.")


def _whole_errors(value: object, kind: Kind, at: str, *, strict: bool) -> list[FieldError]:
    whole = kind.bare
    for meta in kind.metas:
        whole = Annotated[whole, meta]
    if type(value) is str:
        value = nfc(value)
    try:
        msgspec.convert(value, whole, strict=strict)
    except msgspec.ValidationError as error:
        said = WHERE.sub("", str(error))
        return [FieldError(at, mistake(value, kind.bare, kind.metas, otherwise=said)[:SAID])]
    return []


def _struct(kind: Any) -> type[Struct] | None:
    return kind if isinstance(kind, type) and issubclass(kind, Struct) else None


def _escaped(name: str) -> str:
    """RFC 6901, section 3; and nothing a log or a page would trip over."""
    return name.replace("~", "~0").replace("/", "~1")[:100]


def _not_json(error: Exception) -> Unreadable:
    told = "it is not UTF-8" if isinstance(error, UnicodeDecodeError) else str(error)
    return Unreadable(f"the body is not JSON: {told}")


def _checked(body: bytes) -> Any:
    """What nobody read to its end: Python takes half a surrogate pair, and nobody can send it."""
    try:
        msgspec.json.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise _not_json(error) from None
    except RecursionError:
        raise Unreadable(TOO_DEEP) from None
    return _plain(body)


def _plain(body: bytes) -> Any:
    try:
        return _members_once(body.decode())
    except ValueError as error:
        raise _not_json(error) from None
    except RecursionError:
        raise Unreadable(TOO_DEEP) from None


def _members(pairs: list[tuple[str, object]]) -> dict[str, object]:
    members = dict(pairs)
    if len(members) != len(pairs):
        raise Unreadable("the body names a member twice")
    return members


_members_once = json.JSONDecoder(object_pairs_hook=_members).decode
