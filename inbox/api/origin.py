"""Where a request comes from and what it was meant for: proxies, host names, the page that sent it."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from urllib.parse import urlsplit

from aiohttp import web

from inbox.api.web_settings import WebSettings
from inbox.core.errors import Denied

Ip = IPv4Address | IPv6Address
LOOPBACK = ("localhost", "127.0.0.1", "[::1]")


def client_address(request: web.Request, settings: WebSettings) -> str:
    """The client's IP address; ``X-Forwarded-For`` counts only as far as trusted proxies wrote it. '' when unknown."""
    address = _ip(request.remote or "")
    for hop in _forwarded(request):
        if address is None or not _trusted(address, settings):
            break
        further = _ip(hop)
        if further is None:
            break
        address = further
    return str(address) if address is not None else ""


def limited_as(address: str) -> str:
    """What a rate is counted under: an IPv4 address, or the /64 that one IPv6 customer has for himself."""
    ip = _ip(address)
    if isinstance(ip, IPv6Address):
        return str(ip_network((ip, 64), strict=False))
    return address


def host_of(request: web.Request, settings: WebSettings) -> str:
    """The host (and port) the client asked for, in lower case."""
    peer = _ip(request.remote or "")
    forwarded = request.headers.get("X-Forwarded-Host", "")
    host = forwarded if forwarded and peer is not None and _trusted(peer, settings) else request.headers.get("Host", "")
    return host.strip().lower()


def known_host(request: web.Request, settings: WebSettings) -> bool:
    """Whether the request is meant for us. A foreign name that resolves to us (DNS rebinding) is not."""
    host = host_of(request, settings)
    return host in _own_hosts(settings) or _name(host) in LOOPBACK


def require_own_page(request: web.Request, settings: WebSettings) -> None:
    """Raises ``Denied`` when a page of another site sent this. A client that is no browser says nothing, which is fine."""
    origin = request.headers.get("Origin")
    if origin is not None:
        parts = urlsplit(origin.lower())
        own = origin.lower() == _origin(settings.public_url) or (
            parts.scheme in ("http", "https") and parts.netloc == host_of(request, settings) and known_host(request, settings)
        )
        if not own:
            raise Denied("origin")
    elif request.headers.get("Sec-Fetch-Site", "none") not in ("none", "same-origin"):
        raise Denied("origin")


def _own_hosts(settings: WebSettings) -> tuple[str, ...]:
    return _hosts(settings.public_url, settings.hosts)


@lru_cache(16)
def _hosts(public_url: str, hosts: tuple[str, ...]) -> tuple[str, ...]:
    return (urlsplit(public_url).netloc.lower(), *(host.lower() for host in hosts))


def _origin(url: str) -> str:
    parts = urlsplit(url.lower())
    return f"{parts.scheme}://{parts.netloc}"


def _name(host: str) -> str:
    name, colon, port = host.rpartition(":")
    return name if colon and port.isdigit() else host


def _forwarded(request: web.Request) -> Iterator[str]:
    """The hops proxies wrote down, the nearest first; the far end is whatever the client claimed."""
    for line in reversed(request.headers.getall("X-Forwarded-For", [])):
        yield from reversed([hop.strip() for hop in line.split(",")])


@lru_cache(4096)
def _ip(text: str) -> Ip | None:
    try:
        found = ip_address(text.partition("%")[0])
    except ValueError:
        return None
    mapped = found.ipv4_mapped if isinstance(found, IPv6Address) else None
    return mapped or found


def _trusted(address: Ip, settings: WebSettings) -> bool:
    return _within(address, settings.trusted_proxies)


@lru_cache(4096)
def _within(address: Ip, networks: tuple[IPv4Network | IPv6Network, ...]) -> bool:
    return any(address in network for network in networks)
