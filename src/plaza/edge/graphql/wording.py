"""The library's messages without what was sent: it may be a password, and it is echoed to logs."""

import re
from functools import reduce

_CUTS = (
    # What did not fit, and the error that a parser of values raised about it.
    (re.compile(r"(?:, but encountered error |[,;.] [Ff]ound: ).*", re.DOTALL), "."),
    (re.compile(r"( cannot represent [^:]*): .*", re.DOTALL), r"\1."),
    (re.compile(r"\bValue '.*' does not exist in ", re.DOTALL), "The value does not exist in "),
    # What the parser of queries met.
    (re.compile(r"(, found|: Unexpected) (\w+) '.*", re.DOTALL), r"\1 \2."),
    (re.compile(r"(escape sequence): .*", re.DOTALL), r"\1."),
    (re.compile(r", did you mean .*", re.DOTALL), "."),
)


def unquoted(message: str) -> str:
    """The message as far as it speaks of the schema, names and places, and of no value."""
    return reduce(lambda said, cut: cut[0].sub(cut[1], said), _CUTS, message)
