"""Blocking senders: the list's two commands, and where the messages of somebody on it go."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from msgspec.structs import replace

from inbox.core import blocking, lifecycle, threads
from inbox.core.blocking import Block
from inbox.core.conversation import Category, Conversation
from inbox.core.customer import identity_id
from inbox.core.errors import Invalid, NotFound
from inbox.core.events import Event, EventType, facets
from inbox.core.ids import ConversationId, digest
from inbox.core.message import Address, Reason
from inbox.core.permissions import Action, Actor, require
from inbox.flow.committer import Rank
from inbox.flow.idempotency import repeated
from inbox.flow.working import ChannelFacts, Layer
from inbox.flow.writing import author_of
from inbox.records import BLOCKS, IDENTITIES, THREAD_KEYS, ThreadKey

Decision = threads.Join | threads.Reopen | threads.Start


@dataclass(frozen=True)
class BlockSender:
    """Keep somebody away from now on. With a ``conversation`` he is one of its participants, and ``spam`` marks it as such.

    ``staff`` are the mail addresses of the house's people.
    """

    actor: Actor
    kind: str
    value: str
    domain: bool = False
    name: str = ""
    why: str = ""
    conversation: ConversationId | None = None
    spam: bool = False
    staff: Collection[str] = ()
    key: str = ""
    rank: Rank = Rank.COMMAND
    size: int = 1000

    @property
    def group(self) -> str:
        """In order with what else happens to the conversation."""
        return self.conversation or self.actor.id

    def decide(self, layer: Layer) -> tuple[Block, Conversation | None]:
        """The entry, and the conversation afterwards. Who is blocked already stays so, by whom and since when it was."""
        c = self._conversation(layer)
        own = {address for facts in layer.channels.values() for address in facts.own} | set(self.staff)
        value = blocking.wanted(self.kind, self.value, domain=self.domain, own=own)
        scope = "" if self.domain else self._scope(layer, c)
        id = blocking.block_id(self.kind, scope, value)
        person = identity_id(self.kind, scope, self.value)
        layer.need((BLOCKS, (id,)), (IDENTITIES, (person,)))
        repeated(layer, self.actor.id, self.key, "block", id)  # without harm: the effect is the same
        stored = layer.get(BLOCKS, id)
        if stored is None or stored.lifted_at is not None:
            stopped = stored.stopped if stored else 0
            fresh = Block(id, self.kind, value, layer.now, self.actor.id, scope, self._name(c), self.why, stopped)
            stored = layer.put(BLOCKS, fresh)
            identity = layer.get(IDENTITIES, person)
            customer = identity.customer if identity else None
            _tell(layer, EventType.SENDER_BLOCKED, self.actor, id)
            if customer is not None:
                layer.event(Event(EventType.CUSTOMER_CHANGED, layer.now, author_of(self.actor), customer=customer))
        if c is not None and self.spam and c.category is not Category.SPAM:
            c = layer.change(c, lifecycle.set_category(c, Category.SPAM, layer.now), author_of(self.actor))
        if c is not None and c.category is Category.SPAM:
            _gather(layer, person, c.id)
        return stored, c

    def _conversation(self, layer: Layer) -> Conversation | None:
        if self.conversation is None:
            require(self.actor, Action.BLOCK_SENDERS)
            return None
        found = layer.conversation(self.conversation)
        if found is None:
            raise NotFound
        require(self.actor, Action.BLOCK_SENDERS, facets(found))
        if self.spam:
            require(self.actor, Action.SET_STATUS, facets(found))
        if all((p.kind, p.value) != (self.kind, self.value) for p in found.participants):
            raise Invalid("value", "nobody with this address takes part here")
        return found

    def _scope(self, layer: Layer, c: Conversation | None) -> str:
        """Where the address means something: the conversation's channel of this kind, for kinds that mean nothing elsewhere."""
        used = (c.channels or (c.channel,)) if c is not None else ()
        return next((f.scope for id in used if (f := layer.channels.get(id)) and f.kind == self.kind), "")

    def _name(self, c: Conversation | None) -> str:
        found = (p.name for p in (c.participants if c else ()) if (p.kind, p.value) == (self.kind, self.value))
        return "" if self.domain else next(found, self.name)


