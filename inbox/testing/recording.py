"""A connector without a provider: what is delivered is JSON of our own, what is sent is kept in a list."""

from __future__ import annotations

import hmac
from collections.abc import Mapping, Sequence
from typing import Annotated, Any

import msgspec
from msgspec import Meta, Struct

from inbox.connector import Answer, Capabilities, Connector, Health, InboundMessage, Item, OutboundMessage, RawDelivery, Sent, Tools
from inbox.core.errors import Malformed, NotAuthentic
from inbox.core.ids import ChannelId
from inbox.core.oauth import OAuthClient


class RecordingSettings(Struct, frozen=True, forbid_unknown_fields=True):
    """``secret`` signs deliveries; ``address`` is the channel's own; ``thanks_url`` is where a browser goes on."""

    secret: Annotated[str, Meta(extra={"secret": True})] = "open sesame"
    address: str = "help@example.com"
    per_hour: int | None = None
    thanks_url: str = ""


class RecordingConnector(Connector):
    """Mail-like. A delivery is one ``InboundMessage`` in JSON, signed with HMAC-SHA-256 in ``X-Signature``."""

    name = "recording"
    capabilities = Capabilities(address_kind="email", reply_keys=True, subject=True, recipients=True, html=True)
    Settings = RecordingSettings

    def __init__(self, channel: ChannelId, settings: Any, tools: Tools) -> None:
        super().__init__(channel, settings, tools)
        self.sent: list[OutboundMessage] = []
        self.client: OAuthClient | None = None
        self.health = Health(True)

    def verify(self, raw: RawDelivery) -> None:
        """The signature is over the exact bytes."""
        wanted = signature(self.settings.secret, raw.body)
        if not hmac.compare_digest(wanted.encode(), raw.headers.get("x-signature", "").encode("utf-8", "surrogatepass")):
            raise NotAuthentic

    def context(self) -> Mapping[str, str]:
        """Whose it is."""
        return {"account": self.settings.address, "method": "none of its business"}

    def consent(self) -> OAuthClient | None:
        """As set."""
        return self.client

    async def probe(self) -> Health:
        """As set."""
        return self.health

    def per_hour(self) -> int | None:
        """As set."""
        limit: int | None = self.settings.per_hour
        return limit

    @classmethod
    def parse(cls, raw: RawDelivery) -> Sequence[Item]:
        """One message."""
        try:
            return [msgspec.json.decode(raw.body, type=InboundMessage)]
        except (msgspec.MsgspecError, UnicodeError) as bad:
            raise Malformed(str(bad)) from None

    def answer(self, raw: RawDelivery) -> Answer:
        """A ``challenge`` in the query is repeated, as many providers want it; ``invalid`` there is what was wrong."""
        if self.settings.thanks_url:
            return Answer("redirect", self.settings.thanks_url)
        name, _, value = raw.context.get("query", "").partition("=")
        return Answer(name, value) if name in ("challenge", "invalid") else Answer("accepted", "thanks")

    async def written(self, message: OutboundMessage) -> bytes:
        """Its subject and text."""
        return f"{message.subject}: {message.text}".encode()

    async def send(self, message: OutboundMessage) -> Sent:
        """Always accepted."""
        self.sent.append(message)
        return Sent(f"provider-{message.id}")


def signature(secret: str, body: bytes) -> str:
    """What ``verify`` wants to see."""
    return hmac.digest(secret.encode(), body, "sha256").hex()
