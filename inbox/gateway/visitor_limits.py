"""How often something may happen, per key, in bounded memory. Pure: the time is an argument."""

from __future__ import annotations

from collections import OrderedDict
from ipaddress import IPv6Address, ip_address, ip_network

from inbox.core.ids import Instant

KEYS = 20_000


class Rate:
    """``count`` at once and as many again spread over each ``per`` milliseconds (generic cell rate algorithm).

    Remembers the ``KEYS`` keys that acted last; a forgotten one starts with a full allowance.
    """

    def __init__(self, count: int, per: int) -> None:
        self._interval = per // count
        self._per = per
        self._next: OrderedDict[str, Instant] = OrderedDict()

    def take(self, key: str, now: Instant) -> int:
        """0 when it may happen now, and then it counts; else the milliseconds to wait, and it does not count."""
        after = max(self._next.get(key, now), now) + self._interval
        if after - now > self._per:
            return after - now - self._per
        self._next[key] = after
        self._next.move_to_end(key)
        if len(self._next) > KEYS:
            self._next.popitem(last=False)
        return 0


def network_of(ip: str) -> str:
    """What limits count as one address: an IPv4 address, or the /64 that one IPv6 customer gets (RFC 6177). '' stays ''."""
    try:
        address = ip_address(ip.partition("%")[0])
    except ValueError:
        return ""
    if not isinstance(address, IPv6Address):
        return str(address)
    return str(address.ipv4_mapped or ip_network((address, 64), strict=False))
