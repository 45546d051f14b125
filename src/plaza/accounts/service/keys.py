"""The keys of this installation: those that sign access tokens, and those that derive the rest.

One JWK Set (RFC 7517) holds all. Of each sort the first one makes and every one is accepted, so
that a key is rotated by putting another before it. What is derived needs no row to be made again,
and the database alone cannot make it.
"""

import hmac
import json
import os
import tempfile
import warnings
from collections.abc import Iterator
from contextlib import suppress
from hashlib import sha256
from pathlib import Path
from typing import Final

from joserfc.errors import JoseError, SecurityWarning
from joserfc.jwk import KeySet as JoseKeys
from joserfc.jwk import OctKey, OKPKey
from msgspec import Struct

from plaza.platform.starting import CannotStart

CURVE: Final = "Ed25519"
SECRET_BITS = 256


class Keys(Struct, frozen=True):
    """`signing` by key id, the one that signs first; `secrets` likewise."""

    signing: dict[str, OKPKey]
    secrets: tuple[bytes, ...]

    def derive(self, purpose: str, source: bytes) -> Iterator[bytes]:
        """What the keys make of a source: the one in use first, then what older ones made."""
        for secret in self.secrets:
            yield hmac.digest(secret, purpose.encode() + b"\0" + source, "sha256")


def fingerprint(token: str) -> bytes:
    """What is kept of a token of 256 random bits: enough to know it again (SHA-256)."""
    return sha256(token.encode()).digest()


def read_keys(text: str) -> Keys:
    """Raises CannotStart where there is not a private key of each sort."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", SecurityWarning)  # of short secrets: refused below
            found = JoseKeys.import_key_set(json.loads(text)).keys
    except (ValueError, TypeError, KeyError, JoseError) as error:
        raise CannotStart(f"The signing keys are not a JWK Set: {error}.") from None
    signing = {
        key.thumbprint(): key
        for key in found
        if isinstance(key, OKPKey) and key.is_private and key.curve_name == CURVE
    }
    secrets = tuple(key.raw_value for key in found if isinstance(key, OctKey))
    if not signing or not secrets or any(len(each) * 8 < SECRET_BITS for each in secrets):
        raise CannotStart(
            "The signing keys must be a JWK Set with a private Ed25519 key (OKP) and a secret of "
            "256 bits (oct)."
        )
    return Keys(signing, secrets)


def new_keys() -> str:
    """A JWK Set for `read_keys`."""
    signing, secret = OKPKey.generate_key(CURVE), OctKey.generate_key(SECRET_BITS)
    return json.dumps({"keys": [signing.as_dict(private=True), secret.as_dict(private=True)]})


def find_keys(given: str, own: Path) -> Keys:
    """A JWK Set, or those in the file that is named, or else in a file of our own.

    Raises CannotStart.
    """
    try:
        if given:
            text = given if given.startswith("{") else Path(given).read_text(encoding="utf-8")
            return read_keys(text)
        return keys_in(own)
    except (OSError, UnicodeDecodeError) as error:
        raise CannotStart(f"The signing keys cannot be read: {error}.") from None


def keys_in(file: Path) -> Keys:
    """The keys in a file; made at the first time, readable by its owner alone.

    Whoever of several processes comes first makes them for all. Raises OSError, CannotStart.
    """
    if not file.exists():
        file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile("w", dir=file.parent, encoding="utf-8") as made:
            made.write(new_keys())
            made.flush()
            os.fsync(made.fileno())
            with suppress(FileExistsError):
                os.link(made.name, file)
    return read_keys(file.read_text(encoding="utf-8"))
