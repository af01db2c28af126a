"""Hands a mail in to a mail server, and says for certain whether it was taken, refused, to be tried later, or nobody knows.

RFC 5321 and RFC 6531; what follows from a lost connection is RFC 1047's question: after the data was sent, nobody knows.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager, suppress
from typing import Final

import aiosmtplib
from aiosmtplib import SMTP
from msgspec import Struct

from connectors.email.compose import Composed
from connectors.email.headers import one_line
from connectors.email.oauth import Token
from connectors.email.settings import SmtpSettings
from connectors.email.trust import NoAuthority, tls_context, why_untrusted
from inbox.connector import Sent
from inbox.core.errors import NeedsLogin, Rejected, TryLater, Unknown

CHECK_SECONDS: Final = 45.0
"""For a mere look whether the server lets us in."""


class Limits(Struct, frozen=True):
    """How long a mail server may take, in seconds: RFC 5321 section 4.5.3.2, but for connecting, which should not take minutes.

    ``prepare`` is for everything before the data, ``answer`` for the answer to it; ``slowest`` is the slowest line in bytes a
    second that a mail gets through.
    """

    connect: float = 60.0
    command: float = 300.0
    prepare: float = 600.0
    answer: float = 600.0
    slowest: int = 8 * 1024

    def data(self, size: int) -> float:
        """For handing over a mail of so many bytes and hearing the answer."""
        return self.answer + size / self.slowest

    def whole(self, size: int) -> float:
        """For all of it; whoever calls ``submit`` may stop waiting after that."""
        return self.prepare + self.data(size)


LIMITS: Final = Limits()

_LOGIN_CODES: Final = frozenset((530, 534, 535, 538))


def _said(code: int, message: str) -> str:
    return one_line(f"{code} {message}")[:300]


def _refusal(error: aiosmtplib.SMTPResponseException) -> Exception:
    """What a refusal means: 4xx not now, login codes for the admin, everything else for good."""
    said = _said(error.code, error.message)
    if 400 <= error.code < 500:
        return TryLater(said)
    if error.code in _LOGIN_CODES:
        return NeedsLogin(said)
    return Rejected(said)


async def _login(client: SMTP, settings: SmtpSettings, token: Token | None) -> None:
    try:
        if token is None or settings.password:
            await client.login(settings.user, settings.password)
        else:
            await _show(client, settings.user, token)
    except aiosmtplib.SMTPAuthenticationError as refused:
        if 400 <= refused.code < 500:
            raise
        raise NeedsLogin(_said(refused.code, refused.message)) from None
    except aiosmtplib.SMTPResponseException:
        raise
    except aiosmtplib.SMTPException as impossible:
        raise NeedsLogin(one_line(str(impossible))) from None


async def _show(client: SMTP, user: str, token: Token) -> None:
    """XOAUTH2 with a token, and with another one if the first is not taken: its time may have ended early."""
    first = await token("")
    try:
        await client.auth_xoauth2(user, first)
    except aiosmtplib.SMTPAuthenticationError as refused:
        if 400 <= refused.code < 500:
            raise
        await client.auth_xoauth2(user, await token(first))


def _unreachable(error: BaseException) -> TryLater:
    if isinstance(error, NoAuthority):
        return TryLater(f"no_authority: {error}"[:300], away=True)
    untrusted = why_untrusted(error)
    said = one_line(str(error)) or "it took too long"
    return TryLater(f"certificate_not_trusted: {untrusted}" if untrusted else f"not_reached: {said}"[:300], away=True)


@asynccontextmanager
async def _session(settings: SmtpSettings, greeting: str, limits: Limits, token: Token | None) -> AsyncIterator[SMTP]:
    """A connection that is encrypted and logged in as the settings ask, or an error; never less than they ask."""
    client = SMTP(
        hostname=settings.host,
        port=settings.at_port,
        use_tls=settings.security == "tls",
        start_tls=settings.security == "starttls",
        tls_context=None if settings.security == "plain" else tls_context(settings.ca_file),
        local_hostname=greeting,
        timeout=limits.command,
    )
    try:
        await client.connect(timeout=limits.connect)
        await client.ehlo()
        if settings.user:
            await _login(client, settings, token)
        yield client
        with suppress(aiosmtplib.SMTPException, OSError, TimeoutError):
            await client.quit(timeout=2)
    finally:
        break_off = getattr(client.transport, "abort", None)  # the transports of all event loops share no class that has it
        client.close()
        if break_off is not None:
            break_off()  # after an error nobody waits for a polite end of the encryption
            await asyncio.sleep(0)  # abort() closes the socket in the loop's next round


class _Refused(Struct, frozen=True):
    """Recipients that the server did not take, as the message wrote them, with its reasons: for good, and for now."""

    for_good: dict[str, str]
    for_now: dict[str, str]

    def add(self, recipients: Iterable[str], no: aiosmtplib.SMTPResponseException) -> None:
        """Note the server's answer for these."""
        (self.for_now if 400 <= no.code < 500 else self.for_good).update(dict.fromkeys(recipients, _said(no.code, no.message)))

    def nobody(self, said: str = "") -> Exception:
        """Nobody is left: tried later as long as it may help for one of them."""
        if self.for_now:
            return TryLater(said or next(iter(self.for_now.values())), recipients=self.for_good)
        return Rejected(said or next(iter(self.for_good.values())), self.for_good)


