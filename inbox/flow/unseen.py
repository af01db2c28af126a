"""An answer on a live channel that the customer has not seen in time goes to his proved mail address as well."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from msgspec.structs import replace

from inbox.core import lifecycle
from inbox.core.customer import Identity
from inbox.core.ids import ChannelId, MessageId, digest
from inbox.core.message import Address, Delivery, DeliveryState, Kind, Message, Recipient
from inbox.flow import placing, writing
from inbox.flow.committer import Committer, Rank
from inbox.flow.working import ChannelFacts, Channels, Layer, timers_of
from inbox.ports import MESSAGES, TIMERS, Queries, Timer

MAX_COPIED = 20


@dataclass(frozen=True)
class CopyByMail:
    """Write the unseen answers to the customer's proved address, or only end the wait when there is none."""

    timer: Timer
    replies: tuple[MessageId, ...]
    address: Address | None
    channel: ChannelId | None
    rank: Rank = Rank.INGEST
    size: int = 10_000

    @property
    def group(self) -> str:
        """In order with everything else of the conversation."""
        return self.timer.conversation

    def decide(self, layer: Layer) -> Message | None:
        """The mail as queued, None when nothing is to be sent any more."""
        before = layer.conversation(self.timer.conversation)
        if before is None or self.timer.id not in {t.id for t in timers_of(before, 0)}:
            layer.remove(TIMERS, self.timer.id)
            return None
        ended = replace(before, mail_due=None)
        layer.need((MESSAGES, self.replies))
        unseen = [m for id in self.replies if (m := layer.get(MESSAGES, id)) is not None and m.seen_at is None]
        if self.address is None or self.channel is None or not unseen:
            layer.change(before, lifecycle.Changed(ended), placing.SYSTEM)
            return None
        facts = writing.channel_of(layer, self.channel)
        message = Message(
            id=MessageId(digest("unseen", before.id, str(self.timer.epoch))),
            conversation=before.id,
            kind=Kind.REPLY,
            author=unseen[-1].author,
            at=layer.now,
            arrived_at=layer.now,
            channel=facts.id,
            to=(self.address,),
            subject=before.subject or facts.name,
            text="\n\n".join(m.text for m in unseen),
            attachments=tuple(a for m in unseen for a in m.attachments),
            automatic="unseen-copy",
            delivery=Delivery(DeliveryState.PENDING, due_at=layer.now, recipients=(Recipient(self.address.value, DeliveryState.PENDING),)),
        )
        layer.need((MESSAGES, (message.id,)))
        layer.add_message(message)
        joined = replace(ended, participants=writing.with_addressed(before.participants, (self.address,), facts))
        layer.change(before, lifecycle.forwarded(joined, message, layer.now), placing.SYSTEM, message)
        return message


class Unseen:
    """The act behind the timer ``mail``."""

    def __init__(self, committer: Committer, queries: Queries, channels: Callable[[], Channels]) -> None:
        self._committer = committer
        self._queries = queries
        self._channels = channels

    async def copy(self, timer: Timer) -> None:
        """Find what was not seen and where it may go, and have it committed."""
        page = await self._queries.timeline(timer.conversation, None, MAX_COPIED)
        conversation = await self._queries.conversation(timer.conversation)
        identities = await self._queries.identities_of(conversation.customer) if conversation else []
        unseen = tuple(m.id for m in reversed(page) if self._is_unseen(m))
        by = self._answerable()
        address = None if by is None else proved(identities, by.kind)
        await self._committer.submit(CopyByMail(timer, unseen, address, by.id if by else None))

    def _is_unseen(self, message: Message) -> bool:
        facts = self._channels().get(message.channel) if message.channel else None
        return message.kind is Kind.REPLY and facts is not None and facts.live and message.seen_at is None

    def _answerable(self) -> ChannelFacts | None:
        """A channel that reaches people who are not there, and whose answers find the way home."""
        able = [f for f in self._channels().values() if f.reply_keys and not f.conversational]
        return min(able, key=lambda f: f.id, default=None)


def proved(identities: Sequence[Identity], kind: str) -> Address | None:
    """The newest address of a kind that is proved to be his."""
    his = [i for i in identities if i.kind == kind and i.verified]
    newest = max(his, key=lambda i: (i.since, i.value), default=None)
    return None if newest is None else Address(newest.kind, newest.value, newest.name)
