"""Takes mail from a mail server by LMTP or SMTP, and says 250 only when it is stored (RFC 2033, RFC 5321).

The end of a mail is exactly CR LF . CR LF, so that nothing can be smuggled in behind a bare line feed. A mail over the size limit
is not lost: its header is stored with the note that it was too large.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from typing import Final

from aiosmtpd.lmtp import LMTP
from aiosmtpd.smtp import SMTP, Envelope, Session

from connectors.email import limits
from connectors.email.addresses import normal, untagged
from connectors.email.key import mail_key, top_fields
from connectors.email.mime import UNREADABLE
from connectors.email.settings import ListenerSettings
from inbox.connector import Deliver, Health, RawDelivery, Tools
from inbox.core.ids import ChannelId

MAILS_AT_ONCE: Final = 20
"""Mails that are held in memory; further senders wait."""

MOST_RECIPIENTS: Final = 100
IDLE_SECONDS: Final = 300
REBIND_SECONDS: Final = 15.0
"""Between two tries at a port that is taken: what has it may go, and senders keep the mail meanwhile."""
_STEP: Final = 1 << 16
_END: Final = b".\r\n"
_BIG: Final = 1 << 20

STORED: Final = "250 2.6.0 stored"
NOT_NOW: Final = "451 4.3.0 cannot be stored now, come again"


class _Reading:
    """A mail's bytes as they come, with doubled dots, up to the limit; beyond it only counted."""

    def __init__(self) -> None:
        self.kept = bytearray()
        self.size = 0
        self.tail = b""

    def add(self, piece: bytes) -> None:
        self.size += len(piece)
        if self.size <= limits.MESSAGE + limits.MIB:
            self.kept += piece
        self.tail = (self.tail + piece)[-5:]

    @property
    def ended(self) -> bool:
        return self.tail == b"\r\n" + _END or (self.size == len(_END) and self.tail == _END)

    def content(self) -> tuple[bytes, bool]:
        """The mail, and whether it is whole; of one that is too large only the header."""
        if self.size > limits.MESSAGE:
            header = bytes(self.kept[: limits.HEADER_SCAN + limits.KIB])
            return header[: top_fields(header).end], False
        whole = bytes(self.kept[: -len(_END)])
        plain = whole.replace(b"\r\n.", b"\r\n")
        return (plain[1:] if plain.startswith(b".") else plain), True


async def _read_mail(reader: asyncio.StreamReader) -> _Reading:
    reading = _Reading()
    while not reading.ended:
        try:
            reading.add(await reader.readuntil(_END))
        except asyncio.LimitOverrunError as more:
            reading.add(await reader.readexactly(more.consumed))
    return reading


