"""What a delivery becomes: messages placed in conversations, receipts on what we sent, proofs of who somebody is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from msgspec import Struct
from msgspec.structs import replace

from inbox.connector import Contact, IdentityProof, InboundMessage, Item, Receipt, Watermark
from inbox.core import delivery, lifecycle, rating, threads, tokens
from inbox.core.arrival import Arrival, arrival, begins_as
from inbox.core.conversation import Category, Conversation, Participant
from inbox.core.ids import ChannelId, ConversationId, CustomerId, DeliveryId, Instant, MessageId, message_id
from inbox.core.message import Address, Attachment, Author, DeliveryState, Kind, Message, Reason
from inbox.flow import acknowledging, blocking, consent, homes, joining, placing, scheduling, surveying
from inbox.flow.committer import Rank
from inbox.flow.proving import Proofs
from inbox.flow.revising import Revision, revise
from inbox.flow.working import ChannelFacts, Key, Layer, NotLoaded
from inbox.records import BLOCKS, IDENTITIES, MESSAGES, THREAD_KEYS, Settled, ThreadKey

CLOCK_TOLERANCE = 15 * 60 * 1000
"""A sender's own time further from the arrival than this is not believed."""
MAX_CC_PARTICIPANTS = 20
MAX_REPLY_TO = 5
PATIENCE = 10 * 60 * 1000
"""For how long a receipt or a change may be ahead of the news of its message."""


class Ingested(Struct, frozen=True):
    """Which messages the delivery left behind, and how many of its items were there before."""

    messages: tuple[MessageId, ...]
    repeated: int = 0


