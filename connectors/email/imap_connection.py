"""One IMAP connection whose blocking calls run in a thread of its own and can be broken off at any moment."""

from __future__ import annotations

import asyncio
import functools
import queue
import socket
import threading
from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import datetime
from typing import Any, Final, TypeVar

from imapclient import IMAPClient, SocketTimeout
from imapclient.exceptions import LoginError
from msgspec import Struct

from connectors.email.oauth import Token
from connectors.email.settings import ImapSettings
from connectors.email.trust import tls_context
from inbox.core.ids import Instant

CONNECT_SECONDS: Final = 15
ANSWER_SECONDS: Final = 60
CHUNK: Final = 1 << 20
WINDOW: Final = 20_000
"""Mails asked about at once; the answer to a search is one line, and lines have a limit."""

_EARLIEST_YEAR: Final = 1990

Result = TypeVar("Result")
_Job = tuple[Callable[[], Any], asyncio.AbstractEventLoop, "asyncio.Future[Any]"]


class Folder(Struct, frozen=True):
    """How a folder stands: its UIDVALIDITY, how many mails it holds, and the UID the next one gets (0: not told)."""

    validity: int
    exists: int
    next_uid: int


class Listed(Struct, frozen=True):
    """What is known of a mail before it is fetched: its bytes, and when the server got it (None: it does not say)."""

    size: int
    received_at: Instant | None = None


class _Thread:
    """Runs one blocking call after the other; a daemon, so that a call that hangs keeps no process alive."""

    def __init__(self, name: str) -> None:
        self._jobs: queue.SimpleQueue[_Job | None] = queue.SimpleQueue()
        threading.Thread(target=self._run, name=name, daemon=True).start()

    def call(self, job: Callable[[], Result]) -> asyncio.Future[Result]:
        loop = asyncio.get_running_loop()
        future: asyncio.Future[Result] = loop.create_future()
        self._jobs.put((job, loop, future))
        return future

    def stop(self) -> None:
        self._jobs.put(None)

    def _run(self) -> None:
        while (job := self._jobs.get()) is not None:
            work, loop, future = job
            try:
                result, error = work(), None
            except BaseException as raised:  # noqa: BLE001 - it is handed to whoever awaits it
                result, error = None, raised
            with suppress(RuntimeError):  # the loop may have ended meanwhile
                loop.call_soon_threadsafe(_settle, future, result, error)


def _milliseconds(date: datetime | None) -> Instant | None:
    """A date of no zone or before 1990 is none."""
    if date is None or date.tzinfo is None or date.year < _EARLIEST_YEAR:
        return None
    return int(date.timestamp() * 1000)


def _settle(future: asyncio.Future[Any], result: Any, error: BaseException | None) -> None:
    if future.done():
        return
    if error is None:
        future.set_result(result)
    else:
        future.set_exception(error)


class _Client(IMAPClient):  # type: ignore[misc]  # it bears no types
    """The library's client, which also sees what came in one packet with the server's answer to IDLE: no socket tells of that."""

    _without_waiting = False

    def already_read(self) -> bool:
        """Whether the server has said something since IDLE began."""
        self._without_waiting = True
        try:
            return bool(self.idle_check(0))
        finally:
            self._without_waiting = False

    def _poll_socket(self, sock: socket.socket, timeout: float | None = None) -> Any:
        return [sock] if self._without_waiting else super()._poll_socket(sock, timeout)


