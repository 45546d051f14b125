"""An operation bound to what answers it. REST, GraphQL and gRPC all pass through here."""

import inspect
from collections.abc import Awaitable, Callable, Hashable, Iterator, Mapping
from hashlib import blake2b
from typing import Any, get_args, get_type_hints

import msgspec
from msgspec import Struct
from msgspec.structs import asdict

from plaza.platform.caller import Caller, Claim, User
from plaza.platform.operations import Operation, Policy, policy_of
from plaza.platform.problems import Problem, Unreadable
from plaza.platform.rates import CREDENTIALS, Rates, Standing
from plaza.platform.text import SECRET

Recall = Callable[[Claim], Awaitable[bytes | None]]
"""Finds the answer an Idempotency-Key already got; None where there is none."""

KEY_LENGTH = 255


def parameters(operation: Operation) -> dict[str, Any]:
    """What the outside must supply, with types; the caller comes from authentication."""
    hints = get_type_hints(operation, include_extras=True)
    _, caller, *names = inspect.signature(operation).parameters
    if hints[caller] is not Caller:
        raise TypeError(f"{operation.__qualname__} must take the caller first")
    return {name: hints[name] for name in names}


def defaults(operation: Operation) -> dict[str, Any]:
    """The parameters that may be left out, with what is taken instead."""
    signature = inspect.signature(operation).parameters.values()
    return {each.name: each.default for each in signature if each.default is not each.empty}


def result(operation: Operation) -> Any:
    return get_type_hints(operation, include_extras=True)["return"]


def secrets(kind: Any) -> frozenset[str]:
    """The fields of a Struct whose values may leave no trace; of anything else, none."""
    if not (isinstance(kind, type) and issubclass(kind, Struct)):
        return frozenset()
    hints = get_type_hints(kind, include_extras=True)
    return frozenset(name for name, hint in hints.items() if SECRET in get_args(hint))


class Memory(Struct, frozen=True):
    """Where answers under an Idempotency-Key are kept; `key`, 32 secret bytes, hashes requests."""

    recall: Recall
    key: bytes


class Bound:
    """`permit`, then `claimed`, then the call: the order every edge keeps."""

    def __init__(
        self,
        operation: Operation,
        api: object,
        memory: Memory | None = None,
        rates: Rates | None = None,
    ) -> None:
        """`memory` is given where this process owns the data; a remote api remembers at home.

        `rates` is given where calls come from outside.
        """
        self.operation = operation
        self.name = operation.__qualname__
        self.policy: Policy = policy_of(operation)
        self.parameters = parameters(operation)
        self.result = result(operation)
        self._rates = rates
        self._guesses = rates if self.policy.limit == CREDENTIALS else None
        self._call: Operation = getattr(api, operation.__name__)
        self._recall = None if memory is None else memory.recall
        self._key = b"" if memory is None else memory.key
        self._secrets = {name: secrets(kind) for name, kind in self.parameters.items()}

    def permit(self, caller: Caller) -> Standing | None:
        """What the caller may call yet; None where nobody counts.

        Raises Limited, LoginRequired or NotAllowed.
        """
        rates = self._rates
        standing = None if rates is None else rates.count(caller, self.policy.limit)
        self.policy.permit(caller)
        return standing

    def claimed(self, caller: Caller, arguments: Mapping[str, object]) -> Caller:
        """The caller with a claim on his Idempotency-Key, where there is one to keep.

        Raises Limited for too many tries at one account, and Unreadable for a key no store should
        hold.
        """
        if self._guesses is not None:
            account = self._account(caller, arguments)
            if account:
                self._guesses.count_account(caller, account)
        given = caller.origin.key
        if given is None or not self.policy.idempotent:
            return caller
        key = given.strip('" ')
        if not (key and len(given) <= KEY_LENGTH and given.isascii() and given.isprintable()):
            raise Unreadable(f"an Idempotency-Key is 1 to {KEY_LENGTH} printable characters")
        # With a key: a password is in it, and what is kept for a day must not help to guess it.
        asked = msgspec.json.encode(arguments)
        digest = blake2b(asked, digest_size=16, key=self._key).digest()
        scope = _scope(caller) or digest
        claim = Claim(scope=scope, operation=self.name, key=key, request_hash=digest)
        origin = msgspec.structs.replace(caller.origin, claim=claim)
        return msgspec.structs.replace(caller, origin=origin)

    def _account(self, caller: Caller, arguments: Mapping[str, object]) -> Hashable:
        """Whose credentials these are: the caller's, or of whom the request names beside them."""
        if isinstance(caller, User):
            return caller.id
        named = {name: self._without_secrets(name, value) for name, value in arguments.items()}
        return frozenset(_texts(named))

    def _without_secrets(self, name: str, value: object) -> object:
        """What names an account in a request, and is no proof."""
        if not self._secrets[name] or not isinstance(value, Struct):
            return value
        return {n: v for n, v in asdict(value).items() if n not in self._secrets[name]}

    def __call__(self, caller: Caller, arguments: Mapping[str, Any]) -> Awaitable[Any]:
        """Raises the operation's problems.

        A refusal is given up for the answer that the same key got before: the world may have moved
        on since, the answer has not.
        """
        called = self._call(caller, **arguments)
        claim = caller.origin.claim
        if claim is None or self._recall is None:
            return called
        return self._remembering(called, claim, self._recall)

    async def _remembering(self, called: Awaitable[Any], claim: Claim, recall: Recall) -> Any:
        try:
            return await called
        except Problem:
            kept = await recall(claim)
            if kept is None:
                raise
            claim.replayed = True
            return msgspec.json.decode(kept, type=self.result)


def _texts(named: Mapping[str, object]) -> Iterator[str]:
    for value in named.values():
        plain = asdict(value) if isinstance(value, Struct) else value
        if isinstance(plain, Mapping):
            yield from _texts(plain)
        elif isinstance(plain, str):
            yield plain.casefold()


def _scope(caller: Caller) -> bytes | None:
    """Whose key it is; without an account, only the very same request shares it."""
    try:
        return caller.user_id.bytes
    except Problem:
        return None
