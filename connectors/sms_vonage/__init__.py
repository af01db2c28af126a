"""SMS by Vonage: received by signed webhook, sent by its Messages API or its SMS API."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from typing import ClassVar, Final

from msgspec import Struct

from connectors.sms_vonage.incoming import KIND, parse
from connectors.sms_vonage.rest import Rest
from connectors.sms_vonage.settings import VonageSettings
from connectors.sms_vonage.signature import verify
from inbox.connector import Capabilities, Connector, Health, Item, OutboundMessage, RawDelivery, Sent, Tools
from inbox.core.errors import InboxError, NeedsLogin, Rejected
from inbox.core.ids import ChannelId
from inbox.core.plain import plain

TEXT_LIMIT: Final = 1000


class VonageSms(Connector):
    """One number, short code or name. Its delivery reports name our own id of the message, so that even an uncertain send is settled."""

    name: ClassVar[str] = "sms_vonage"
    title: ClassVar[str] = "SMS by Vonage"
    purpose: ClassVar[str] = "Text messages by a number at Vonage."
    capabilities: Capabilities = Capabilities(
        address_kind="phone", conversational=True, receipts=True, opt_out=True, media=False, text_limit=TEXT_LIMIT, rate=30.0
    )
    Settings: ClassVar[type[Struct]] = VonageSettings
    settings: VonageSettings

    def __init__(self, channel: ChannelId, settings: VonageSettings, tools: Tools) -> None:
        super().__init__(channel, settings, tools)
        public = tools.hooks.startswith("https://")
        self._rest = Rest(settings, tools, f"{tools.hooks}{self.name}/{channel}" if public else "")

    def verify(self, raw: RawDelivery) -> None:
        """See ``signature``."""
        verify(raw, self.settings.signature_secret, self.settings.api_key)

    @classmethod
    def parse(cls, raw: RawDelivery) -> Sequence[Item]:
        """See ``incoming``."""
        return parse(raw)

    def render(self, message: OutboundMessage) -> str:
        """The plain text."""
        return plain(message.text)

    async def send(self, message: OutboundMessage) -> Sent:
        """By the interface that the settings name."""
        addresses = message.envelope or tuple(a.value for a in message.to if a.kind == KIND)
        text = plain(message.text)
        if len(addresses) != 1:
            raise Rejected("An SMS goes to exactly one number.")
        if message.files:
            raise Rejected("This channel sends text only; put a link into the text.")
        if not text:
            raise Rejected("There is nothing to send.")
        send = self._rest.send_by_messages if self.settings.api == "messages" else self._rest.send_by_sms
        return await send(message, addresses[0], text)

    async def fetch(self, ref: str) -> AsyncIterator[bytes]:
        """A file of an MMS; only Vonage itself sees our credentials."""
        return self.tools.http.download(ref, headers=self._rest.authorization, own=self.settings.messages_url)

    async def probe(self) -> Health:
        """Asks for the account's credit."""
        try:
            await self._rest.balance()
        except NeedsLogin as refused:
            return Health(False, f"Vonage refuses our access: {refused.reason}", "Check api_key and api_secret, and the account's credit.")
        except InboxError as wrong:
            return Health(False, f"Vonage cannot be used now: {wrong}", "It is tried again; see vonageapi.statuspage.io.")
        return Health(True)


CONNECTORS = (VonageSms,)
