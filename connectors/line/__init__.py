"""LINE: a LINE Official Account by the Messaging API, received by webhook, sent as push messages that are carried out once."""

from __future__ import annotations

import hmac
from base64 import b64encode
from collections.abc import AsyncIterator, Sequence
from typing import ClassVar, Final

from msgspec import Struct

from connectors.line.outgoing import TEXT_LIMIT, bubbles, pushes, retry_key
from connectors.line.parsing import parse_webhook
from connectors.line.places import KIND, target
from connectors.line.rest import Rest
from connectors.line.settings import LineSettings
from inbox.connector import Capabilities, Connector, Health, Item, OutboundMessage, RawDelivery, Sent, Tools
from inbox.core.errors import InboxError, NeedsLogin, NotAuthentic, Rejected, TryLater, Unknown, Unsupported
from inbox.core.ids import ChannelId
from inbox.core.plain import plain

HEADER: Final = "x-line-signature"
KEYS_LAST_MS: Final = 23 * 60 * 60 * 1000
"""For how long a request may be repeated; LINE knows its key for 24 hours after the first attempt."""


class LineConnector(Connector):
    """One channel of the Messaging API."""

    name: ClassVar[str] = "line"
    capabilities: ClassVar[Capabilities] = Capabilities(
        address_kind="line",
        conversational=True,
        scoped=True,
        text_limit=TEXT_LIMIT,
        rate=2000.0,
    )
    Settings: ClassVar[type[Struct]] = LineSettings
    settings: LineSettings

    def __init__(self, channel: ChannelId, settings: LineSettings, tools: Tools) -> None:
        super().__init__(channel, settings, tools)
        self._rest = Rest(settings, tools)

    def verify(self, raw: RawDelivery) -> None:
        """Base64 of HMAC-SHA256 over the exact body (https://developers.line.biz/en/docs/messaging-api/verify-webhook-signature/)."""
        right = b64encode(hmac.digest(self.settings.channel_secret.encode(), raw.body, "sha256"))
        if not hmac.compare_digest(raw.headers.get(HEADER, "").encode(errors="replace"), right):
            raise NotAuthentic("the signature does not fit")

    @classmethod
    def parse(cls, raw: RawDelivery) -> Sequence[Item]:
        """See ``parsing``."""
        return parse_webhook(raw)

    def render(self, message: OutboundMessage) -> str:
        """The plain text."""
        return plain(message.text)

    async def send(self, message: OutboundMessage) -> Sent:
        """By push: reply tokens end within a minute and are no protection against sending twice, retry keys are."""
        ids: list[str] = []
        for number, push in enumerate(pushes(_target(message), bubbles(message, self.tools.link))):
            try:
                ids += await self._rest.push(push, retry_key(message, number))
            except (TryLater, NeedsLogin) as stopped:
                if ids:
                    raise Unknown("Only the beginning was sent so far.") from stopped
                raise
            except Rejected as no:
                raise Rejected(f"Only the beginning was sent. {no.reason}") if ids else no from None
        return Sent(provider_id=ids[0], external_id=ids[0])

    async def lookup(self, message: OutboundMessage) -> Sent | None:
        """Asks by repeating the request under its key: LINE says that it had it, or takes it now, but never twice.

        None: it refuses the request itself, so it had not accepted it. Raises ``Unsupported`` once LINE may have forgotten the key.
        """
        if self.tools.now() - message.at > KEYS_LAST_MS:
            raise Unsupported("LINE knows a request for a day only")
        try:
            return await self.send(message)
        except Rejected:
            return None

    async def fetch(self, ref: str) -> AsyncIterator[bytes]:
        """A medium. Raises ``TryLater`` while LINE is still converting a video or a voice message."""
        kind, colon, id = ref.partition(":")
        if not colon or kind not in ("image", "video", "audio", "file"):
            return self.tools.http.download(ref)
        if kind in ("video", "audio") and await self._rest.is_preparing(id):
            raise TryLater("LINE is still preparing the file")
        return self._rest.content(id)

    async def probe(self) -> Health:
        """Asks for the account, and where LINE sends its webhooks."""
        try:
            await self._rest.account()
            return await self._rest.webhook(f"{self.tools.hooks}{self.name}/{self.channel}")
        except NeedsLogin as refused:
            return Health(False, f"LINE refuses our access: {refused.reason}", "Issue a new channel access token and enter it.")
        except InboxError as wrong:
            return Health(False, f"LINE cannot be used now: {wrong}", "It is tried again; see the status page of LINE's developers' site.")


def _target(message: OutboundMessage) -> str:
    """The person, or the group that all recipients are in."""
    addresses = message.envelope or tuple(a.value for a in message.to if a.kind == KIND)
    targets = {target(address) for address in addresses}
    if len(targets) != 1 or "" in targets:
        raise Rejected("A LINE message goes to exactly one person or group who has written here.")
    return targets.pop()


CONNECTORS = (LineConnector,)
