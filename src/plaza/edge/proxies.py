"""Whose word counts about where a request came from."""

from collections.abc import Iterable
from functools import lru_cache
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network

ADDRESSES_KEPT = 4_096
Address = IPv4Address | IPv6Address


class Proxies:
    """Reverse proxies, by network. What anybody else says in X-Forwarded-For is not believed."""

    def __init__(self, networks: Iterable[str] = ()) -> None:
        """Raises ValueError for what is neither an address nor a network."""
        self._networks = [ip_network(each.strip()) for each in networks]
        self.trusts = lru_cache(maxsize=ADDRESSES_KEPT)(self._trusts)

    def client(self, peer: str | None, forwarded: str | None) -> str | None:
        """The right-most address that is no proxy's: each proxy appends whom it heard it from.

        Where the list ends in something else than an address, whoever sent that.
        """
        if forwarded is None or not self.trusts(peer):
            return peer
        nearest = peer
        for hop in reversed(forwarded.split(",")):
            address = _address(hop)
            if address is None:
                break
            nearest = str(address)
            if not self.trusts(nearest):
                break
        return nearest

    def _trusts(self, peer: str | None) -> bool:
        address = _address(peer or "")
        return address is not None and any(address in network for network in self._networks)


def _address(text: str) -> Address | None:
    """As proxies write it: some add a port."""
    text = text.strip()
    if text.startswith("["):
        text = text[1:].partition("]")[0]
    elif text.count(":") == 1:
        text = text.partition(":")[0]
    try:
        address = ip_address(text)
    except ValueError:
        return None
    return getattr(address, "ipv4_mapped", None) or address
