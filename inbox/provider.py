"""Talking to a provider over HTTP: what is asked, what comes back, and what each outcome means for a message.

Connectors get an ``Http`` in their tools and never see the library behind it.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from email.utils import parsedate_to_datetime
from typing import Any, Protocol, TypeVar
from urllib.parse import urlencode

import msgspec
from msgspec import Struct

from inbox.core.errors import InboxError, NeedsLogin, Rejected, TryLater, Unknown
from inbox.core.ids import Instant
from inbox.core.oauth import OAuthClient

T = TypeVar("T")

JSON: Mapping[str, str] = {"Content-Type": "application/json"}
FORM: Mapping[str, str] = {"Content-Type": "application/x-www-form-urlencoded"}
MAX_WAIT_MS = 60 * 60 * 1000
"""The longest pause a provider's ``Retry-After`` is believed."""


class HttpAnswer(Struct, frozen=True):
    """What a provider answered; header names in lower case."""

    status: int
    headers: dict[str, str] = {}
    body: bytes = b""

    @property
    def ok(self) -> bool:
        """Whether it did what it was asked to."""
        return 200 <= self.status < 300

    def json(self, type: type[T]) -> T:
        """The body as this type; fields the type does not know are ignored. Raises ``msgspec.MsgspecError``."""
        return msgspec.json.decode(self.body, type=type, strict=False)


class Part(Struct, frozen=True):
    """One field of a form with files; ``content`` is streamed."""

    name: str
    content: AsyncIterator[bytes] | bytes
    filename: str = ""
    type: str = "application/octet-stream"


class Http(Protocol):
    """HTTP to the outside."""

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
        """Ask the provider the operator configured; follows no redirect, reads at most 4 MB.

        Raises ``TryLater`` when it is certain that nothing was asked (no connection), ``Unknown`` when nobody knows (no answer).
        """

    def download(self, url: str, *, headers: Mapping[str, str] = {}, own: str = "", most: int = 50_000_000) -> AsyncIterator[bytes]:
        """A medium's bytes from an address that came with a message. Only public addresses are asked, or those that begin with the
        configured ``own``; ``headers`` go nowhere but there. At most three redirects, ``most`` bytes, two minutes.

        Raises ``Rejected`` (gone, forbidden, too large) or ``TryLater``.
        """


class _NoHttp:
    """For connectors that were given none."""

    async def request(self, *_: object, **__: object) -> HttpAnswer:
        """Raises ``TryLater``."""
        raise TryLater("no_http")

    def download(self, *_: object, **__: object) -> AsyncIterator[bytes]:
        """Raises ``TryLater``."""
        raise TryLater("no_http")


NO_HTTP: Http = _NoHttp()


class Access(Protocol):
    """The tokens of one channel that a person consented to; they are kept, sealed, and renewed in time."""

    async def token(self, client: OAuthClient, refused: str = "") -> str:
        """One that is good for some minutes; ``refused`` is one that the provider did not take although its time was not over.

        Raises ``NeedsLogin`` with where to consent, ``TryLater`` when the login service is away.
        """

    async def consented(self, seconds: float) -> None:
        """Returns when somebody has consented anew, at the latest after so many seconds."""


class _NoAccess:
    """For connectors that were given none."""

    async def token(self, client: OAuthClient, refused: str = "") -> str:
        """Raises ``TryLater``."""
        raise TryLater("no_access")

    async def consented(self, seconds: float) -> None:
        """Just waits."""
        await asyncio.sleep(seconds)


NO_ACCESS: Access = _NoAccess()


def encoded(value: Any) -> bytes:
    """JSON; fields that are None or default are left out of structs that say so."""
    return msgspec.json.encode(value)


def form(fields: Mapping[str, str] | list[tuple[str, str]]) -> bytes:
    """``application/x-www-form-urlencoded``."""
    return urlencode(fields).encode()


def judged(
    answer: HttpAnswer,
    now: Instant,
    reason: Callable[[HttpAnswer], str] = lambda answer: "",
    *,
    login: tuple[int, ...] = (401, 403),
) -> HttpAnswer:
    """The answer if the provider accepted (2xx); otherwise what has to happen next, as an error.

    Too many or too slow (408, 429), and 503 with a ``Retry-After``: nothing was done, ``TryLater``. One of ``login``: ``NeedsLogin``.
    Any other 4xx and a redirect: ``Rejected``. The rest: the provider may have acted before it stumbled, ``Unknown``.
    ``reason`` makes the code or sentence from what the provider wrote; it may raise nothing.
    """
    if answer.ok:
        return answer
    raise fault(answer, now, reason(answer) or f"http_{answer.status}", login)


def fault(answer: HttpAnswer, now: Instant, why: str, login: tuple[int, ...] = (401, 403)) -> InboxError:
    """The error that a refusal is; see ``judged``."""
    after = retry_after(answer, now)
    if answer.status in (408, 425, 429) or (answer.status == 503 and after is not None):
        return TryLater(why, after, away=True)
    if answer.status in login:
        return NeedsLogin(why)
    if 300 <= answer.status < 500:
        return Rejected(why)
    return Unknown(why)


def retry_after(answer: HttpAnswer, now: Instant) -> int | None:
    """The pause the provider asks for in milliseconds, at most an hour; None when it says nothing (RFC 9110, 10.2.3)."""
    told = answer.headers.get("retry-after", "").strip()
    if not told:
        return None
    try:
        wait = int(float(told) * 1000)
    except (ValueError, OverflowError):
        try:
            wait = int(parsedate_to_datetime(told).timestamp() * 1000) - now
        except (ValueError, OverflowError):
            return None
    return max(0, min(wait, MAX_WAIT_MS))
