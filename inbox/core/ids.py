"""Every kind of id as its own type, and the ids that are computed rather than drawn."""

from __future__ import annotations

import hashlib
from typing import NewType

ConversationId = NewType("ConversationId", str)
MessageId = NewType("MessageId", str)
CustomerId = NewType("CustomerId", str)
AgentId = NewType("AgentId", str)
TeamId = NewType("TeamId", str)
ChannelId = NewType("ChannelId", str)
QueueId = NewType("QueueId", str)
DeliveryId = NewType("DeliveryId", str)
FileId = NewType("FileId", str)
TimerId = NewType("TimerId", str)
Instant = int
"""Milliseconds since 1970-01-01T00:00Z."""


def digest(*parts: str | bytes) -> str:
    """128 bits in hex over length-prefixed parts, so that no two lists of parts share an input."""
    h = hashlib.blake2b(digest_size=16)
    for part in parts:
        raw = part.encode("utf-8", "surrogatepass") if isinstance(part, str) else part
        h.update(len(raw).to_bytes(8, "big"))
        h.update(raw)
    return h.hexdigest()


def delivery_id(channel: ChannelId, key: str) -> DeliveryId:
    """The ledger's id of one delivery; ``key`` is the provider's id of it within the channel."""
    return DeliveryId(digest("delivery", channel, key))


def message_id(channel: ChannelId, key: str) -> MessageId:
    """The id of an inbound message; the same provider id gives the same message for ever."""
    return MessageId(digest("message", channel, key))


def command_message_id(author: str, client_id: str) -> MessageId:
    """The id of a message an author sends; a repeated ``client_id`` of his is the same message."""
    return MessageId(digest("sent", author, client_id))
