"""What one request may ask for, counted before any of it is done.

The bounds are those of graphql-armor 3 but for the cost, which counts what an operation declares.
"""

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

from graphql import (
    DirectiveNode,
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLArgument,
    GraphQLInputField,
    GraphQLSchema,
    InlineFragmentNode,
    IntValueNode,
    Node,
    OperationDefinitionNode,
    SelectionSetNode,
    Undefined,
    VariableNode,
    coerce_input_literal,
    get_named_type,
    is_composite_type,
)
from msgspec import Struct

from plaza.edge.graphql.problems import TooComplex

TOKENS = 1_000
COMMENTS = 100
CHARACTERS = 100_000
ALIASES = 15
DIRECTIVES = 50
FRAGMENTS = 100
TWINS, NESTED_TWINS = 100, 15
"""Fields of one name: validation compares those that meet in one place pair by pair."""

DEPTH = 6
COST = 5_000

INTROSPECTION = 1_000
"""What a look at the schema itself costs: its depth is bounded by the validation."""

FIRST = "first"
Costs = Mapping[tuple[str, str], int]


class Size(Struct, frozen=True):
    depth: int = 0
    cost: int = 0


NOTHING = Size()


def count(document: DocumentNode) -> None:
    """Raises TooComplex. Cheap: before validation, which is not."""
    aliases = directives = fragments = 0
    names: Counter[tuple[str, bool]] = Counter()
    for node in _nodes(document):
        if isinstance(node, FieldNode):
            aliases += node.alias is not None
            names[node.name.value, node.selection_set is not None] += 1
        elif isinstance(node, DirectiveNode):
            directives += 1
        elif isinstance(node, FragmentSpreadNode | InlineFragmentNode):
            fragments += 1
    _insist("aliases", aliases, ALIASES)
    _insist("directives", directives, DIRECTIVES)
    _insist("fragments", fragments, FRAGMENTS)
    for (name, nested), times in names.items():
        _insist(f"times the field {name}", times, NESTED_TWINS if nested else TWINS)


def measure(
    operation: OperationDefinitionNode,
    document: DocumentNode,
    schema: GraphQLSchema,
    costs: Costs,
    variables: Mapping[str, Any],
) -> None:
    """Raises TooComplex. The document must be valid: a fragment in itself would never end.

    `variables` are as the operation will see them: coerced, its defaults among them.
    """
    size = size_of(operation, document, schema, costs, variables)
    _insist("levels of fields", size.depth, DEPTH)
    _insist("points of cost", size.cost, COST)


def size_of(
    operation: OperationDefinitionNode,
    document: DocumentNode,
    schema: GraphQLSchema,
    costs: Costs,
    variables: Mapping[str, Any],
) -> Size:
    """Levels of fields, and points: each object is one, an operation what it declares."""
    root = schema.get_root_type(operation.operation)
    return _Measuring(document, schema, costs, variables).of(operation.selection_set, root)


class _Measuring:
    """Each fragment is measured once, however often it is spread."""

    def __init__(
        self,
        document: DocumentNode,
        schema: GraphQLSchema,
        costs: Costs,
        variables: Mapping[str, Any],
    ) -> None:
        self._schema = schema
        self._costs = costs
        self._variables = variables
        self._fragments = {
            each.name.value: each
            for each in document.definitions
            if isinstance(each, FragmentDefinitionNode)
        }
        self._known: dict[str, Size] = {}

    def of(self, selections: SelectionSetNode | None, parent: Any) -> Size:
        depth = cost = 0
        for each in selections.selections if selections else ():
            size = self._selection(each, parent)
            depth, cost = max(depth, size.depth), cost + size.cost
        return Size(depth, cost)

    def _selection(self, node: Any, parent: Any) -> Size:
        if isinstance(node, FieldNode):
            return self._field(node, parent)
        if isinstance(node, FragmentSpreadNode):
            return self._spread(node.name.value)
        named = node.type_condition
        within = self._schema.get_type(named.name.value) if named else parent
        return self.of(node.selection_set, within)

    def _spread(self, name: str) -> Size:
        known = self._known.get(name)
        if known is None:
            fragment = self._fragments[name]
            within = self._schema.get_type(fragment.type_condition.name.value)
            known = self._known[name] = self.of(fragment.selection_set, within)
        return known

    def _field(self, node: FieldNode, parent: Any) -> Size:
        name = node.name.value
        if name.startswith("__"):
            return Size(1, INTROSPECTION if node.selection_set else 0)
        field = parent.fields[name]
        own = self._costs.get((parent.name, name))
        answered = get_named_type(field.type)
        if own is None:
            own = 1 if is_composite_type(answered) else 0
        inner = self.of(node.selection_set, answered)
        return Size(1 + inner.depth, own + self._times(node, field) * inner.cost)

    def _times(self, node: FieldNode, field: Any) -> int:
        """How many items a list may have: what the request says, else the schema's default."""
        if FIRST not in field.args:
            return 1
        for argument in node.arguments or ():
            if argument.name.value == FIRST:
                return max(1, self._number(argument.value, field))
        return _default(field)

    def _number(self, value: Any, field: Any) -> int:
        if isinstance(value, IntValueNode):
            return int(value.value)
        if isinstance(value, VariableNode):
            given = self._variables.get(value.name.value)
            if type(given) is int:
                return given
        return _default(field)


def _default(field: Any) -> int:
    default = default_of(field.args[FIRST])
    return default if type(default) is int else 1


def default_of(given: GraphQLArgument | GraphQLInputField) -> Any:
    """What the schema itself gives where the client gives nothing; Undefined if nothing."""
    if given.default is None or given.default.literal is None:
        return Undefined
    return coerce_input_literal(given.default.literal, given.type)


def _nodes(document: DocumentNode) -> Iterator[Node]:
    waiting: list[Node] = [document]
    while waiting:
        node = waiting.pop()
        yield node
        for key in node.keys:
            child = getattr(node, key, None)
            if isinstance(child, Node):
                waiting.append(child)
            elif isinstance(child, list | tuple):
                waiting += child


def _insist(what: str, found: int, most: int) -> None:
    if found > most:
        raise TooComplex(f"{found} {what}, at most {most} are allowed")
