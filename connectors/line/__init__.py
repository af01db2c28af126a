"""LINE: a LINE Official Account by the Messaging API, received by webhook, sent as push messages that are carried out once."""

from __future__ import annotations

import hmac
from base64 import b64encode
from collections.abc import AsyncIterator, Sequence
from typing import ClassVar, Final

from msgspec import Struct

from connectors.line.outgoing import AT_ONCE, TEXT_LIMIT, Bubble, Reply, bubbles, pushes, retry_key
from connectors.line.parsing import parse_webhook
from connectors.line.places import KIND, profile_path, target
from connectors.line.rest import Rest
from connectors.line.settings import LineSettings
from connectors.line.stickers import STICKERS
from inbox.connector import Capabilities, Connector, Health, Item, OutboundMessage, RawDelivery, Sent, Signal, SignalKind, Tools
from inbox.core.errors import InboxError, NeedsLogin, NotAuthentic, Rejected, TryLater, Unknown, Unsupported
from inbox.core.ids import ChannelId
from inbox.core.plain import plain

HEADER: Final = "x-line-signature"
TOKENS_LAST_MS: Final = 45_000
"""For how long after a message its reply token is used; LINE promises a minute (#send-reply-message)."""

KEYS_LAST_MS: Final = 23 * 60 * 60 * 1000
"""For how long a request may be repeated; LINE knows its key for 24 hours after the first attempt."""


class LineConnector(Connector):
    """One channel of the Messaging API."""

    name: ClassVar[str] = "line"
    title: ClassVar[str] = "LINE"
    purpose: ClassVar[str] = "A LINE official account."
    capabilities: Capabilities = Capabilities(
        address_kind="line",
        sign="line",
        conversational=True,
        scoped=True,
        text_limit=TEXT_LIMIT,
        rate=2000.0,
        choices=11,
        stickers=STICKERS,
        profiles=True,
        signals=(SignalKind.TYPING,),
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
        """At first by the reply token of what it answers, which is free; by push where that is good no more, or would not carry it all."""
        to, shown = _target(message), bubbles(message, self.tools.link)
        if self._by_token(message, shown):
            if message.attempt == 1 and self.tools.now() - message.answered_at <= TOKENS_LAST_MS:
                replied = await self._rest.reply(Reply(message.answer_token, shown))
                if replied is not None:
                    id = replied[0] if replied else message.answer_token
                    return Sent(provider_id=id, external_id=id)
            await self.tools.cursor.save(_pushed(message), {"at": self.tools.now()})
        return await self._push(message, to, shown)

    def _by_token(self, message: OutboundMessage, shown: Sequence[Bubble]) -> bool:
        """Whether it may go, or have gone, by a reply token: the same at every attempt."""
        fresh = message.at - message.answered_at <= TOKENS_LAST_MS
        return self.settings.free_replies and bool(message.answer_token) and fresh and len(shown) <= AT_ONCE

    async def _push(self, message: OutboundMessage, to: str, shown: list[Bubble]) -> Sent:
        """Under a retry key, which is protection against sending twice."""
        ids: list[str] = []
        for number, push in enumerate(pushes(to, shown)):
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
        to, shown = _target(message), bubbles(message, self.tools.link)
        if self._by_token(message, shown) and not await self.tools.cursor.load(_pushed(message)):
            raise Unsupported("LINE cannot tell whether it took an answer by this token")
        try:
            return await self._push(message, to, shown)
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

    async def signal(self, signal: Signal) -> None:
        """The loading animation, to a person who has the chat open; groups see none."""
        if target(signal.to).startswith("U"):
            await self._rest.typing(target(signal.to))

    async def profile(self, address: str) -> str:
        """The name he shows in LINE; of somebody in a group, the one he shows there."""
        where = profile_path(address)
        if not where:
            raise Rejected("This is nobody's address.")
        return await self._rest.name(where)

    async def probe(self) -> Health:
        """Asks for the account, and where LINE sends its webhooks."""
        try:
            await self._rest.account()
            return await self._rest.webhook(f"{self.tools.hooks}{self.name}/{self.channel}")
        except NeedsLogin as refused:
            return Health(False, f"LINE refuses our access: {refused.reason}", "Issue a new channel access token and enter it.")
        except InboxError as wrong:
            return Health(False, f"LINE cannot be used now: {wrong}", "It is tried again; see the status page of LINE's developers' site.")


def _pushed(message: OutboundMessage) -> str:
    """Where it is kept that this message went by push, or may have."""
    return f"pushed:{message.id}"


def _target(message: OutboundMessage) -> str:
    """The person, or the group that all recipients are in."""
    addresses = message.envelope or tuple(a.value for a in message.to if a.kind == KIND)
    targets = {target(address) for address in addresses}
    if len(targets) != 1 or "" in targets:
        raise Rejected("A LINE message goes to exactly one person or group who has written here.")
    return targets.pop()


CONNECTORS = (LineConnector,)
