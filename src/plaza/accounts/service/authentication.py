"""From a token to a caller, without a question to the database."""

import time
from collections import OrderedDict

from plaza.accounts.service.access_tokens import AccessTokens, Proof
from plaza.accounts.service.revocations import Revocations
from plaza.platform.caller import Origin, User
from plaza.platform.problems import LoginRequired

KEPT = 10_000


class Authentication:
    """A signature is checked once; the end of the token and of its session, every time."""

    def __init__(self, tokens: AccessTokens, revocations: Revocations, *, kept: int = KEPT) -> None:
        self._tokens = tokens
        self._revocations = revocations
        self._size = kept
        self._kept: OrderedDict[str, Proof] = OrderedDict()

    async def authenticate(self, token: str, origin: Origin) -> User:
        """Raises LoginRequired for a token that is not good, Unavailable when nobody can tell."""
        now = time.time()
        proof = self._kept.get(token)
        if proof is None:
            proof = self._tokens.read(token, now)
            self._keep(token, proof)
        elif proof.expires_at <= now:
            del self._kept[token]
            raise LoginRequired
        else:
            self._kept.move_to_end(token)
        seen = self._revocations
        admit = (proof.user_id, proof.session, proof.role)
        role = seen.role(*admit) if seen.known else await seen.admit(*admit)
        if role is None:
            raise LoginRequired
        return User(
            id=proof.user_id,
            role=role,
            session=proof.session,
            proved_at=proof.proved_at,
            origin=origin,
        )

    def _keep(self, token: str, proof: Proof) -> None:
        self._kept[token] = proof
        if len(self._kept) > self._size:
            self._kept.popitem(last=False)
