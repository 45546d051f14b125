"""What a context offers is worth a network call, bounded, and said once."""

import importlib
import inspect
import pkgutil
from collections.abc import AsyncIterable, Iterator
from typing import Any, get_args, get_type_hints

import pytest
from msgspec import inspect as shapes

from plaza.edge.operations import parameters, result
from plaza.platform.caller import Caller
from plaza.platform.problems import Problem
from tests.architecture.source import contexts

METHODS = 15


def modules_of(package: str) -> Iterator[Any]:
    module = importlib.import_module(package)
    yield module
    for each in pkgutil.walk_packages(getattr(module, "__path__", ()), f"{package}."):
        yield importlib.import_module(each.name)


def protocols() -> list[type]:
    """The classes of every api.py: its nouns."""
    found = {}
    for context in contexts():
        for module in modules_of(f"plaza.{context}.api"):
            for each in vars(module).values():
                if inspect.isclass(each) and each.__module__ == module.__name__:
                    found[f"{each.__module__}.{each.__name__}"] = each
    return list(found.values())


def methods(protocol: type) -> list[Any]:
    public = vars(protocol).items()
    return [each for name, each in public if inspect.isfunction(each) and name[0] != "_"]


METHODS_OF_ALL = [method for protocol in protocols() for method in methods(protocol)]
OPERATIONS = [method for method in METHODS_OF_ALL if hasattr(method, "__policy__")]


def reached(kinds: list[Any]) -> Iterator[shapes.Type]:
    """Every type these are made of, each once."""
    waiting: list[Any] = list(shapes.multi_type_info(kinds))
    seen: set[int] = set()
    known: set[Any] = set()
    while waiting:
        kind = waiting.pop()
        if isinstance(kind, shapes.Metadata):
            waiting.append(kind.type)
            continue
        named = getattr(kind, "cls", None)
        if id(kind) in seen or (named is not None and (type(kind), named) in known):
            continue
        seen.add(id(kind))
        if named is not None:
            known.add((type(kind), named))
        yield kind
        waiting += [field.type for field in getattr(kind, "fields", ())]
        waiting += getattr(kind, "types", ())
        waiting += [
            part
            for name in ("item_type", "key_type", "value_type")
            if isinstance(part := getattr(kind, name, None), shapes.Type)
        ]


def answers() -> list[Any]:
    kinds = [result(operation) for operation in OPERATIONS]
    return [kind for kind in kinds if kind is not type(None)]


def questions() -> list[Any]:
    return [kind for operation in OPERATIONS for kind in parameters(operation).values()]


def unbounded(kind: shapes.Type) -> bool:
    """Whether a value of this type may be as large as it likes."""
    match kind:
        case shapes.StrType() | shapes.BytesType() | shapes.ListType() | shapes.DictType():
            return kind.max_length is None
        case shapes.IntType() | shapes.FloatType():
            least = kind.ge if kind.ge is not None else kind.gt
            most = kind.le if kind.le is not None else kind.lt
            return least is None or most is None
        case shapes.AnyType():
            return True
    return False


def loose_fields(kinds: list[Any]) -> list[str]:
    """`Struct.field` for every field with something unbounded in it."""
    return sorted(
        f"{struct.cls.__name__}.{field.name}"
        for struct in reached(kinds)
        if isinstance(struct, shapes.StructType)
        for field in struct.fields
        if any(map(unbounded, _parts(field.type)))
    )


def _parts(kind: shapes.Type) -> Iterator[shapes.Type]:
    """What is written on the field itself: not what is inside another Struct."""
    while isinstance(kind, shapes.Metadata):
        kind = kind.type
    yield kind
    if isinstance(kind, shapes.UnionType):
        for each in kind.types:
            yield from _parts(each)
    item = getattr(kind, "item_type", None)
    if isinstance(item, shapes.Type):
        yield from _parts(item)


def test_there_are_operations_to_judge():
    assert len(OPERATIONS) >= len(contexts())


@pytest.mark.parametrize("protocol", protocols(), ids=lambda each: each.__name__)
def test_an_api_that_passes_fifteen_methods_is_two(protocol):
    assert len(methods(protocol)) <= METHODS


@pytest.mark.parametrize("method", METHODS_OF_ALL, ids=lambda each: each.__qualname__)
def test_every_method_could_be_a_network_call(method):
    """Async, the caller first, values in and out: no connection, no stream, no ambient user."""
    assert inspect.iscoroutinefunction(method)
    _, caller, *others = inspect.signature(method).parameters
    hints = get_type_hints(method)
    assert hints[caller] is Caller
    for kind in [hints["return"], *(hints[name] for name in others)]:
        parts = [kind, *get_args(kind)]
        assert not any(inspect.isclass(each) and issubclass(each, AsyncIterable) for each in parts)
        assert not any("asyncpg" in str(each) for each in parts)


@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda each: each.__qualname__)
def test_every_operation_says_in_a_sentence_what_it_does(operation):
    first, *_ = (inspect.getdoc(operation) or "").partition("\n")
    assert first.endswith(".")


def test_every_field_of_an_answer_is_there():
    """A client need not ask whether a field came: what may be absent is null."""
    optional = sorted(
        f"{struct.cls.__name__}.{field.name}"
        for struct in reached(answers())
        if isinstance(struct, shapes.StructType)
        for field in struct.fields
        if not field.required
    )
    assert optional == []


def test_every_field_of_an_answer_is_bounded():
    assert loose_fields(answers()) == []


def test_everything_a_client_may_send_is_bounded():
    assert loose_fields(questions()) == []
    bare = [
        f"{operation.__qualname__}({name})"
        for operation in OPERATIONS
        for name, kind in parameters(operation).items()
        if any(map(unbounded, _parts(shapes.type_info(kind))))
    ]
    assert bare == []


def test_what_a_client_sends_refuses_unknown_fields():
    open_ended = sorted(
        struct.cls.__name__
        for struct in reached(questions())
        if isinstance(struct, shapes.StructType) and not struct.forbid_unknown_fields
    )
    assert open_ended == []


def test_no_two_types_of_the_contract_share_a_name():
    named: dict[str, set[Any]] = {}
    for kind in reached([*answers(), *questions()]):
        if isinstance(kind, shapes.StructType | shapes.EnumType):
            cls = getattr(kind.cls, "__origin__", kind.cls)
            named.setdefault(cls.__name__, set()).add(cls)
    assert {name: classes for name, classes in named.items() if len(classes) > 1} == {}


def problems() -> list[type[Problem]]:
    for context in contexts():
        assert list(modules_of(f"plaza.{context}"))
    found: list[type[Problem]] = []
    waiting: list[type[Problem]] = [Problem]
    while waiting:
        children = [each for each in waiting.pop().__subclasses__() if "plaza" in each.__module__]
        found += children
        waiting += children
    return found


def test_every_refusal_has_a_code_of_its_own_and_words():
    declared = [each for each in problems() if "code" in vars(each)]
    codes = [each.code for each in declared]
    assert sorted(codes) == sorted(set(codes))
    assert [each.__name__ for each in declared if not each.title or not each.kind] == []


@pytest.mark.parametrize("context", contexts())
def test_a_contexts_refusals_are_named_after_it(context):
    own = [
        each
        for each in problems()
        if each.__module__.startswith(f"plaza.{context}.") and "code" in vars(each)
    ]
    assert [each.code for each in own if not each.code.startswith(f"{context}.")] == []


def test_an_operation_names_no_refusal_twice():
    for operation in OPERATIONS:
        declared = operation.__policy__.problems
        assert len(declared) == len(set(declared))
