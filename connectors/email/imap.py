"""Reads one folder of a mailbox for ever: by IDLE where the server has it, every minute in any case, from a durable cursor.

The cursor {uidvalidity, last_uid, recent} moves only after the mails were stored. The last 50 UIDs are looked at again, because
a server may show a lower UID late; another UIDVALIDITY means that the whole folder is read again, and the mails' own keys keep
it from doubling (RFC 9051 section 2.3.1.1, RFC 4549). Flags are neither read nor changed.
"""

from __future__ import annotations

import asyncio
import random
import re
import time
from collections import Counter
from collections.abc import Callable
from typing import Final

from imapclient.exceptions import CapabilityError, LoginError
from msgspec import Struct

from connectors.email import limits
from connectors.email.headers import one_line
from connectors.email.imap_connection import Folder, ImapConnection, Listed
from connectors.email.imap_position import LARGE, Position, groups, position, stored
from connectors.email.key import mail_key
from connectors.email.mime import BACKLOG, RECEIVED_AT, UNREADABLE
from connectors.email.oauth import Token
from connectors.email.settings import ImapSettings
from connectors.email.trust import NoAuthority, why_untrusted
from inbox.connector import Deliver, Health, RawDelivery, Tools
from inbox.core.errors import NeedsLogin, TryLater
from inbox.core.ids import ChannelId
from inbox.core.oauth import LOGIN_SERVICE

SIZES_AT_ONCE: Final = 500
STRIKES: Final = 3
"""Connections that may break while one mail is being fetched before it is set aside."""

MOST_IN_A_ROW: Final = 10
"""Mails set aside with none fetched between them; more of them is the server's trouble, and it is waited for."""


class Pace(Struct, frozen=True):
    """How often and how patiently, in seconds: between polls, after the first and the longest trouble, after a refused login,
    before what was set aside is tried again."""

    poll: float = 60.0
    first_pause: float = 0.5
    longest_pause: float = 300.0
    login_pause: float = 60.0
    retry_aside: float = 3600.0


STEADY = Pace()


def trouble(error: BaseException, settings: ImapSettings) -> Health:
    """What is wrong with the mailbox and what to do about it."""
    where = f"{settings.host}:{settings.at_port}"
    if untrusted := why_untrusted(error):
        return Health(
            False, f"The certificate of {where} is not trusted: {untrusted}.", "Set imap.ca_file to the authority that issued it."
        )
    if isinstance(error, NoAuthority):
        return Health(False, f"imap.ca_file: {error}.", "Set imap.ca_file to a file with the certificate of the authority.")
    if isinstance(error, NeedsLogin):
        return Health(False, error.reason, error.remedy or "Correct the oauth settings.")
    if isinstance(error, LoginError):
        said = _said(error)
        remedy = "Correct imap.user and imap.password." if settings.password else f"Sign in as {settings.user}, and let IMAP be used there."
        return Health(False, f"{where} refused the login of {settings.user}: {said}", remedy)
    if isinstance(error, CapabilityError):
        return Health(False, f"{where} lacks what is needed: {_said(error)}", "Set imap.security to what the server offers.")
    if isinstance(error, TryLater) and error.reason.startswith(LOGIN_SERVICE):
        return Health(False, f"No token can be had to read mail: {error.reason}", "It is tried again by itself; nothing is lost.")
    if isinstance(error, TryLater):
        return Health(False, "Mail cannot be stored at the moment, so none is read.", "See the health of the database.")
    said = _said(error) or type(error).__name__
    remedy = "Check that the server runs, and that imap.host, imap.port and imap.folders are right."
    return Health(False, f"The mailbox on {where} cannot be read: {said}", remedy)


def _said(error: BaseException) -> str:
    """The server's words in one line; the library gives them as Python writes bytes."""
    found = re.fullmatch(r"b(?P<mark>['\"])(?P<words>.*)(?P=mark)", one_line(str(error)))
    return (found["words"] if found else one_line(str(error)))[:200]