@dataclass(frozen=True)
class Ingest:
    """A parsed delivery to be placed. ``files`` are the stored attachments by the item's position."""

    delivery: DeliveryId
    channel: ChannelId
    arrived_at: Instant
    items: Sequence[Item]
    signing: tuple[bytes, ...]
    files: Mapping[int, tuple[Attachment, ...]] = field(default_factory=dict)
    rank: Rank = Rank.INGEST

    @property
    def group(self) -> str:
        """Messages of one sender keep their order."""
        return next((f"{i.sender.kind}:{i.sender.value}" for i in self.items if isinstance(i, InboundMessage)), self.delivery)

    @property
    def size(self) -> int:
        """Bytes of text."""
        return sum(len(i.text) + len(i.html) + 1000 for i in self.items if isinstance(i, InboundMessage))

    def decide(self, layer: Layer) -> Ingested:
        """Place every item; what is there already is left alone.

        A receipt or a change that is ahead of its message leaves the delivery unsettled, so that it is taken up again.
        """
        made: list[MessageId] = []
        repeated = 0
        early = False
        proofs = Proofs(self.items)
        missing: set[Key] = set()
        for position, item in enumerate(self.items):
            try:
                if isinstance(item, InboundMessage):
                    placed = self._message_or_part(layer, item, self.files.get(position, ()))
                    early |= isinstance(placed, joining.Waits)
                    repeated += placed is None
                    made += [placed] if isinstance(placed, str) else []
                else:
                    early |= not self._news(layer, item, proofs)
            except NotLoaded as asked:  # the others may have something to ask for, too
                missing |= asked.keys
        if missing:
            raise NotLoaded(frozenset(missing))
        if not early or layer.now - self.arrived_at > PATIENCE:
            layer.settle(self._settled())
        return Ingested(tuple(made), repeated)

    def _news(self, layer: Layer, item: Receipt | Watermark | Contact | Revision | IdentityProof, proofs: Proofs) -> bool:
        """Whether what the news is about is known."""
        facts = layer.channels[self.channel]
        match item:
            case Receipt():
                return _receipt(layer, item, self.channel, self.signing)
            case Watermark():
                return False  # what is left of it is about messages of which nobody knows yet whether they were sent
            case Contact():
                placing.introduced(layer, item, facts)
                return True
            case IdentityProof():
                proofs.take(layer, item, facts)
                return True
            case _:
                return revise(layer, item, facts)

    def _message_or_part(self, layer: Layer, item: InboundMessage, files: tuple[Attachment, ...]) -> MessageId | joining.Waits | None:
        """The message that is there now; None: it was there before."""
        if item.part is None:
            return self._message(layer, item, files)
        part = joining.gathered(layer, item, item.part, self.channel, self.delivery)
        if not isinstance(part, joining.Whole):
            return part if isinstance(part, joining.Waits) else None
        mid = self._message(layer, part.item, files)
        stored = layer.get(MESSAGES, mid) if mid is not None else None
        if stored is not None:
            joining.keep(layer, part.made_of, stored, self.channel)
        return mid

    def _settled(self) -> Settled:
        why = next((item.unreadable for item in self.items if isinstance(item, InboundMessage) and item.unreadable), "")
        return Settled(self.delivery, "unreadable" if why else "done", why)

    def _message(self, layer: Layer, item: InboundMessage, files: tuple[Attachment, ...]) -> MessageId | None:
        facts = layer.channels[self.channel]
        mid = message_id(self.channel, item.key)
        found = placing.clues(item, facts, self.signing)
        layer.need(
            (MESSAGES, {mid, *(c.message for c in found if c.message)}),
            (THREAD_KEYS, [c.key for c in found if c.key]),
            (IDENTITIES, (placing.sender_identity(facts, item.sender),)),
            (BLOCKS, blocking.entries(facts, item.sender)),
        )
        if layer.get(MESSAGES, mid) is not None or self._is_echo(layer, item):
            return None
        came = arrival(item.received_at, item.backlog, layer.now)
        decision, spam = self._belongs(layer, found, item, mid, quiet=bool(item.automatic) or came.late)
        said = None if spam or came.late else surveying.said(layer, item, facts)
        customer = placing.person(layer, item, facts)
        consent.heard(layer, item, facts)
        if item.attributes:
            placing.state_claims(layer, customer, item.attributes, proved=item.authenticated)
        unproved = not item.authenticated and placing.is_verified(layer, item, facts)
        message = replace(self._as_message(came, item, mid, files, customer), unproved=unproved)
        actor = Author("customer", customer)
        if said is not None:
            self._rated(layer, message, item, actor, said)
        else:
            self._placed(layer, message, item, actor, decision, found, spam=spam)
        return mid

    def _placed(
        self,
        layer: Layer,
        message: Message,
        item: InboundMessage,
        actor: Author,
        decision: blocking.Decision,
        found: list[placing.Clue],
        *,
        spam: bool,
    ) -> None:
        """Store it with what it begins or continues."""
        facts = layer.channels[self.channel]
        match decision:
            case threads.Start(reason=reason, related=related):
                message = replace(message, conversation=ConversationId(layer.derive("conversation", message.id)), reason=reason)
                placing.remember(layer, message, facts, item)
                self._hold_open(layer, message, facts, item)
                self._start(layer, message, facts, CustomerId(actor.id), item, related, actor, spam=spam)
            case (
                threads.Join(conversation=id, reason=reason, new_participant=new)
                | threads.Reopen(conversation=id, reason=reason, new_participant=new)
            ):
                before = layer.conversation(id)
                assert before is not None, "threads.decide chose among loaded conversations"
                at = message.arrived_at if message.arrived_at < layer.now else layer.moment(before)
                kept_in = placing.home(layer, found, id, reason.code)
                message = replace(message, conversation=kept_in, reason=reason, new_participant=new, arrived_at=at)
                placing.remember(layer, message, facts, item)
                self._hold_open(layer, message, facts, item)
                self._join(layer, before, message, item, actor)

    def _rated(self, layer: Layer, message: Message, item: InboundMessage, actor: Author, said: surveying.Said) -> None:
        """The customer answered a survey: it is shown in the thread, and the thread stays as it is."""
        c = said.conversation
        joined = replace(message, conversation=c.id, reason=Reason("survey_answer"), automatic=rating.ANSWERS, arrived_at=layer.moment(c))
        placing.remember(layer, joined, layer.channels[self.channel], item)
        after = self._join(layer, c, joined, item, actor)
        surveying.answer(layer, after, said.question, said.score, said.comment, CustomerId(actor.id), thank=True)

    def _belongs(
        self, layer: Layer, found: list[placing.Clue], item: InboundMessage, mid: MessageId, *, quiet: bool
    ) -> tuple[blocking.Decision, bool]:
        """Which conversation it continues, and whether that is spam because its sender is blocked."""
        facts = layer.channels[self.channel]
        policy = threads.ThreadPolicy(conversational=facts.conversational)
        decision = threads.decide(placing.candidates(layer, found, facts, item), quiet, policy, layer.now)
        block = blocking.standing(layer, facts, item.sender)
        if block is None:
            return decision, False
        begun = ConversationId(layer.derive("conversation", mid))
        return blocking.divert(layer, block, placing.sender_identity(facts, item.sender), decision, begun), block.lifted_at is None

    def _is_echo(self, layer: Layer, item: InboundMessage) -> bool:
        """Our own message coming back: the id it bears carries our signature, and we did send a message of that id."""
        signed = tokens.verify_message_token(self.signing, item.echo) if item.echo else None
        if signed is None:
            return False
        layer.need((MESSAGES, (signed,)))
        ours = layer.get(MESSAGES, signed)
        return ours is not None and ours.kind is Kind.REPLY

    def _as_message(
        self, came: Arrival, item: InboundMessage, mid: MessageId, files: tuple[Attachment, ...], customer: CustomerId
    ) -> Message:
        received = min(came.at, self.arrived_at)
        at = received if item.at is None or abs(item.at - received) > CLOCK_TOLERANCE else item.at
        return Message(
            id=mid,
            conversation=ConversationId(""),
            kind=Kind.CUSTOMER,
            author=Author("customer", customer),
            at=at,
            arrived_at=came.at,
            channel=self.channel,
            sender=item.sender,
            to=item.to,
            cc=item.cc,
            subject=item.subject,
            text=item.text,
            fresh=item.fresh,
            html=item.html,
            attachments=files,
            external_id=item.external_id,
            references=item.references[: placing.MAX_REFERENCES],
            automatic=item.automatic,
            cards=item.cards,
            answer_token=item.answer_token,
            late=came.late,
            unreadable=item.unreadable,
            raw=self.delivery,
            customer=customer,
        )

    def _hold_open(self, layer: Layer, message: Message, facts: ChannelFacts, item: InboundMessage) -> None:
        if facts.conversational:
            key = placing.open_key(facts.id, placing.sender_identity(facts, item.sender))
            placing.hold_open(layer, message.conversation, key)

    def _start(
        self,
        layer: Layer,
        message: Message,
        facts: ChannelFacts,
        customer: CustomerId,
        item: InboundMessage,
        related: tuple[ConversationId, ...],
        actor: Author,
        *,
        spam: bool,
    ) -> None:
        """What somebody blocked begins is spam: no bot, no promise, no agent."""
        category = Category.SPAM if spam else begins_as(message)
        now = message.arrived_at if message.late else layer.now
        sender = Participant(item.sender.kind, item.sender.value, item.sender.name, customer=customer)
        seed = Conversation(
            id=message.conversation,
            number=0,
            version=0,
            channel=facts.id,
            customer=customer,
            created_at=message.arrived_at,
            updated_at=now,
            status=category.value,
            category=category,
            resolved_at=now if category is Category.RESOLVED else None,
            subject=item.subject[:500],
            team=facts.team,
            participants=with_copied(redirected(consent.shown(layer, (sender,), item, facts), item, facts, begins=True), item, facts),
            related=related,
            bot=None if item.automatic or message.late or spam else facts.bot,
        )
        token = tokens.reply_token(self.signing[0], seed.id)
        layer.insert(THREAD_KEYS, ThreadKey(placing.token_key(token), "token", seed.id, at=layer.now))
        layer.add_message(message)
        changed = lifecycle.started(replace(seed, number=layer.number()), message, now, None if spam else facts.policy)
        begun = replace(changed.conversation, reply_channel=facts.reply_by or changed.conversation.reply_channel)
        stored = layer.change(None, lifecycle.Changed(begun, changed.happened), actor, message)
        if not item.consent:
            acknowledging.acknowledge(layer, stored, message, facts)

    def _join(self, layer: Layer, before: Conversation, message: Message, item: InboundMessage, actor: Author) -> Conversation:
        facts = layer.channels[self.channel]
        changed = lifecycle.customer_wrote(before, message, message.arrived_at if message.late else layer.now)
        present = changed.conversation.participants
        present = consent.shown(layer, present, item, facts)
        known = with_copied(present if message.late else redirected(present, item, facts), item, facts)
        mail_due = None if facts.live else changed.conversation.mail_due
        after = replace(changed.conversation, participants=known, mail_due=mail_due)
        if message.late and after.resolved_at is not None:
            after = replace(after, resolved_at=max(after.resolved_at, message.arrived_at))
        layer.add_message(message)
        stored = layer.change(before, lifecycle.Changed(after, changed.happened), actor, message)
        if stored.scheduled and not message.automatic and not message.late:
            scheduling.call_back(layer, stored)
        homes.wrote_below(layer, message, before.id)
        return stored


