"""Email: received by IMAP or from a mail server by LMTP or SMTP, sent by SMTP.

The parser is imported here, everything that talks to the net only where it is used: the processes that run the parser stay small.
"""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Iterable, Sequence
from typing import TYPE_CHECKING, ClassVar, Final

from msgspec import Struct

from connectors.email.mime import parse_mail
from connectors.email.oauth import Token
from connectors.email.settings import EmailSettings
from inbox.connector import Capabilities, Connector, Deliver, Health, Item, OutboundMessage, RawDelivery, Sent, Tools
from inbox.core.errors import InboxError, NeedsLogin, Rejected, TryLater, Unsupported
from inbox.core.ids import ChannelId
from inbox.core.oauth import LOGIN_SERVICE, OAuthClient

if TYPE_CHECKING:
    from connectors.email.compose import Composed

_LARGE: Final = 256 * 1024
_REPEAT_AFTER: Final = 15 * 60 * 1000
"""Whether a mail was taken is not known when the answer to it was lost (RFC 1047). A repetition bears the same Message-ID."""

_OUT_OF_REACH: Final = ("not_reached", "certificate_not_trusted", "no_authority", LOGIN_SERVICE)  # and not one mail that is to come again


class EmailConnector(Connector):
    """One mail address with its mailbox, its listener and its way out, each of them optional."""

    name: ClassVar[str] = "email"
    title: ClassVar[str] = "Email"
    purpose: ClassVar[str] = "A mailbox, or mail handed over by your mail server."
    capabilities: Capabilities = Capabilities(
        address_kind="email",
        reply_keys=True,
        parse_outside=True,
        subject=True,
        recipients=True,
        html=True,
        repeat_after=_REPEAT_AFTER,
    )
    Settings: ClassVar[type[Struct]] = EmailSettings
    settings: EmailSettings

    def __init__(self, channel: ChannelId, settings: EmailSettings, tools: Tools) -> None:
        super().__init__(channel, settings, tools)
        self._parts: dict[str, Health] = {}

    @classmethod
    def parse(cls, raw: RawDelivery) -> Sequence[Item]:
        """One message, or receipts for mails of ours. Of any bytes; raises nothing."""
        return parse_mail(raw)

    def consent(self) -> OAuthClient | None:
        """Where the mailbox's owner lets us in, for mailboxes that take no password."""
        return None if self.settings.oauth is None else self.settings.oauth.client(*self.settings.users)

    @property
    def _token(self) -> Token | None:
        client = self.consent()
        return None if client is None else lambda refused: self.tools.access.token(client, refused)

    def _report(self, part: str) -> Callable[[Health], None]:
        """Reports for one part; the channel is well if all its parts are."""

        def report(health: Health) -> None:
            self._parts[part] = health
            self.tools.report(_together(self._parts.values()))

        return report

    async def receive(self, deliver: Deliver) -> None:
        """Reads every folder and listens, until cancelled."""
        from asyncio import TaskGroup

        if self.settings.imap is None and self.settings.listener is None:
            raise Unsupported("neither imap nor listener is set")
        async with TaskGroup() as tasks:
            for part in (*self._readers(deliver), *self._listeners(deliver)):
                tasks.create_task(part)

    @property
    def _context(self) -> dict[str, str]:
        return {"authserv_id": self.settings.authserv_id, "own": " ".join(sorted(self.settings.own))}

    def _readers(self, deliver: Deliver) -> list[Coroutine[None, None, None]]:
        from connectors.email.imap import FolderReader

        imap, context, token = self.settings.imap, self._context, self._token
        if imap is None:
            return []
        return [
            FolderReader(self.channel, imap, folder, context, self.tools, deliver, self._report(f"imap:{folder}"), token=token).run()
            for folder in imap.folders
        ]

    def _listeners(self, deliver: Deliver) -> list[Coroutine[None, None, None]]:
        from connectors.email.listener import Listener

        if self.settings.listener is None:
            return []
        listener = Listener(self.channel, self.settings.listener, self.settings.own, self._context, self.tools, deliver)
        return [listener.run(self._report("listener"))]

    def render(self, message: OutboundMessage) -> str:
        """The plain text as it would be sent, with signature and quotation."""
        from connectors.email.markup import as_text

        return as_text(message)

    async def _composed(self, message: OutboundMessage) -> Composed:
        from asyncio import to_thread

        from connectors.email.compose import compose

        contents = {file.file: b"".join([piece async for piece in self.tools.open_file(file.file)]) for file in message.files}
        if sum(map(len, contents.values())) > _LARGE:
            return await to_thread(compose, message, self.settings, contents)
        return compose(message, self.settings, contents)

    async def written(self, message: OutboundMessage) -> bytes:
        """The mail with all its fields."""
        return (await self._composed(message)).data

    async def send(self, message: OutboundMessage) -> Sent:
        """Hands the mail in. A repeated attempt sends the same bytes with the same Message-ID."""
        from connectors.email.smtp import submit

        if self.settings.smtp is None:
            raise Rejected("This channel has no way out: set smtp.")
        mail = await self._composed(message)
        report = self._report("smtp")
        try:
            sent = await submit(mail, self.settings.smtp, self.settings.id_domain, token=self._token)
        except (NeedsLogin, TryLater) as wrong:
            if isinstance(wrong, NeedsLogin) or wrong.reason.startswith(_OUT_OF_REACH):
                report(_out_of_order(wrong))
            raise
        report(Health(True))
        return sent

    def send_seconds(self, message: OutboundMessage) -> float:
        """As long as a line may take that is slow but moves: minutes for a short mail, more than an hour for the largest."""
        from connectors.email.smtp import LIMITS

        files = sum(file.size for file in message.files)
        return LIMITS.whole(files * 3 // 2 + _LARGE)  # base64 makes three bytes four, and lines of them

    async def probe(self) -> Health:
        """Logs in wherever mail is read and handed in; tells of everything that is wrong."""
        from asyncio import TaskGroup

        async with TaskGroup() as tasks:
            parts = [tasks.create_task(self._probe_imap()), tasks.create_task(self._probe_smtp())]
        return _together(part.result() for part in parts)

    async def _probe_imap(self) -> Health:
        from connectors.email.imap import probe

        return await probe(self.settings.imap, self._token) if self.settings.imap else Health(True)

    async def _probe_smtp(self) -> Health:
        from connectors.email.smtp import check

        if self.settings.smtp is None:
            return Health(True)
        try:
            await check(self.settings.smtp, self.settings.id_domain, self._token)
        except InboxError as wrong:
            return _out_of_order(wrong)
        return Health(True)


def _together(parts: Iterable[Health]) -> Health:
    """The health of the whole: every problem and every remedy of its parts, each once."""
    faults = [part for part in parts if not part.ok]
    if not faults:
        return Health(True)
    return Health(False, " ".join(dict.fromkeys(f.problem for f in faults)), " ".join(dict.fromkeys(f.remedy for f in faults)))


def _out_of_order(wrong: InboxError) -> Health:
    """What is wrong with the way out, and what to do."""
    said = str(wrong)
    if isinstance(wrong, NeedsLogin) and wrong.remedy:
        return Health(False, wrong.reason, wrong.remedy)
    if said.startswith(LOGIN_SERVICE):
        return Health(False, f"No token can be had to send mail: {said}", "It is tried again by itself; mails wait until then.")
    if isinstance(wrong, NeedsLogin):
        return Health(False, f"The mail server refused our login: {said}", "Correct smtp.user and smtp.password.")
    if said.startswith("certificate_not_trusted"):
        remedy = "Set smtp.ca_file to the authority that issued it, and smtp.host to a name that it bears."
        return Health(False, f"The mail server's certificate is not trusted: {said.partition(': ')[2]}", remedy)
    if said.startswith("no_authority"):
        remedy = "Set smtp.ca_file to a file with the certificate of the authority."
        return Health(False, f"smtp.ca_file: {said.partition(': ')[2]}.", remedy)
    if isinstance(wrong, Rejected):
        return Health(False, f"The mail server refuses us: {said}", "Ask its operator; mails are not sent.")
    return Health(False, f"The mail server cannot be used: {said}", "Check that it runs, and smtp.host, smtp.port and smtp.security.")


CONNECTORS = (EmailConnector,)
