"""What a visitor does with what was said before: he takes an earlier conversation up again, or has one mailed to himself."""

from __future__ import annotations

from dataclasses import dataclass

from inbox.core import acknowledgement, lifecycle
from inbox.core.conversation import Category, Conversation
from inbox.core.customer import identity_id
from inbox.core.events import Event, EventType
from inbox.core.ids import ChannelId, ConversationId, Instant, MessageId, digest
from inbox.core.message import Address, Author, Delivery, DeliveryState, Kind, Message, Recipient
from inbox.core.transcript import AGAIN_MS, TRANSCRIPT, Transcript
from inbox.flow import consent, placing
from inbox.flow.committer import Rank
from inbox.flow.working import ChannelFacts, Layer
from inbox.records import MESSAGES, THREAD_KEYS, ThreadKey

REFUSED: Instant = -1


def is_his(c: Conversation | None, facts: ChannelFacts, visitor: str) -> bool:
    """Whether the one behind this browser took part in it here; what was merged away or is spam is nobody's."""
    if c is None or c.merged_into is not None or c.category is Category.SPAM or facts.id not in (c.channel, *c.channels):
        return False
    return any((p.kind, p.value) == (facts.kind, visitor) and p.accepted for p in c.participants)


@dataclass(frozen=True)
class TakeUp:
    """From now on what he writes belongs to this conversation, however long ago it was resolved."""

    conversation: ConversationId
    channel: ChannelId
    visitor: str
    rank: Rank = Rank.COMMAND
    size: int = 300

    @property
    def group(self) -> str:
        """In order with everything else of the conversation."""
        return self.conversation

    def decide(self, layer: Layer) -> bool:
        """False where there is no such conversation of his."""
        facts = layer.channels.get(self.channel)
        c = layer.conversation(self.conversation)
        if facts is None or c is None or not is_his(c, facts, self.visitor):
            return False
        key = placing.open_key(facts.id, identity_id(facts.kind, facts.scope, self.visitor))
        layer.need((THREAD_KEYS, (key,)))
        layer.put(THREAD_KEYS, ThreadKey(key, "open", c.id, at=layer.now))
        layer.event(Event(EventType.CUSTOMER_CHANGED, layer.now, Author("customer", c.customer), customer=c.customer))
        return True


@dataclass(frozen=True)
class MailTranscript:
    """Write a conversation to the address its customer gives, as a message of the house's own in it: at most one a minute."""

    conversation: ConversationId
    channel: ChannelId
    visitor: str
    to: Address
    by: ChannelId
    transcript: Transcript
    rank: Rank = Rank.COMMAND
    size: int = 20_000

    @property
    def group(self) -> str:
        """In order with everything else of the conversation."""
        return self.conversation

    def decide(self, layer: Layer) -> Instant:
        """0 when it is on its way, milliseconds to wait, or ``REFUSED`` for an address that nothing may be sent to."""
        here, facts = layer.channels.get(self.channel), layer.channels.get(self.by)
        c = layer.conversation(self.conversation)
        if here is None or facts is None or c is None or not is_his(c, here, self.visitor) or self._is_ours(layer):
            return REFUSED
        minute = layer.now // AGAIN_MS
        ids = [MessageId(digest(TRANSCRIPT, c.id, str(n))) for n in (minute - 1, minute)]
        layer.need((MESSAGES, ids))
        sent = [m.at for id in ids if (m := layer.get(MESSAGES, id)) is not None]
        if sent and max(sent) + AGAIN_MS > layer.now:
            return max(sent) + AGAIN_MS - layer.now
        message = self._message(layer.moment(c), ids[-1], c, facts, layer.now)
        if consent.withdrawn(layer, message):
            return REFUSED
        layer.add_message(message)
        layer.change(c, lifecycle.Changed(c, (lifecycle.Happened(EventType.MESSAGE_QUEUED),)), placing.SYSTEM, message)
        return 0

    def _is_ours(self, layer: Layer) -> bool:
        """A mail to ourselves would come in again."""
        own = {address for channel in layer.channels.values() for address in channel.own}
        return self.to.value in own or acknowledgement.nobody_reads(self.to)

    def _message(self, at: Instant, id: MessageId, c: Conversation, facts: ChannelFacts, now: Instant) -> Message:
        return Message(
            id=id,
            conversation=c.id,
            kind=Kind.REPLY,
            author=placing.SYSTEM,
            at=now,
            arrived_at=at,
            channel=facts.id,
            to=(self.to,),
            subject=self.transcript.subject,
            text=self.transcript.text,
            fresh=self.transcript.fresh,
            automatic=TRANSCRIPT,
            delivery=Delivery(DeliveryState.PENDING, due_at=at, recipients=(Recipient(self.to.value, DeliveryState.PENDING),)),
        )
