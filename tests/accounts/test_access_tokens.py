"""Which access tokens are believed: ours, whole, now, and in one spelling."""

import hmac
import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from datetime import UTC, datetime
from string import ascii_lowercase, ascii_uppercase, digits
from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plaza.accounts.service.access_tokens import AccessTokens, Proof, TokenRules
from plaza.accounts.service.keys import Keys, new_keys, read_keys
from plaza.platform.caller import Role
from plaza.platform.ids import SessionId, UserId
from plaza.platform.problems import LoginRequired

NOW = 1_800_000_000
RULES = TokenRules(issuer="plaza", audience="plaza", seconds=900)
KEYS = read_keys(new_keys())
TOKENS = AccessTokens(KEYS, RULES)
SIGNER, KEY = next(iter(KEYS.signing.items()))
PROOF = Proof(
    user_id=UserId(uuid4()),
    session=SessionId(uuid4()),
    role=Role.MODERATOR,
    proved_at=datetime.fromtimestamp(NOW - 60, UTC),
    expires_at=NOW + 900,
)
GOOD = TOKENS.issue(PROOF, NOW)


def encoded(part):
    raw = part if isinstance(part, bytes) else json.dumps(part).encode()
    return urlsafe_b64encode(raw).rstrip(b"=").decode()


def decoded(part):
    return json.loads(urlsafe_b64decode(part + "=="))


HEADER, CLAIMS = (decoded(part) for part in GOOD.split(".")[:2])


def signed(header=None, claims=None, key=KEY):
    """A token with these members changed, signed as it should be; None takes a member away."""
    parts = [
        {name: value for name, value in {**good, **(changed or {})}.items() if value is not None}
        for good, changed in ((HEADER, header), (CLAIMS, claims))
    ]
    body = ".".join(encoded(part) for part in parts)
    return f"{body}.{encoded(key.private_key.sign(body.encode()))}"


def read(token, now=NOW):
    return TOKENS.read(token, now)


def test_what_was_issued_is_read_as_it_was_meant():
    assert read(GOOD) == PROOF
    assert read(signed()) == PROOF
    assert HEADER == {"alg": "EdDSA", "typ": "at+jwt", "kid": SIGNER}
    assert set(CLAIMS) >= {"iss", "aud", "exp", "nbf", "sub", "sid", "jti", "role"}


def test_it_is_good_from_its_beginning_to_its_end():
    assert read(GOOD, NOW + 899)
    assert read(GOOD, NOW - 5)
    for moment in (NOW + 900, NOW + 100_000, NOW - 6):
        with pytest.raises(LoginRequired):
            read(GOOD, moment)


def test_two_tokens_of_one_session_are_two():
    assert TOKENS.issue(PROOF, NOW) != GOOD


@pytest.mark.parametrize("name", ["iss", "aud", "exp", "nbf", "iat", "sub", "sid", "jti", "role"])
def test_no_claim_may_be_missing(name):
    with pytest.raises(LoginRequired):
        read(signed(claims={name: None}))


@pytest.mark.parametrize(
    "claims",
    [
        {"iss": "another"},
        {"aud": "another"},
        {"aud": ["plaza"]},
        {"exp": NOW},
        {"exp": 1e400},
        {"exp": float("nan")},
        {"exp": str(NOW + 900)},
        {"exp": NOW + 900.5},
        {"exp": True},
        {"nbf": NOW + 60},
        {"sub": "ada"},
        {"sid": 1},
        {"role": "root"},
        {"role": 3},
    ],
    ids=str,
)
def test_every_claim_is_checked(claims):
    with pytest.raises(LoginRequired):
        read(signed(claims=claims))


@pytest.mark.parametrize(
    "header",
    [
        {"alg": "none"},
        {"alg": "None"},
        {"alg": "HS256"},
        {"alg": "Ed25519"},
        {"alg": ["EdDSA"]},
        {"alg": None},
        {"typ": "JWT"},
        {"typ": "rt+jwt"},
        {"typ": None},
        {"kid": "another"},
        {"kid": "../../etc/passwd"},
        {"kid": None},
        {"crit": ["exp"]},
        {"b64": False},
        {"jwk": {"kty": "OKP"}},
        {"jku": "https://evil.example/keys"},
        {"x5u": "https://evil.example/cert"},
        {"zip": "DEF"},
        {"cty": "JWT"},
    ],
    ids=str,
)
def test_the_header_chooses_nothing(header):
    """RFC 8725, sections 3.1 to 3.11."""
    with pytest.raises(LoginRequired):
        read(signed(header=header))