class ImapConnection:
    """A logged-in connection. Every method raises ``OSError`` or ``imaplib.IMAP4.error`` when it breaks; it is of no use then."""

    def __init__(self, settings: ImapSettings, token: Token | None = None) -> None:
        """``token``: shown instead of a password, if none is set."""
        self._settings = settings
        self._token = None if settings.password else token
        self._thread = _Thread("imap")
        self._client: _Client | None = None

    async def open(self) -> None:
        """Connect, encrypt as the settings say, log in. Raises ``NeedsLogin`` and ``TryLater`` for a token that cannot be had."""
        token = "" if self._token is None else await self._token("")
        try:
            await self._thread.call(lambda: self._open(token))
        except LoginError:
            if self._token is None:
                raise
            another = await self._token(token)  # its time may have ended early
            await self._thread.call(self._shut_down)
            await self._thread.call(lambda: self._open(another))

    def _open(self, token: str) -> None:
        s = self._settings
        context = None if s.security == "plain" else tls_context(s.ca_file)
        timeout = SocketTimeout(CONNECT_SECONDS, ANSWER_SECONDS)
        self._client = _Client(s.host, s.at_port, ssl=s.security == "tls", ssl_context=context, timeout=timeout)
        self._client.normalise_times = False
        if s.security == "starttls":
            self._client.starttls(context)
        if token:
            first = f"user={s.user}\1auth=Bearer {token}\1\1"
            # Whatever is said after it is why it was refused; the refusal itself comes after an empty answer.
            self._client.sasl_login("XOAUTH2", lambda said: b"" if said else first)
        elif f"{s.user}{s.password}".isascii():
            self._client.login(s.user, s.password)
        else:
            self._client.plain_login(s.user, s.password)  # LOGIN knows no other letters

    async def examine(self, folder: str) -> Folder:
        """Select it read-only: no flag of a mail ever changes by our reading."""
        answer = await self._thread.call(lambda: self._opened.select_folder(folder, readonly=True))
        return Folder(int(answer[b"UIDVALIDITY"]), int(answer[b"EXISTS"]), int(answer.get(b"UIDNEXT", 0)))

    async def uids_from(self, low: int, exists: int) -> list[int]:
        """The UIDs from ``low`` on, ascending, of a folder with ``exists`` mails. Asks from the newest backwards."""
        found: list[int] = []
        top = exists
        while top > 0:
            bottom = max(1, top - WINDOW + 1)
            asked = [f"{bottom}:{top}", "UID", f"{low}:*"]
            answer = await self._thread.call(functools.partial(self._opened.search, asked))
            part = [uid for uid in answer if uid >= low]  # "low:*" always gives the last mail, even below low
            found += part
            if len(part) < top - bottom + 1:
                break
            top = bottom - 1
        return sorted(found)

    async def listing(self, uids: Sequence[int]) -> dict[int, Listed]:
        """Size and INTERNALDATE (RFC 3501 section 2.3.3) by UID; mails that are gone are left out."""
        answer = await self._thread.call(lambda: self._opened.fetch(uids, ["RFC822.SIZE", "INTERNALDATE"]))
        return {
            uid: Listed(int(data[b"RFC822.SIZE"]), _milliseconds(data.get(b"INTERNALDATE")))
            for uid, data in answer.items()
            if b"RFC822.SIZE" in data
        }

    async def fetch(self, uids: Sequence[int], of: Callable[[bytes], Result]) -> dict[int, tuple[bytes, Result]]:
        """Whole small mails by UID, each with what ``of`` (run in the thread) makes of it; mails that are gone are left out."""

        def work() -> dict[int, tuple[bytes, Result]]:
            answer = self._opened.fetch(uids, ["BODY.PEEK[]"])
            bodies = {uid: data[b"BODY[]"] for uid, data in answer.items() if data.get(b"BODY[]") is not None}
            return {uid: (body, of(body)) for uid, body in bodies.items()}

        return await self._thread.call(work)

    async def fetch_large(self, uid: int, of: Callable[[bytes], Result]) -> tuple[bytes, Result] | None:
        """One mail of any size, piece by piece; None when it is gone."""
        pieces: list[bytes] = []
        while True:
            piece = await self._piece(uid, f"BODY.PEEK[]<{sum(map(len, pieces))}.{CHUNK}>")
            if piece is None:
                return None
            pieces.append(piece)
            if len(piece) < CHUNK:
                break
        body = b"".join(pieces)
        return body, await self._thread.call(lambda: of(body))

    async def header(self, uid: int) -> bytes | None:
        """The header of one mail; None when it is gone."""
        return await self._piece(uid, "BODY.PEEK[HEADER]")

    async def _piece(self, uid: int, item: str) -> bytes | None:
        answer = await self._thread.call(lambda: self._opened.fetch([uid], [item]))
        found = (value for key, value in answer.get(uid, {}).items() if key.startswith(b"BODY["))
        return next((value for value in found if isinstance(value, bytes)), None)

    async def wait(self, seconds: float) -> None:
        """Returns when the server says that something changed, at the latest after ``seconds``."""
        if await self._thread.call(lambda: self._opened.has_capability("IDLE")):
            await self._thread.call(lambda: self._idle(seconds))
        else:
            await asyncio.sleep(seconds)

    def _idle(self, seconds: float) -> None:
        client = self._opened
        client.idle()
        if not client.already_read():
            client.idle_check(seconds)
        client.idle_done()

    @property
    def _opened(self) -> _Client:
        if self._client is None:
            raise ConnectionError("not connected")
        return self._client

    def close(self) -> None:
        """Break off whatever the thread is doing, and let it tidy up by itself. Never blocks."""
        if self._client is not None:
            with suppress(OSError, ValueError):
                # Past the TLS layer on purpose: its own shutdown waits for the very call that has to end.
                socket.socket.shutdown(self._client.socket(), socket.SHUT_RDWR)
        self._thread.call(self._shut_down).add_done_callback(lambda done: done.cancelled() or done.exception())
        self._thread.stop()

    def _shut_down(self) -> None:
        if self._client is not None:
            self._client.shutdown()