@dataclass(frozen=True)
class UnblockSender:
    """Let somebody in again."""

    actor: Actor
    block: str
    rank: Rank = Rank.COMMAND
    size: int = 500

    @property
    def group(self) -> str:
        """One entry's changes keep their order."""
        return self.block

    def decide(self, layer: Layer) -> Block:
        """The entry as it ended. Raises ``NotFound`` when it is on the list no more."""
        require(self.actor, Action.BLOCK_SENDERS)
        layer.need((BLOCKS, (self.block,)))
        stored = layer.get(BLOCKS, self.block)
        if stored is None or stored.lifted_at is not None:
            raise NotFound
        person = identity_id(stored.kind, stored.scope, stored.value)
        layer.need((IDENTITIES, (person,)))
        lifted = layer.put(BLOCKS, replace(stored, lifted_at=layer.now, lifted_by=self.actor.id))
        _tell(layer, EventType.SENDER_UNBLOCKED, self.actor, lifted.id)
        identity = layer.get(IDENTITIES, person)
        if identity is not None:
            layer.event(Event(EventType.CUSTOMER_CHANGED, layer.now, author_of(self.actor), customer=identity.customer))
        return lifted


def _tell(layer: Layer, type: EventType, actor: Actor, block: str) -> None:
    layer.event(Event(type, layer.now, author_of(actor), data={"block": block}))


def entries(facts: ChannelFacts, sender: Address) -> tuple[str, ...]:
    """The entries to load for a sender; ``standing`` reads them."""
    return blocking.ids(sender.kind, facts.scope, sender.value)


def standing(layer: Layer, facts: ChannelFacts, sender: Address) -> Block | None:
    """The entry that keeps the sender away, else one that did; None for nearly everybody."""
    found = [block for id in entries(facts, sender) if (block := layer.get(BLOCKS, id)) is not None]
    return next((block for block in found if block.lifted_at is None), found[0] if found else None)


def divert(layer: Layer, block: Block, identity: str, decision: Decision, begun: ConversationId) -> Decision:
    """Where a message goes whose sender is, or was, on the list.

    While he is, all he writes is gathered in a conversation that is spam, and counted. Afterwards he does not go on in one that began
    while he was. ``begun`` is the conversation that the message begins if it continues none.
    """
    joined = None if isinstance(decision, threads.Start) else layer.conversation(decision.conversation)
    if block.lifted_at is not None:
        old = joined is not None and joined.category is Category.SPAM and joined.created_at <= block.lifted_at
        return threads.Start(Reason("unblocked_sender", (block.id,))) if old else decision
    reason = Reason("blocked_sender", (block.id,))
    kept = _gathered(layer, identity)
    gathered = layer.conversation(kept.conversation) if kept is not None else None
    home = next((c for c in (joined, gathered) if c is not None and c.category is Category.SPAM), None)
    layer.put(BLOCKS, replace(block, stopped=block.stopped + 1, last_at=layer.now))
    into = begun if home is None else home.id
    _gather(layer, identity, into)
    return threads.Start(reason) if home is None else threads.Join(into, reason)


def _gathered(layer: Layer, identity: str) -> ThreadKey | None:
    layer.need((THREAD_KEYS, (spam_key(identity),)))
    return layer.get(THREAD_KEYS, spam_key(identity))


def _gather(layer: Layer, identity: str, into: ConversationId) -> None:
    kept = _gathered(layer, identity)
    if kept is None or kept.conversation != into:
        layer.put(THREAD_KEYS, ThreadKey(spam_key(identity), "blocked", into, at=layer.now))


def spam_key(identity: str) -> str:
    """The key of the conversation in which a blocked sender's messages gather."""
    return digest("blocked", identity)
