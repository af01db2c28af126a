"""News about all that was sent up to an instant, turned into news about the messages it is about."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from inbox.connector import Item, Receipt, Watermark
from inbox.core import delivery
from inbox.core.ids import ChannelId, ConversationId
from inbox.core.message import Kind, Message
from inbox.flow import placing
from inbox.flow.committer import Committer, Rank
from inbox.flow.working import Layer
from inbox.ports import Queries
from inbox.records import THREAD_KEYS

LOOK_BACK = 100
"""So many messages of a conversation are looked at; what lies further back was read long ago."""


@dataclass(frozen=True)
class OpenWith:
    """Which conversation somebody's messages on a channel belong to. Nothing is written."""

    channel: ChannelId
    watermark: Watermark
    rank: Rank = Rank.INGEST
    size: int = 100

    @property
    def group(self) -> str:
        """In order with his own messages."""
        return f"{self.watermark.recipient.kind}:{self.watermark.recipient.value}"

    def decide(self, layer: Layer) -> ConversationId | None:
        """None where there is none."""
        identity = placing.sender_identity(layer.channels[self.channel], self.watermark.recipient)
        key = placing.open_key(self.channel, identity)
        layer.need((THREAD_KEYS, (key,)))
        led = layer.get(THREAD_KEYS, key)
        return None if led is None else led.conversation


class Watermarks:
    """Reads what a watermark may be about."""

    def __init__(self, committer: Committer, queries: Queries) -> None:
        self._committer = committer
        self._queries = queries

    async def resolved(self, channel: ChannelId, items: Sequence[Item]) -> Sequence[Item]:
        """The items with a receipt for each message that a watermark covers. It stays itself where it is not certain yet whether it
        covers one."""
        if not any(isinstance(item, Watermark) for item in items):
            return items
        found: list[Item] = []
        for item in items:
            found += await self._receipts(channel, item) if isinstance(item, Watermark) else [item]
        return found

    async def _receipts(self, channel: ChannelId, item: Watermark) -> list[Item]:
        conversation = await self._committer.submit(OpenWith(channel, item))
        if conversation is None:
            return []
        newest = await self._queries.timeline(conversation, None, LOOK_BACK)
        ours = [m for m in newest if m.kind is Kind.REPLY and m.channel == channel and _is_to(m, item)]
        covered = [(m, delivery.reached_by(m.delivery, item.until)) for m in ours if m.delivery is not None]
        told: list[Item] = [Receipt(item.state, m.id, recipient=item.recipient.value, at=item.until) for m, sure in covered if sure]
        return [*told, *([item] if any(sure is None for _, sure in covered) else [])]


def _is_to(message: Message, item: Watermark) -> bool:
    return any((a.kind, a.value) == (item.recipient.kind, item.recipient.value) for a in message.to)