def redirected(
    present: tuple[Participant, ...], item: InboundMessage, facts: ChannelFacts, *, begins: bool = False
) -> tuple[Participant, ...]:
    """The participants, the sender with where he wants answers to go.

    Anybody can write a Reply-To beside somebody else's name. An address of another domain, or one that is first named when the
    conversation has begun and may hold what a forger wants to read, waits for an agent to accept it. It says nothing of who somebody is.
    """
    own = (item.sender.kind, item.sender.value)
    sender = next((p for p in present if (p.kind, p.value) == own), None)
    if sender is None or (item.automatic and not (begins and item.automatic == "auto-generated")):  # as what a form sends
        return present
    wanted = {(a.kind, a.value): a for a in item.reply_to[:MAX_REPLY_TO] if a.kind == sender.kind and not is_own(a, facts)}
    wanted.pop(own, None)
    asked = replace(sender, reply_to=tuple(a.value for a in wanted.values()))
    have = {(p.kind, p.value) for p in present}
    added = tuple(
        Participant(a.kind, a.value, a.name, accepted=begins and _domain(a) == _domain(item.sender))
        for key, a in wanted.items()
        if key not in have
    )
    room = max(0, lifecycle.MAX_PARTICIPANTS - len(present))
    return (*(asked if p is sender else p for p in present), *added[:room])


