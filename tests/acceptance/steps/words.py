"""How stories name people and quote words."""

import re

from pytest_bdd import parsers

WHO = "[a-z]+|a stranger|another stranger"
QUOTED = re.compile(r'"([^"]*)"')


def said(pattern):
    """The words of a step, in which `{who}` is somebody."""
    return parsers.re(pattern.replace("{who}", f"(?P<who>{WHO})") + "$")


def names(listed):
    """`ada, bob and cleo`."""
    return re.split(r", | and ", listed)


def quoted(listed):
    """`"one", "two" and "three"`."""
    return QUOTED.findall(listed)