class FolderReader:
    """One folder of one mailbox."""

    def __init__(
        self,
        channel: ChannelId,
        settings: ImapSettings,
        folder: str,
        context: dict[str, str],
        tools: Tools,
        deliver: Deliver,
        report: Callable[[Health], None],
        pace: Pace = STEADY,
        token: Token | None = None,
    ) -> None:
        """``context`` goes along with every delivery."""
        self._channel = channel
        self._settings = settings
        self._folder = folder
        self._context = {**context, "via": "imap", "folder": folder}
        self._tools = tools
        self._deliver = deliver
        self._report = report
        self._pace = pace
        self._token = token
        self._failures = 0
        self._strikes: Counter[int] = Counter()
        self._fetching: tuple[int, ...] = ()
        self._aside_in_a_row = 0
        self._retry_aside_at = time.monotonic() + self._pace.retry_aside

    async def run(self) -> None:
        """Until cancelled; a broken connection is made again, ever more slowly."""
        while True:
            connection = ImapConnection(self._settings, self._token)
            try:
                await self._follow(connection)
            except Exception as broken:  # noqa: BLE001 - whatever a server does, it must not end the reading
                self._strikes.update(self._fetching)
                self._fetching = ()
                self._failures += 1
                self._report(trouble(broken, self._settings))
                pause = self._pause(broken)
            finally:
                connection.close()
            await self._tools.access.consented(pause)

    def _pause(self, broken: Exception) -> float:
        floor = self._pace.login_pause if isinstance(broken, LoginError | NeedsLogin) else 0.0
        wait = min(self._pace.first_pause * float(2 ** min(self._failures - 1, 20)), self._pace.longest_pause)
        return max(floor, wait) * (0.5 + random.random() / 2)  # not all at once after an outage

    async def _follow(self, connection: ImapConnection) -> None:
        await connection.open()
        looked_at = None
        while True:
            folder = await connection.examine(self._folder)
            if folder != looked_at:
                await self._catch_up(connection, folder)
                await self._try_aside_again(connection, folder)
                # What arrived meanwhile may have been told already, and is not told again when the waiting begins.
                looked_at = folder
                continue
            self._failures = 0
            self._report(Health(True))
            await connection.wait(self._pace.poll)
            if time.monotonic() >= self._retry_aside_at or not folder.next_uid:
                looked_at = None

    async def _position(self, folder: Folder) -> Position:
        return position(await self._tools.cursor.load(self._cursor), folder.validity)

    async def _catch_up(self, connection: ImapConnection, folder: Folder) -> None:
        at = await self._position(folder)
        known = set(at.recent)
        there = await connection.uids_from(at.low, folder.exists)
        at = at.first_seen(there)
        new = [uid for uid in there if uid not in known]
        for start in range(0, len(new), SIZES_AT_ONCE):
            asked = new[start : start + SIZES_AT_ONCE]
            listed = await connection.listing(asked)
            for group in groups({uid: mail.size for uid, mail in listed.items()}, self._strikes):
                at = await self._save(at.after(group, await self._take(connection, group, listed, folder, at)))
            if gone := [uid for uid in asked if uid not in listed]:
                at = await self._save(at.after(gone))

    async def _try_aside_again(self, connection: ImapConnection, folder: Folder) -> None:
        """What the server could not hand over may have been its fault of an hour: nothing is given up for ever."""
        if time.monotonic() < self._retry_aside_at:
            return
        self._retry_aside_at = time.monotonic() + self._pace.retry_aside
        at = await self._position(folder)
        listed = await connection.listing(at.aside) if at.aside else {}
        for uid in at.aside:
            if uid in listed:
                await self._store(await self._fetch(connection, [uid], listed, at))
            at = await self._save(at.after([uid]))

    @property
    def _cursor(self) -> str:
        return f"imap:{self._folder}"

    async def _save(self, at: Position) -> Position:
        await self._tools.cursor.save(self._cursor, stored(at))
        return at

    async def _take(
        self, connection: ImapConnection, group: list[int], listed: dict[int, Listed], folder: Folder, at: Position
    ) -> list[int]:
        """Fetch a group and return once all of it is stored: which of its mails were set aside."""
        if len(group) == 1 and self._strikes[group[0]] >= STRIKES and self._aside_in_a_row < MOST_IN_A_ROW:
            self._aside_in_a_row += 1
            await self._store([self._set_aside(group[0], folder)])
            self._strikes.pop(group[0])
            return group
        self._fetching = tuple(group)
        raws = await self._fetch(connection, group, listed, at)
        self._fetching = ()
        self._aside_in_a_row = 0
        await self._store(raws)
        for uid in group:
            self._strikes.pop(uid, None)
        return []

    async def _store(self, raws: list[RawDelivery]) -> None:
        for outcome in await asyncio.gather(*(self._deliver(raw) for raw in raws), return_exceptions=True):
            if isinstance(outcome, BaseException):
                raise outcome

    async def _fetch(self, connection: ImapConnection, group: list[int], listed: dict[int, Listed], at: Position) -> list[RawDelivery]:
        (first, *others) = group
        came = {uid: _came(listed[uid], uid <= at.backlog) for uid in group}
        if not others and listed[first].size > limits.MESSAGE:
            header = await connection.header(first)
            return [] if header is None else [self._raw(mail_key(header), header, {**came[first], UNREADABLE: "too_large"})]
        if not others and listed[first].size > LARGE:
            whole = await connection.fetch_large(first, mail_key)
            return [] if whole is None else [self._raw(whole[1], whole[0], came[first])]
        mails = await connection.fetch(group, mail_key)
        return [self._raw(key, body, came[uid]) for uid, (body, key) in mails.items()]

    def _set_aside(self, uid: int, folder: Folder) -> RawDelivery:
        """Stands for a mail that the server cannot hand over: shown as unreadable until it can."""
        key = f"imap:{self._folder}:{folder.validity}:{uid}"
        return self._raw(key, b"", {UNREADABLE: "fetch_failed", "uid": str(uid)})

    def _raw(self, key: str, body: bytes, more: dict[str, str] | None = None) -> RawDelivery:
        return RawDelivery(self._channel, key, body, self._tools.now(), context={**self._context, **(more or {})})


def _came(mail: Listed, backlog: bool) -> dict[str, str]:
    """When the server got it, and whether that was before the folder was first read."""
    if mail.received_at is None:
        return {}
    return {RECEIVED_AT: str(mail.received_at), **({BACKLOG: "yes"} if backlog else {})}


async def probe(settings: ImapSettings, token: Token | None = None) -> Health:
    """Log in and look into every folder; what is wrong and what to do."""
    connection = ImapConnection(settings, token)
    try:
        await connection.open()
        for folder in settings.folders:
            await connection.examine(folder)
    except Exception as broken:  # noqa: BLE001 - every way in which a server can fail is an answer here
        return trouble(broken, settings)
    finally:
        connection.close()
    return Health(True)