def _domain(address: Address) -> str:
    return address.value.rpartition("@")[2].lower()


def with_copied(present: tuple[Participant, ...], item: InboundMessage, facts: ChannelFacts) -> tuple[Participant, ...]:
    """Whoever the sender copied may answer into the conversation, but is not written to before an agent accepts him."""
    if item.automatic:
        return present
    have = {(p.kind, p.value) for p in present} | {(item.sender.kind, item.sender.value)}
    copied: list[Participant] = []
    for address in (*item.to, *item.cc)[:MAX_CC_PARTICIPANTS]:
        if (address.kind, address.value) not in have and not is_own(address, facts):
            have.add((address.kind, address.value))
            copied.append(Participant(address.kind, address.value, address.name, accepted=False))
    room = max(0, lifecycle.MAX_PARTICIPANTS - len(present))
    return (*present, *copied[:room])


def is_own(address: Address, facts: ChannelFacts) -> bool:
    """Whether this is the channel's own address, with or without a +tag."""
    local, at, domain = address.value.partition("@")
    return f"{local.partition('+')[0]}{at}{domain}".lower() in facts.own


def _receipt(layer: Layer, item: Receipt, channel: ChannelId, signing: tuple[bytes, ...]) -> bool:
    """Whether the message it is about is known."""
    message = _receipted(layer, item, channel, signing)
    if message is None or message.delivery is None:
        return False
    at = item.at or layer.now
    merged = delivery.merge(message.delivery, item.state, item.recipient, item.error, item.provider_id)
    seen = at if item.state is DeliveryState.READ and message.seen_at is None else message.seen_at
    if merged == message.delivery and seen == message.seen_at:
        return True
    stored = layer.add_message(replace(message, delivery=merged, seen_at=seen))
    before = layer.conversation(message.conversation)
    if before is not None:
        changed = lifecycle.delivery_changed(before, stored, layer.now)
        if seen is not None and before.last_reply is not None and before.last_reply.id == stored.id:
            changed = lifecycle.Changed(replace(changed.conversation, mail_due=None), changed.happened)
        layer.change(before, changed, placing.SYSTEM, stored)
    return True


def _receipted(layer: Layer, item: Receipt, channel: ChannelId, signing: tuple[bytes, ...]) -> Message | None:
    """The message a receipt is about, if this channel sent it: named by a signed token, the provider's id, or our own id."""
    mid = tokens.verify_message_token(signing, item.token) if item.token else None
    if mid is None and item.provider_id:
        key = placing.reference_key(channel, item.provider_id)
        layer.need((THREAD_KEYS, (key,)))
        led = layer.get(THREAD_KEYS, key)
        mid = MessageId(item.provider_id) if led is None else led.message
    if mid is None:
        return None
    layer.need((MESSAGES, (mid,)))
    message = layer.get(MESSAGES, mid)
    return message if message is not None and message.channel == channel and message.delivery is not None else None