async def _envelope(client: SMTP, mail: Composed) -> _Refused:
    """Names sender and recipients; who was refused and why. Raises when nobody is left."""
    if mail.utf8 and not client.supports_extension("smtputf8"):
        raise Rejected("The mail server takes no addresses with letters beyond ASCII (SMTPUTF8).")
    options = ["SMTPUTF8", "BODY=8BITMIME"] if mail.utf8 else []
    if client.supports_extension("size"):
        options.append(f"SIZE={len(mail.data)}")
    encoding = "utf-8" if mail.utf8 else "ascii"
    await client.mail(mail.sender, options=options, encoding=encoding)
    refused, taken = _Refused({}, {}), 0
    for recipient, written in mail.recipients.items():
        try:
            await client.rcpt(recipient, encoding=encoding)
            taken += 1
        except aiosmtplib.SMTPRecipientRefused as no:
            refused.add(written, no)
    if not taken:
        raise refused.nobody()
    return refused


async def _data(client: SMTP, mail: Composed, refused: _Refused, seconds: float) -> None:
    try:
        await client.data(mail.data, timeout=seconds)
    except aiosmtplib.SMTPDataError as no:
        if no.code in _LOGIN_CODES:
            raise _refusal(no) from None
        known = refused.for_good.keys() | refused.for_now.keys()
        refused.add((address for written in mail.recipients.values() for address in written if address not in known), no)
        raise refused.nobody(_said(no.code, no.message)) from None
    except (aiosmtplib.SMTPException, OSError) as lost:
        why = f"The connection ended while the mail was handed over: {one_line(str(lost))}"[:300]
        raise Unknown(why, refused.for_good) from lost


async def submit(mail: Composed, settings: SmtpSettings, greeting: str, limits: Limits = LIMITS, token: Token | None = None) -> Sent:
    """Returns once the server has taken the mail for at least one recipient; ``refused`` and ``later`` tell of the others.

    Raises ``TryLater``, ``Rejected``, ``NeedsLogin``, or ``Unknown`` when the connection was lost after the data began.
    ``greeting`` is the name we call ourselves; ``token`` is shown if no password is set. An interruption from outside (a
    cancellation) leaves the outcome unknown.
    """
    try:
        async with asyncio.timeout(limits.prepare) as limit, _session(settings, greeting, limits, token) as client:
            refused = await _envelope(client, mail)
            limit.reschedule(None)
            await _data(client, mail, refused, limits.data(len(mail.data)))
    except aiosmtplib.SMTPResponseException as no:
        raise _refusal(no) from None
    except (aiosmtplib.SMTPException, OSError) as lost:
        raise _unreachable(lost) from lost
    return Sent(mail.message_id, mail.message_id, refused.for_good, refused.for_now)


async def check(settings: SmtpSettings, greeting: str, token: Token | None = None) -> None:
    """Connects and logs in. Raises ``TryLater``, ``Rejected`` or ``NeedsLogin``."""
    try:
        async with asyncio.timeout(CHECK_SECONDS), _session(settings, greeting, LIMITS, token):
            pass
    except aiosmtplib.SMTPResponseException as no:
        raise _refusal(no) from None
    except (aiosmtplib.SMTPException, OSError) as lost:
        raise _unreachable(lost) from lost