def test_a_token_without_a_signature_is_none():
    body = f"{encoded(HEADER | {'alg': 'none'})}.{encoded(CLAIMS)}"
    for token in (f"{body}.", body, f"{GOOD.rsplit('.', 1)[0]}.", f"{body}.{encoded(b'x')}"):
        with pytest.raises(LoginRequired):
            read(token)


def test_the_public_key_is_no_secret_to_sign_with():
    public = TOKENS.public().keys[0]
    for secret in (
        public.x.encode(),
        urlsafe_b64decode(public.x + "=="),
        KEY.as_pem(private=False),
    ):
        body = f"{encoded(HEADER | {'alg': 'HS256'})}.{encoded(CLAIMS)}"
        token = f"{body}.{encoded(hmac.digest(secret, body.encode(), 'sha256'))}"
        with pytest.raises(LoginRequired):
            read(token)


def test_another_key_with_our_kid_does_not_sign_for_us():
    other = next(iter(read_keys(new_keys()).signing.values()))
    with pytest.raises(LoginRequired):
        read(signed(key=other))


@given(place=st.integers(0, len(GOOD) - 1), with_=st.sampled_from("Aa0-_.="))
def test_no_letter_of_it_can_be_changed(place, with_):
    changed = GOOD[:place] + with_ + GOOD[place + 1 :]
    if changed != GOOD:
        with pytest.raises(LoginRequired):
            read(changed)


@pytest.mark.parametrize("part", [0, 1, 2])
@pytest.mark.parametrize("spelled", ["{}=", "{}==", "{}\n", " {}", "{}.", "{}A", "+{}", "{}%3D"])
def test_no_part_has_a_second_spelling(part, spelled):
    parts = GOOD.split(".")
    parts[part] = spelled.format(parts[part])
    with pytest.raises(LoginRequired):
        read(".".join(parts))


def test_no_bit_is_left_over_at_the_end_of_the_signature():
    """64 bytes are 86 letters; the last one has four bits to spare."""
    alphabet = f"{ascii_uppercase}{ascii_lowercase}{digits}-_"
    last = alphabet.index(GOOD[-1])
    for spare in range(1, 16):
        with pytest.raises(LoginRequired):
            read(GOOD[:-1] + alphabet[last ^ spare])


@pytest.mark.parametrize("token", ["", ".", "..", "a.b.c", "a" * 3000, GOOD + "." + GOOD, "é.é.é"])
def test_what_is_no_token_is_refused(token):
    with pytest.raises(LoginRequired):
        read(token)


def test_a_new_key_signs_and_the_old_one_still_counts():
    new, old = json.loads(new_keys())["keys"], json.loads(new_keys())["keys"]
    before = AccessTokens(read_keys(json.dumps({"keys": old})), RULES)
    after = AccessTokens(read_keys(json.dumps({"keys": [*new, *old]})), RULES)
    alone = AccessTokens(read_keys(json.dumps({"keys": new})), RULES)
    assert after.read(before.issue(PROOF, NOW), NOW) == PROOF
    assert alone.read(after.issue(PROOF, NOW), NOW) == PROOF
    assert len(after.public().keys) == 2
    with pytest.raises(LoginRequired):
        alone.read(before.issue(PROOF, NOW), NOW)


def test_what_is_published_is_public():
    kept = json.dumps([key.as_dict(private=True)["d"] for key in KEYS.signing.values()])
    (public,) = TOKENS.public().keys
    assert (public.kty, public.crv, public.use, public.alg) == ("OKP", "Ed25519", "sig", "EdDSA")
    assert not hasattr(public, "d")
    assert public.x not in kept
    assert isinstance(KEYS, Keys)
