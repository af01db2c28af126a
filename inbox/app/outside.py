"""HTTP to the outside for connectors: ``provider.Http`` over aiohttp, with a guard where the address comes from a message."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator, Mapping
from ipaddress import IPv6Address, ip_address, ip_network
from typing import Any
from urllib.parse import urljoin, urlsplit

import aiohttp
from aiohttp.abc import AbstractResolver, ResolveResult

from inbox.core.errors import Rejected, TryLater, Unknown
from inbox.provider import HttpAnswer, Part

CONNECT_SECONDS = 10.0
DOWNLOAD_SECONDS = 120.0
MOST_ANSWER = 4_000_000
REDIRECTS = 3
CHUNK = 64 * 1024
AGENT = "Inbox"
_NOT_ASKED = (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError, aiohttp.ClientProxyConnectionError)
_REDIRECT = frozenset({301, 302, 303, 307, 308})
_GONE_FOR_NOW = frozenset({408, 425, 429})


class Forbidden(OSError):
    """The name leads to an address inside."""


class PublicResolver(AbstractResolver):
    """Names to public addresses only; the connection then goes to the very address that was checked."""

    def __init__(self) -> None:
        self._inner = aiohttp.ThreadedResolver()

    async def resolve(self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET) -> list[ResolveResult]:
        """Raises ``Forbidden`` when nothing public is left."""
        found = [one for one in await self._inner.resolve(host, port, family) if is_public(one["host"])]
        if not found:
            raise Forbidden(f"{host} has no public address")
        return found

    async def close(self) -> None:
        """Release what was opened."""
        await self._inner.close()


def is_public(address: str) -> bool:
    """Whether anybody on the internet has this address: no loopback, private, link-local, shared, mapped, or reserved one."""
    try:
        ip = ip_address(address.partition("%")[0])
    except ValueError:
        return False
    if isinstance(ip, IPv6Address):
        inner = ip.ipv4_mapped or ip.sixtofour or (ip.teredo[1] if ip.teredo else None)
        if inner is not None:
            return is_public(str(inner))
        if ip in _NAT64:
            return is_public(str(ip_address(int(ip) & 0xFFFFFFFF)))
    return ip.is_global and not ip.is_multicast


_NAT64 = ip_network("64:ff9b::/96")


class Outside:
    """``provider.Http``. Opens its sessions at the first use; ``close`` ends them."""

    def __init__(self) -> None:
        self._plain: aiohttp.ClientSession | None = None
        self._guarded: aiohttp.ClientSession | None = None

    async def close(self) -> None:
        """Close what was opened."""
        for session in (self._plain, self._guarded):
            if session is not None:
                await session.close()

    async def request(
        self,
        method: str,
        url: str,
        *,
        headers: Mapping[str, str] = {},
        body: bytes = b"",
        parts: tuple[Part, ...] = (),
        seconds: float = 30.0,
    ) -> HttpAnswer:
        """See ``provider.Http``."""
        timeout = aiohttp.ClientTimeout(total=seconds, sock_connect=CONNECT_SECONDS)
        data: Any = _form(parts) if parts else body or None
        try:
            async with self._own().request(method, url, headers=dict(headers), data=data, timeout=timeout, allow_redirects=False) as answer:
                content = await _limited(answer)
                return HttpAnswer(answer.status, {name.lower(): value for name, value in answer.headers.items()}, content)
        except _NOT_ASKED as unreachable:
            raise TryLater("unreachable", away=True) from unreachable
        except aiohttp.InvalidURL as wrong:
            raise Rejected("wrong_url") from wrong
        except TimeoutError as late:
            raise Unknown("no_answer") from late
        except aiohttp.ClientError as broken:
            raise Unknown("connection_broke") from broken

    async def post_public(self, url: str, *, headers: Mapping[str, str], body: bytes, seconds: float) -> HttpAnswer:
        """POST to an address that somebody outside gave: https and public ones only, and no redirects. Raises as ``request`` does."""
        timeout = aiohttp.ClientTimeout(total=seconds, sock_connect=CONNECT_SECONDS)
        try:
            if urlsplit(url).scheme != "https":
                raise Forbidden(url)
            async with self._public(url).post(url, headers=dict(headers), data=body, timeout=timeout, allow_redirects=False) as answer:
                content = await _limited(answer)
                return HttpAnswer(answer.status, {name.lower(): value for name, value in answer.headers.items()}, content)
        except Forbidden as inside:
            raise Rejected("address_not_allowed") from inside
        except _NOT_ASKED as failed:
            if isinstance(getattr(failed, "os_error", None), Forbidden):
                raise Rejected("address_not_allowed") from failed
            raise TryLater("unreachable", away=True) from failed
        except (aiohttp.InvalidURL, ValueError) as wrong:
            raise Rejected("wrong_url") from wrong
        except (aiohttp.ClientError, TimeoutError) as broken:
            raise Unknown("connection_broke") from broken

    async def download(self, url: str, *, headers: Mapping[str, str] = {}, own: str = "", most: int = 50_000_000) -> AsyncIterator[bytes]:
        """See ``provider.Http``."""
        try:
            async with asyncio.timeout(DOWNLOAD_SECONDS):
                async with await self._get(url, headers, own) as answer:
                    size = 0
                    async for chunk in answer.content.iter_chunked(CHUNK):
                        size += len(chunk)
                        if size > most:
                            raise Rejected("too_large")
                        yield chunk
        except Forbidden as inside:
            raise Rejected("address_not_allowed") from inside
        except aiohttp.ClientConnectorError as failed:
            if isinstance(failed.os_error, Forbidden):
                raise Rejected("address_not_allowed") from failed
            raise TryLater("unreachable") from failed
        except (aiohttp.InvalidURL, ValueError) as wrong:
            raise Rejected("wrong_url") from wrong
        except (aiohttp.ClientError, TimeoutError) as broken:
            raise TryLater("connection_broke") from broken

    async def _get(self, url: str, headers: Mapping[str, str], own: str) -> aiohttp.ClientResponse:
        """The answer that has the medium, after redirects that were each checked."""
        for _ in range(REDIRECTS + 1):
            mine = bool(own) and _origin(url) == _origin(own)
            session = self._own() if mine else self._public(url)
            timeout = aiohttp.ClientTimeout(sock_connect=CONNECT_SECONDS, sock_read=30)
            answer = await session.get(url, headers=dict(headers) if mine else {}, timeout=timeout, allow_redirects=False)
            if answer.status not in _REDIRECT:
                return _had(answer)
            url = urljoin(url, answer.headers.get("Location", ""))
            answer.release()
        raise Rejected("too_many_redirects")

    def _own(self) -> aiohttp.ClientSession:
        if self._plain is None:
            self._plain = _session(aiohttp.TCPConnector(limit=200, force_close=True))
        return self._plain

    def _public(self, url: str) -> aiohttp.ClientSession:
        """The guarded session. An address that is written out meets no resolver and is checked here. Raises ``Forbidden``."""
        parts = urlsplit(url)
        host = parts.hostname or ""
        if parts.scheme not in ("http", "https") or not host or (_is_address(host) and not is_public(host)):
            raise Forbidden(host)
        if self._guarded is None:
            self._guarded = _session(aiohttp.TCPConnector(resolver=PublicResolver(), use_dns_cache=False, force_close=True))
        return self._guarded


def _session(connector: aiohttp.TCPConnector) -> aiohttp.ClientSession:
    """Answers are bounded after decompression, connections are not shared between messages: a stale one would leave a send uncertain."""
    return aiohttp.ClientSession(connector=connector, headers={"User-Agent": AGENT}, cookie_jar=aiohttp.DummyCookieJar(), trust_env=False)


def _had(answer: aiohttp.ClientResponse) -> aiohttp.ClientResponse:
    if answer.status == 200:
        return answer
    answer.release()
    if answer.status >= 500 or answer.status in _GONE_FOR_NOW:
        raise TryLater(f"http_{answer.status}")
    raise Rejected(f"http_{answer.status}")


def _form(parts: tuple[Part, ...]) -> aiohttp.FormData:
    data = aiohttp.FormData(quote_fields=False, default_to_multipart=True)  # names as UTF-8 (RFC 7578, 5.1), not percent-encoded
    for part in parts:
        if part.filename:
            data.add_field(part.name, part.content, filename=part.filename, content_type=part.type)
        else:
            data.add_field(part.name, part.content.decode() if isinstance(part.content, bytes) else part.content)
    return data


async def _limited(answer: aiohttp.ClientResponse) -> bytes:
    """The body, cut where it is longer than any provider's answer."""
    content = bytearray()
    async for chunk in answer.content.iter_chunked(CHUNK):
        content += chunk
        if len(content) >= MOST_ANSWER:
            break
    return bytes(content[:MOST_ANSWER])


def _origin(url: str) -> tuple[str, str, int | None]:
    parts = urlsplit(url)
    return parts.scheme, parts.hostname or "", parts.port


def _is_address(host: str) -> bool:
    try:
        ip_address(host.partition("%")[0])
    except ValueError:
        try:
            socket.inet_aton(host)
        except OSError:
            return False
    return True
