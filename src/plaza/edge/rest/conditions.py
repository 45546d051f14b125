"""Versions as HTTP speaks them: ETag, If-None-Match and If-Match (RFC 9110, section 13)."""

import re
from zlib import crc32

from plaza.platform.problems import Unconditional, Unreadable

TAG = re.compile(rb'^(W/)?"([\x21\x23-\x7e\x80-\xff]*)"$')
OURS = re.compile(rb"^([1-9]\d{0,9})(?:-[0-9a-f]{8})?$")
NEVER = 0
"""A version nothing has: what a tag that is not ours, or weak, stands for."""


def tag_of(version: int, body: bytes) -> bytes:
    """`"<version>-<hash of this view>"` (docs/spec.md, conventions)."""
    return b'"%d-%08x"' % (version, crc32(body))


def unchanged(if_none_match: bytes, tag: bytes) -> bool:
    """Weak comparison, as reads want it."""
    if if_none_match.strip() == b"*":
        return True
    asked = [each.strip().removeprefix(b"W/") for each in if_none_match.split(b",")]
    return tag in asked


def expected_version(if_match: bytes) -> int:
    """The version that If-Match names, with or without the hash of a view; NEVER for other tags.

    Raises Unconditional for `*`, which names no version, and Unreadable for what is no tag.
    """
    if if_match.strip() == b"*":
        raise Unconditional("If-Match: * names no version")
    found = TAG.match(if_match.strip())
    if found is None:
        raise Unreadable("If-Match holds one entity tag, in quotes")
    weak, opaque = found.groups()
    ours = None if weak else OURS.match(opaque)
    return int(ours[1]) if ours else NEVER
