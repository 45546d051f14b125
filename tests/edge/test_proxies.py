"""Where a request came from is what proxies say, and only they."""

import pytest

from plaza.edge.proxies import Proxies

OURS = Proxies(["10.0.0.0/8", "fd00::/8", "192.0.2.1"])


@pytest.mark.parametrize("said", [None, "203.0.113.9", "10.0.0.1, 203.0.113.9"])
def test_a_stranger_is_not_believed(said):
    assert OURS.client("198.51.100.7", said) == "198.51.100.7"
    assert Proxies().client("10.0.0.1", said) == "10.0.0.1"


@pytest.mark.parametrize(
    ("said", "client"),
    [
        ("203.0.113.9", "203.0.113.9"),
        ("1.1.1.1, 203.0.113.9", "203.0.113.9"),
        ("203.0.113.9, 10.1.2.3,192.0.2.1", "203.0.113.9"),
        ("10.1.2.3, 10.1.2.4", "10.1.2.3"),
        ("203.0.113.9:4711", "203.0.113.9"),
        ("[2001:db8::1]:4711", "2001:db8::1"),
        ("2001:DB8:0::1", "2001:db8::1"),
        ("::ffff:203.0.113.9", "203.0.113.9"),
        ("203.0.113.9, unknown", "10.0.0.1"),
        ("203.0.113.9, <script>, 10.9.9.9", "10.9.9.9"),
        ("", "10.0.0.1"),
    ],
)
def test_the_right_most_that_is_no_proxy_is_the_client(said, client):
    assert OURS.client("10.0.0.1", said) == client


def test_a_proxy_may_come_over_ipv6_or_mapped():
    assert OURS.client("fd00::7", "203.0.113.9") == "203.0.113.9"
    assert OURS.client("::ffff:10.0.0.1", "203.0.113.9") == "203.0.113.9"


def test_who_has_no_address_is_no_proxy():
    assert OURS.client(None, "203.0.113.9") is None
