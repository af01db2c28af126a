"""Web chat: turns what a visitor's widget handed over into messages, receipts and proofs of identity.

Frames and sockets are the gateway's business. An answer needs no sending: the visitor's socket follows the journal, and an
answer he has not seen is what the fallback to mail looks at.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from typing import ClassVar

import msgspec
from msgspec import Struct

from inbox.connector import (
    Capabilities,
    Connector,
    IdentityProof,
    InboundFile,
    InboundMessage,
    Item,
    OutboundMessage,
    RawDelivery,
    Receipt,
    Sent,
)
from inbox.core.errors import Malformed
from inbox.core.message import Address, DeliveryState
from inbox.core.visitor import TEXT_LIMIT, VisitorDelivery, VisitorProved, VisitorSaid, VisitorSaw, line_key
from inbox.core.widget import WidgetSettings

KIND = "webchat"
USER_KIND = "webchat-user"

_decoder: msgspec.json.Decoder[VisitorDelivery] = msgspec.json.Decoder(VisitorDelivery)


class WebchatConnector(Connector):
    """One widget on one or more sites of one owner."""

    name: ClassVar[str] = "webchat"
    title: ClassVar[str] = "Web chat"
    purpose: ClassVar[str] = "A chat on your website."
    capabilities: Capabilities = Capabilities(
        address_kind=KIND,
        conversational=True,
        scoped=True,
        typing=True,
        receipts=True,
        text_limit=TEXT_LIMIT,
        weight=2,
        choices=11,
    )
    Settings: ClassVar[type[Struct]] = WidgetSettings

    @classmethod
    def parse(cls, raw: RawDelivery) -> Sequence[Item]:
        """Proofs first, so that the message that comes with them already finds the person they lead to."""
        visitor = raw.context.get("visitor", "")
        if not visitor:
            raise Malformed("no visitor in the context")
        try:
            delivery = _decoder.decode(raw.body)
        except (msgspec.MsgspecError, UnicodeError, RecursionError) as bad:
            raise Malformed(str(bad)[:200]) from None
        match delivery:
            case VisitorSaid():
                return [*_proofs(visitor, raw.context), _message(visitor, delivery, raw.context)]
            case VisitorSaw():
                state = DeliveryState(delivery.state)
                return [Receipt(state, provider_id=seen, recipient=visitor, at=raw.arrived_at) for seen in delivery.messages]
            case VisitorProved():
                return _proofs(visitor, raw.context)

    async def send(self, message: OutboundMessage) -> Sent:
        """Nothing goes out from here: with the state SENT the journal brings the answer to the visitor's open tabs, now or later."""
        return Sent(provider_id=message.id)

    async def lookup(self, message: OutboundMessage) -> Sent | None:
        """Sending cannot fail half-way, so an uncertain one is as good as sent."""
        return Sent(provider_id=message.id)

    async def fetch(self, ref: str) -> AsyncIterator[bytes]:
        """The bytes of an upload; ``ref`` is its id among the stored files."""
        return self.tools.open_file(ref)


def _message(visitor: str, said: VisitorSaid, context: Mapping[str, str]) -> InboundMessage:
    claims = {**said.attributes, "email": said.email, "page": context.get("page", "")}
    return InboundMessage(
        key=line_key(visitor, said.client_id),
        sender=Address(KIND, visitor, context.get("name") or said.name),
        text=said.text,
        files=tuple(InboundFile(name=f.name, type=f.type, ref=f.file) for f in said.files),
        authenticated=True,
        language=said.language,
        attributes={name: value for name, value in claims.items() if value},
    )


def _proofs(visitor: str, context: Mapping[str, str]) -> list[Item]:
    """What a verified token of the host site says: whose account it is and, if the site vouches for it, the mail address."""
    owned = [Address(kind, context[key]) for kind, key in ((USER_KIND, "subject"), ("email", "email")) if context.get(key)]
    me = Address(KIND, visitor)
    return [IdentityProof(address=me, also=also, how="signed", name=context.get("name", "")) for also in owned]


CONNECTORS = (WebchatConnector,)