class Listener:
    """One listening port of one channel; also what aiosmtpd asks about a session."""

    def __init__(
        self, channel: ChannelId, settings: ListenerSettings, own: frozenset[str], context: dict[str, str], tools: Tools, deliver: Deliver
    ) -> None:
        """``own``: the addresses that mail is taken for. ``context`` goes along with every delivery."""
        self._channel = channel
        self._settings = settings
        self._own = own
        self._context = context
        self._tools = tools
        self._deliver = deliver
        self._places = asyncio.Semaphore(MAILS_AT_ONCE)
        self._open: set[asyncio.BaseTransport] = set()
        self.port = 0
        """The port that is really listened on, once it is."""

    async def run(self, report: Callable[[Health], None]) -> None:
        """Listen until cancelled; a port that is taken is tried again."""
        # It would write every line of every mail and every address into the log.
        logging.getLogger("mail.log").setLevel(logging.ERROR)
        s = self._settings
        while True:
            try:
                server = await asyncio.get_running_loop().create_server(self._protocol, s.host, s.port)
            except OSError as taken:
                problem = f"Mail cannot be taken on {s.host}:{s.port}: {taken.strerror or taken}"
                report(Health(False, problem, "Stop what uses the port, or set listener.port to a free one."))
                await asyncio.sleep(REBIND_SECONDS)
                continue
            self.port = server.sockets[0].getsockname()[1]
            report(Health(True))
            try:
                async with server:
                    await server.serve_forever()
            finally:
                for transport in tuple(self._open):
                    transport.close()

    def _protocol(self) -> SMTP:
        kind: type[SMTP] = _Lmtp if self._settings.protocol == "lmtp" else _Smtp
        return kind(
            self,
            data_size_limit=None,
            enable_SMTPUTF8=True,
            hostname=next(iter(self._own)).rpartition("@")[2],
            ident="Inbox",
            timeout=IDLE_SECONDS,
            auth_exclude_mechanism=["LOGIN", "PLAIN"],
            loop=asyncio.get_running_loop(),
        )

    def opened(self, transport: asyncio.BaseTransport) -> None:
        """A connection that has to end with the listener."""
        self._open.add(transport)

    def closed(self, transport: asyncio.BaseTransport | None) -> None:
        """The connection is gone."""
        if transport is not None:
            self._open.discard(transport)

    async def handle_RCPT(self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]) -> str:
        """Only the channel's own addresses, with or without a tag: this is no relay."""
        if untagged(normal(address)) not in self._own:
            return "550 5.1.1 no such address here"
        if len(envelope.rcpt_tos) >= MOST_RECIPIENTS:
            return "452 4.5.3 too many recipients"
        envelope.rcpt_tos.append(address)
        return "250 2.1.5 ok"

    async def handle_exception(self, error: Exception) -> str:
        """A failure of ours is no refusal."""
        return NOT_NOW

    async def take(self, reader: asyncio.StreamReader, envelope: Envelope) -> str:
        """Reads one mail and answers for it."""
        async with self._places:
            reading = await _read_mail(reader)
            body, whole = reading.content()
            del reading
            key = await asyncio.to_thread(mail_key, body) if len(body) > _BIG else mail_key(body)
            context = {
                **self._context,
                "via": self._settings.protocol,
                "mail_from": envelope.mail_from or "<>",
                "rcpt_to": ", ".join(envelope.rcpt_tos),
                **({} if whole else {UNREADABLE: "too_large"}),
            }
            try:
                await self._deliver(RawDelivery(self._channel, key, body, self._tools.now(), context=context))
            except Exception:  # noqa: BLE001 - whatever went wrong here, the sender keeps the mail
                return NOT_NOW
            return STORED


class _Smtp(SMTP):
    """aiosmtpd's server, for mails of any size and line length, and with connections that end when the listener does."""

    line_length_limit = _STEP
    event_handler: Listener

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        super().connection_made(transport)
        self.event_handler.opened(transport)

    def connection_lost(self, error: Exception | None) -> None:
        self.event_handler.closed(self.transport)
        super().connection_lost(error)

    def answers(self, answer: str, recipients: int) -> list[str]:
        """How often the outcome of a mail is said: once for all."""
        return [answer]

    async def smtp_DATA(self, arg: str) -> None:
        """Reads the mail in large steps instead of lines, so that neither its size nor its lines have to be refused."""
        if await self.check_helo_needed():
            return
        envelope = self.envelope
        if envelope is None or not envelope.rcpt_tos:
            await self.push("503 5.5.1 need RCPT first")
        elif arg:
            await self.push("501 5.5.4 DATA takes no argument")
        else:
            await self.push("354 end with <CR><LF>.<CR><LF>")
            answer = await self.event_handler.take(self._reader, envelope)
            self.envelope = self._create_envelope()
            await self.push("\r\n".join(self.answers(answer, len(envelope.rcpt_tos))))


class _Lmtp(_Smtp, LMTP):
    def answers(self, answer: str, recipients: int) -> list[str]:
        """Once for each recipient (RFC 2033 section 4.2)."""
        return [answer] * recipients
