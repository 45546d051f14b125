"""Access tokens: what a session proves for a quarter of an hour, signed (RFC 9068, RFC 8725)."""

import re
from base64 import urlsafe_b64decode, urlsafe_b64encode
from datetime import UTC, datetime
from typing import Any, Literal
from uuid import UUID, uuid4

import msgspec
from joserfc import jws
from joserfc.errors import JoseError, UnsupportedAlgorithmError
from joserfc.jws import JWSRegistry
from msgspec import Struct

from plaza.accounts.model import AccountRole, KeySet, PublicKey
from plaza.accounts.service.keys import Keys
from plaza.platform.caller import Role
from plaza.platform.ids import SessionId, UserId
from plaza.platform.problems import LoginRequired

ALGORITHM = "EdDSA"
KIND = "at+jwt"
LONGEST = 2048
PART = re.compile(r"^[A-Za-z0-9_-]+\Z")
PARTS = 3
LEEWAY = 5
"""Seconds that the clocks of two nodes may differ; a token is never good beyond its end."""

encode = msgspec.json.encode


class TokenRules(Struct, frozen=True, kw_only=True):
    """Who says so, to whom, and for how many seconds it holds."""

    issuer: str
    audience: str
    seconds: int = 900


class Proof(Struct, frozen=True, kw_only=True):
    """What an access token says; `expires_at` is in seconds since 1970."""

    user_id: UserId
    session: SessionId
    role: Role
    proved_at: datetime
    expires_at: float


class _Header(Struct, frozen=True, forbid_unknown_fields=True):
    """Nothing else is understood: no `crit`, no key inside or elsewhere."""

    alg: Literal["EdDSA"]
    typ: Literal["at+jwt"]
    kid: str


class _Claims(Struct, frozen=True, kw_only=True):
    iss: str
    aud: str
    sub: UUID
    sid: UUID
    jti: UUID
    role: AccountRole
    auth_time: int
    iat: int
    nbf: int
    exp: int


class _OneAlgorithm(JWSRegistry):
    """A token chooses nothing.

    The library would also warn of the name `EdDSA` (RFC 9864): it is the one others know.
    """

    def get_alg(self, name: str) -> Any:
        if name != ALGORITHM:
            raise UnsupportedAlgorithmError(name)
        return self.algorithms[ALGORITHM]


class AccessTokens:
    def __init__(self, keys: Keys, rules: TokenRules) -> None:
        self._keys = keys.signing
        self._signer, self._signing_key = next(iter(keys.signing.items()))
        self._rules = rules
        self._registry = _OneAlgorithm(algorithms=[ALGORITHM])
        self._read_header = msgspec.json.Decoder(_Header).decode
        self._read_claims = msgspec.json.Decoder(_Claims).decode
        self.seconds = rules.seconds

    def issue(self, proof: Proof, now: float) -> str:
        """A token that says so, until `proof.expires_at`; `now` in seconds since 1970."""
        claims = _Claims(
            iss=self._rules.issuer,
            aud=self._rules.audience,
            sub=proof.user_id,
            sid=proof.session,
            jti=uuid4(),
            role=AccountRole[proof.role.name],
            auth_time=int(proof.proved_at.timestamp()),
            iat=int(now),
            nbf=int(now),
            exp=int(proof.expires_at),
        )
        header = {"alg": ALGORITHM, "typ": KIND, "kid": self._signer}
        return jws.serialize_compact(
            header, encode(claims), self._signing_key, registry=self._registry
        )

    def read(self, token: str, now: float) -> Proof:
        """Raises LoginRequired for whatever is not one of ours and good now."""
        header, payload, _ = _parts(token)
        try:
            key = self._keys.get(self._read_header(header).kid)
            if key is None:
                raise LoginRequired
            jws.deserialize_compact(token, key, registry=self._registry)
            claims = self._read_claims(payload)
        except (msgspec.DecodeError, UnicodeDecodeError, JoseError, ValueError):
            raise LoginRequired from None
        if claims.iss != self._rules.issuer or claims.aud != self._rules.audience:
            raise LoginRequired
        if not claims.nbf - LEEWAY <= now < claims.exp:
            raise LoginRequired
        return Proof(
            user_id=UserId(claims.sub),
            session=SessionId(claims.sid),
            role=claims.role.rank,
            proved_at=datetime.fromtimestamp(claims.auth_time, UTC),
            expires_at=claims.exp,
        )

    def public(self) -> KeySet:
        return KeySet(
            keys=[
                PublicKey(
                    kty="OKP",
                    crv="Ed25519",
                    x=str(key.as_dict(private=False)["x"]),
                    kid=kid,
                    use="sig",
                    alg=ALGORITHM,
                )
                for kid, key in self._keys.items()
            ]
        )


def _parts(token: str) -> list[bytes]:
    """The three parts, decoded; each has one spelling only (RFC 4648, section 3.5)."""
    parts = token.split(".") if len(token) <= LONGEST else []
    if len(parts) != PARTS or not all(map(PART.match, parts)):
        raise LoginRequired
    try:
        found = [urlsafe_b64decode(part + "=" * (-len(part) % 4)) for part in parts]
    except ValueError:
        raise LoginRequired from None
    if [urlsafe_b64encode(each).rstrip(b"=").decode() for each in found] != parts:
        raise LoginRequired
    return found
