"""An answer on a live channel that the customer has not seen in time goes to his proved mail address as well."""

from __future__ import annotations

from collections.abc import Callable, Sequence, Set
from dataclasses import dataclass
from itertools import takewhile

from msgspec.structs import replace

from inbox.core import choices, delivery, lifecycle
from inbox.core.conversation import Category
from inbox.core.customer import Identity
from inbox.core.ids import ChannelId, MessageId, digest
from inbox.core.message import Address, Delivery, DeliveryState, Kind, Message, Recipient
from inbox.flow import placing, writing
from inbox.flow.committer import Committer, Rank
from inbox.flow.timers import standing
from inbox.flow.working import ChannelFacts, Channels, Layer
from inbox.ports import Queries
from inbox.records import MESSAGES, Timer

MAX_COPIED = 20
UNTITLED = "Our answer to your message"
COPY = "unseen-copy"
"""``Message.automatic`` of such a mail."""


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
        before = standing(layer, self.timer)
        if before is None:
            return None
        ended = replace(before, mail_due=None)
        layer.need((MESSAGES, self.replies))
        unseen = [m for id in self.replies if (m := layer.get(MESSAGES, id)) is not None and m.seen_at is None]
        if self.address is None or self.channel is None or not unseen or before.category is Category.SPAM:
            layer.change(before, lifecycle.Changed(ended), placing.SYSTEM)
            return None
        facts = writing.channel_of(layer, self.channel)
        at = layer.moment(before)
        message = Message(
            id=MessageId(digest("unseen", before.id, str(self.timer.epoch))),
            conversation=before.id,
            kind=Kind.REPLY,
            author=unseen[-1].author,
            at=at,
            arrived_at=at,
            channel=facts.id,
            to=(self.address,),
            subject=before.subject or _title(layer, before.channel),
            text="\n\n".join(choices.numbered(m.text, m.choices) for m in unseen),
            attachments=tuple(a for m in unseen for a in m.attachments),
            automatic=COPY,
            delivery=Delivery(DeliveryState.PENDING, due_at=at, recipients=(Recipient(self.address.value, DeliveryState.PENDING),)),
        )
        layer.need((MESSAGES, (message.id,)))
        layer.add_message(message)
        joined = replace(ended, participants=writing.with_addressed(before.participants, (self.address,), facts))
        layer.change(before, lifecycle.forwarded(joined, message, layer.now), placing.SYSTEM, message)
        return message


def _title(layer: Layer, live: ChannelId) -> str:
    """What the customer knows the place by where he wrote; a channel's name is for agents."""
    facts = layer.channels.get(live)
    return (facts.title if facts is not None else "") or UNTITLED


class Unseen:
    """The act behind the timer ``mail``."""

    def __init__(self, committer: Committer, queries: Queries, channels: Callable[[], Channels], mailbox: str = "") -> None:
        """``mailbox``: the channel to write by, if it can; else the first that can."""
        self._mailbox = mailbox
        self._committer = committer
        self._queries = queries
        self._channels = channels

    async def copy(self, timer: Timer) -> None:
        """Find what was not seen and where it may go, and have it committed."""
        page = await self._queries.timeline(timer.conversation, None, MAX_COPIED)
        conversation = await self._queries.conversation(timer.conversation)
        person = await self._queries.customer(conversation.customer) if conversation else None
        identities = await self._queries.identities_of(*person.whole) if person else []
        his = {(i.kind, i.value) for i in identities}
        unseen = tuple(m.id for m in reversed([*takewhile(self._is_news, page)]) if self._is_unseen(m) and _is_for(m, his))
        by = self._answerable()
        address = None if by is None else proved(identities, by.kind)
        await self._committer.submit(CopyByMail(timer, unseen, address, by.id if by else None))

    def _is_news(self, message: Message) -> bool:
        """Whether it lies behind the last copy and the customer's last line: who writes has seen what was there."""
        return message.automatic != COPY and not (message.kind is Kind.CUSTOMER and self._is_live(message))

    def _is_unseen(self, message: Message) -> bool:
        return (
            message.kind is Kind.REPLY
            and self._is_live(message)
            and message.seen_at is None
            and not message.automatic
            and _has_left(message)
        )

    def _is_live(self, message: Message) -> bool:
        facts = self._channels().get(message.channel) if message.channel else None
        return facts is not None and facts.live

    def _answerable(self) -> ChannelFacts | None:
        """A channel that reaches people who are not there, and whose answers find the way home."""
        return writes_letters(self._channels(), self._mailbox)


def writes_letters(channels: Channels, mailbox: str) -> ChannelFacts | None:
    """The channel ``mailbox`` if it reaches people who are not there and its answers find the way home, else the first that does."""
    able = [f for f in channels.values() if f.reply_keys and not f.conversational]
    return min(able, key=lambda f: (f.id != mailbox, f.id), default=None)


def _has_left(message: Message) -> bool:
    """An answer that was taken back, or still waits for its time, is none."""
    d = message.delivery
    return d is None or not (d.state is DeliveryState.CANCELLED or delivery.waits(d))


def _is_for(message: Message, his: Set[tuple[str, str]]) -> bool:
    """Whether it went to an address of this person: two people's conversations can be merged."""
    return not message.to or any((a.kind, a.value) in his for a in message.to)


def proved(identities: Sequence[Identity], kind: str) -> Address | None:
    """The newest address of a kind that is proved to be his."""
    his = [i for i in identities if i.kind == kind and i.verified]
    newest = max(his, key=lambda i: (i.since, i.value), default=None)
    return None if newest is None else Address(newest.kind, newest.value, newest.name)
