"""SMS and MMS by Twilio: received by webhook and, where that failed, by listing; sent by the Messages API."""

from __future__ import annotations

import asyncio
import unicodedata
from collections.abc import AsyncIterator, Sequence
from typing import ClassVar, Final

import msgspec
from msgspec import Struct

from connectors.sms_twilio.incoming import KIND, Resource, parse
from connectors.sms_twilio.refusals import sentence
from connectors.sms_twilio.rest import Rest
from connectors.sms_twilio.settings import TwilioSettings
from connectors.sms_twilio.signature import OVERRIDES, verify
from inbox.connector import Answer, Capabilities, Connector, Deliver, Health, Item, OutboundMessage, RawDelivery, Sent, Tools
from inbox.core.errors import InboxError, NeedsLogin, Rejected, Unsupported
from inbox.core.ids import ChannelId, Instant
from inbox.core.phone import e164
from inbox.core.plain import plain

TEXT_LIMIT: Final = 1600
MOST_FILES: Final = 10

_OVERLAP_MS: Final = 10 * 60 * 1000
"""How much of what was listed is listed again: a message may be shown late. What was delivered before is known by its id."""

_CLOCKS_MS: Final = 5_000
"""By how much Twilio's clock may be behind ours when a send is looked up."""

_FAILED: Final = frozenset({"failed", "undelivered", "canceled"})


class TwilioSms(Connector):
    """One number, or one messaging service with its numbers."""

    name: ClassVar[str] = "sms_twilio"
    title: ClassVar[str] = "SMS by Twilio"
    purpose: ClassVar[str] = "Text and picture messages by a number at Twilio."
    capabilities: Capabilities = Capabilities(address_kind="phone", conversational=True, receipts=True, opt_out=True, text_limit=TEXT_LIMIT)
    Settings: ClassVar[type[Struct]] = TwilioSettings
    settings: TwilioSettings

    def __init__(self, channel: ChannelId, settings: TwilioSettings, tools: Tools) -> None:
        super().__init__(channel, settings, tools)
        self._rest = Rest(settings, tools)

    def verify(self, raw: RawDelivery) -> None:
        """See ``signature``."""
        verify(raw, self.settings.auth_token)

    @classmethod
    def parse(cls, raw: RawDelivery) -> Sequence[Item]:
        """See ``incoming``."""
        return parse(raw)

    def answer(self, raw: RawDelivery) -> Answer:
        """An empty TwiML document: any other text would go to the customer."""
        return Answer("accepted", "<Response/>", "text/xml")

    def render(self, message: OutboundMessage) -> str:
        """The plain text."""
        return plain(message.text)

    async def send(self, message: OutboundMessage) -> Sent:
        """Twilio fetches the files itself, from addresses that are good for an hour."""
        to, text = _recipient(message), plain(message.text)
        if len(message.files) > MOST_FILES:
            raise Rejected(f"An MMS holds at most {MOST_FILES} files.")
        if not text and not message.files:
            raise Rejected("There is nothing to send.")
        fields = [("To", e164(to) or to), *self._from(), *([("Body", text)] if text else [])]
        fields += [("MediaUrl", self.tools.link(file.file, file.name)) for file in message.files]
        if self.tools.hooks.startswith("https://"):
            fields.append(("StatusCallback", f"{self.tools.hooks}{self.name}/{self.channel}{OVERRIDES}"))
        return _sent(await self._rest.create(fields), to)

    async def lookup(self, message: OutboundMessage) -> Sent | None:
        """Looks through what was sent to the number since the message was written, for the same text and as many files."""
        to, text, files = _recipient(message), plain(message.text), str(len(message.files))
        async for found in self._rest.messages(to=e164(to) or to, sender=self._own_number, page=50):
            if (found.created_at or 0) < message.at - _CLOCKS_MS:
                return None
            same = (found.num_media or "0") == files and _says_the_same(found.body or "", text)
            if same and found.direction.startswith("outbound") and self._is_ours(found):
                return _sent(found, to)
        return None

    async def receive(self, deliver: Deliver) -> None:
        """Now and then delivers what reached Twilio but not us: it tries a webhook only a few times."""
        if not self.settings.reconcile_minutes:
            raise Unsupported("reconcile_minutes is 0")
        while True:
            await self.catch_up(deliver)
            self.tools.report(Health(True))
            await asyncio.sleep(self.settings.reconcile_minutes * 60)

    async def catch_up(self, deliver: Deliver) -> None:
        """Delivers every incoming message that was listed since the last time, the oldest first; a repetition is known by its id.

        The first time only the place is kept: what came before the channel was set up is not asked for.
        """
        now = self.tools.now()
        since = (await self.tools.cursor.load("listed")).get("since")
        if isinstance(since, int):
            for found in reversed(await self._listed(since - _OVERLAP_MS)):
                whole = msgspec.structs.replace(found, media=await self._rest.media(found.sid)) if _has_media(found) else found
                await deliver(RawDelivery(self.channel, f"listed:{found.sid}", msgspec.json.encode(whole), now))
        await self.tools.cursor.save("listed", {"since": now})

    async def _listed(self, since: Instant) -> list[Resource]:
        """What came in for this channel, the newest first."""
        listed = self._rest.messages(to=self._own_number, since=since)
        return [m async for m in listed if m.direction == "inbound" and m.status != "receiving" and self._is_ours(m)]

    async def fetch(self, ref: str) -> AsyncIterator[bytes]:
        """A file of an MMS; only Twilio itself sees our credentials, not where it sends us on to."""
        return self.tools.http.download(ref, headers=self._rest.authorization, own=self.settings.base_url)

    async def probe(self) -> Health:
        """Lists one message."""
        try:
            async for _ in self._rest.messages(page=1):
                break
        except NeedsLogin as refused:
            return Health(False, f"Twilio refuses our access: {refused.reason}", "Check account_sid and auth_token, or the API key.")
        except InboxError as wrong:
            return Health(False, f"Twilio cannot be used now: {wrong}", "It is tried again; see status.twilio.com.")
        return Health(True)

    @property
    def _own_number(self) -> str:
        """What messages can be listed by; '' when several numbers serve the channel."""
        return "" if self.settings.messaging_service_sid else self.settings.sender

    def _from(self) -> list[tuple[str, str]]:
        service, sender = self.settings.messaging_service_sid, self.settings.sender
        return [*([("MessagingServiceSid", service)] if service else []), *([("From", sender)] if sender else [])]

    def _is_ours(self, found: Resource) -> bool:
        service = self.settings.messaging_service_sid
        return not service or found.messaging_service_sid == service


def _recipient(message: OutboundMessage) -> str:
    addresses = message.envelope or tuple(a.value for a in message.to if a.kind == KIND)
    if len(addresses) != 1:
        raise Rejected("An SMS goes to exactly one number.")
    return addresses[0]


def _sent(found: Resource, to: str) -> Sent:
    refused = {to: sentence(found.error_code or 0, found.error_message or "")} if found.status in _FAILED else {}
    return Sent(provider_id=found.sid, external_id=found.sid, refused=refused)


def _has_media(found: Resource) -> bool:
    return (found.num_media or "0") != "0"


def _says_the_same(one: str, other: str) -> bool:
    """Whether letters and digits agree: Twilio may put simpler signs in the place of quotes and dashes."""
    letters = _letters(one)
    return letters == _letters(other) if letters else one.strip() == other.strip()


def _letters(text: str) -> str:
    return "".join(ch for ch in unicodedata.normalize("NFKD", text).casefold() if ch.isalnum())


CONNECTORS = (TwilioSms,)
