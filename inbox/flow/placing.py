"""Where a message belongs: which person wrote it and which conversation it continues, decided on the working set."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from msgspec.structs import replace

from inbox.connector import Contact, InboundMessage
from inbox.core import matching, threads, tokens
from inbox.core.attributes import attribute_id, entered
from inbox.core.conversation import Conversation
from inbox.core.customer import Customer, Identity, identity_id
from inbox.core.events import Event, EventType
from inbox.core.ids import ChannelId, ConversationId, CustomerId, Instant, MessageId, digest
from inbox.core.message import Address, Author, Message
from inbox.flow.recounts import customer_changed
from inbox.flow.working import ChannelFacts, Layer
from inbox.records import CONVERSATIONS, CUSTOMERS, IDENTITIES, MESSAGES, THREAD_KEYS, ThreadKey

MAX_REFERENCES = 50
SYSTEM = Author("system")


def reference_key(channel: ChannelId, external_id: str) -> str:
    """The key of a message's external id within its channel, whether it was seen yet or only referred to."""
    return digest("reference", channel, external_id)


def token_key(token: str) -> str:
    """The key of a conversation's reply token."""
    return digest("token", token)


def open_key(channel: ChannelId, identity: str) -> str:
    """The key of an identity's open conversation on a chat-like channel."""
    return digest("open", channel, identity)


def thread_key(channel: ChannelId, thread: str) -> str:
    """The key of a provider's thread."""
    return digest("thread", channel, thread)


@dataclass(frozen=True)
class Clue:
    """One thing in the message that may lead to a conversation: the key to look up, or the message that a signed id names."""

    evidence: threads.Evidence
    order: int
    key: str = ""
    message: MessageId | None = None


def sender_identity(facts: ChannelFacts, sender: Address) -> str:
    """The id of the sender's identity."""
    return identity_id(sender.kind, facts.scope, sender.value)


def clues(item: InboundMessage, facts: ChannelFacts, signing: Iterable[bytes]) -> list[Clue]:
    """Everything in the message that may lead to a conversation."""
    keys = tuple(signing)
    found: list[Clue] = []
    for order, text in enumerate(item.tokens[:MAX_REFERENCES]):
        signed = tokens.verify_message_token(keys, text)
        token = tokens.as_reply_token(text)
        if signed is not None:
            found.append(Clue(threads.Evidence.SIGNED_ID, order, message=signed))
        elif token is not None:
            found.append(Clue(threads.Evidence.TOKEN, order, key=token_key(token)))
    if item.thread:
        found.append(Clue(threads.Evidence.PROVIDER_THREAD, 0, key=thread_key(facts.id, item.thread)))
    for order, reference in enumerate(_known_as(item)[:MAX_REFERENCES]):
        evidence = threads.Evidence.IN_REPLY_TO if order == 0 and item.references else threads.Evidence.REFERENCE
        found.append(Clue(evidence, order, key=reference_key(facts.id, reference)))
    if facts.conversational:
        found.append(Clue(threads.Evidence.OPEN_IDENTITY, 0, key=open_key(facts.id, sender_identity(facts, item.sender))))
    return found


def _known_as(item: InboundMessage) -> tuple[str, ...]:
    """The ids it refers to, nearest first, and last its own id: an answer that arrived earlier may have referred to it."""
    own = (item.external_id,) if item.external_id else ()
    return tuple(dict.fromkeys((*item.references, *own)))


def candidates(layer: Layer, found: list[Clue], facts: ChannelFacts, item: InboundMessage) -> list[threads.Candidate]:
    """The conversations the clues lead to, as they stand; whoever calls has asked for the clues' targets and the sender's identity.

    Asks for the sender as well where something new is said of him, so that both come with one load.
    """
    leads: list[tuple[Clue, ConversationId, Instant]] = []
    for clue in found:
        target = layer.get(MESSAGES, clue.message) if clue.message else layer.get(THREAD_KEYS, clue.key)
        if target is not None:
            leads.append((clue, target.conversation, target.at if clue.evidence is threads.Evidence.OPEN_IDENTITY else 0))
    sender = layer.get(IDENTITIES, sender_identity(facts, item.sender))
    known = (sender.customer,) if sender is not None and _tells(item, sender) else ()
    layer.need((CONVERSATIONS, [id for _, id, _ in leads]), (CUSTOMERS, known))
    conversations = ((clue, layer.conversation(id), at) for clue, id, at in leads)
    return [_candidate(clue, c, facts, item, at) for clue, c, at in conversations if c is not None]


def _candidate(clue: Clue, c: Conversation, facts: ChannelFacts, item: InboundMessage, held_at: Instant) -> threads.Candidate:
    """``held_at``: since when it is its sender's open conversation; one that he took up again counts as resolved then at the earliest."""
    sender = item.sender
    return threads.Candidate(
        conversation=c.id,
        evidence=clue.evidence,
        category=c.category,
        participant=any((p.kind, p.value) == (sender.kind, sender.value) for p in c.participants),
        updated_at=c.updated_at,
        order=clue.order,
        resolved_at=None if c.resolved_at is None else max(c.resolved_at, held_at),
        vouched=clue.evidence is threads.Evidence.PROVIDER_THREAD and _vouches(facts, item),
    )


def home(layer: Layer, found: list[Clue], shown: ConversationId, evidence: str) -> ConversationId:
    """Where a message that joins a conversation is kept: in what was merged into it, if it was that which the evidence leads to."""
    for clue in found:
        target = layer.get(MESSAGES, clue.message) if clue.message else layer.get(THREAD_KEYS, clue.key)
        if target is not None and clue.evidence.value == evidence:
            top = layer.conversation(target.conversation)
            if top is not None and top.id == shown:
                return target.conversation
    return shown


def _tells(item: InboundMessage, sender: Identity) -> bool:
    """Whether the message says something of its sender that was not known when he last wrote."""
    return bool(item.attributes) or (bool(item.sender.name) and item.sender.name != sender.name)


def _vouches(facts: ChannelFacts, item: InboundMessage) -> bool:
    """Whether the thread's id is the provider's word, as in a group; in a mail it would be the sender's."""
    return facts.conversational and item.authenticated


def person(layer: Layer, item: InboundMessage, facts: ChannelFacts) -> CustomerId:
    """The customer who sends this: known by his address, or new. A name that was missing is filled in."""
    sender = item.sender
    own = sender_identity(facts, sender)
    layer.need((IDENTITIES, (own,)))
    fact = matching.Fact(sender.kind, sender.value, facts.scope, item.authenticated)
    stored = layer.get(IDENTITIES, own)
    match matching.match([fact], [stored] if stored else []):
        case matching.Known(customer=found) if stored is not None:
            _confirm(layer, stored, item)
            if _tells(item, stored):
                named(layer, found, sender.name)
            return found
        case _:
            pass
    id = CustomerId(layer.derive("customer", facts.id, own, item.key))
    customer = layer.insert(CUSTOMERS, Customer(id, sender.name, layer.now, language=item.language))
    verified = item.authenticated
    layer.put(IDENTITIES, Identity(own, sender.kind, sender.value, customer.id, facts.scope, sender.name, verified, "seen", layer.now))
    layer.event(Event(EventType.CUSTOMER_CHANGED, layer.now, SYSTEM, customer=customer.id))
    return id


def is_verified(layer: Layer, item: InboundMessage, facts: ChannelFacts) -> bool:
    """Whether the sender's address is known to be his; whoever calls has asked for it."""
    known = layer.get(IDENTITIES, sender_identity(facts, item.sender))
    return known is not None and known.verified


def introduced(layer: Layer, item: Contact, facts: ChannelFacts) -> None:
    """Somebody is a customer from now on, though he may not have written; what is told of him is taken for true."""
    told = InboundMessage(key="", sender=item.address, authenticated=True, language=item.language, attributes=item.attributes)
    customer = person(layer, told, facts)
    if item.attributes:
        state_claims(layer, customer, item.attributes, proved=True)


def _confirm(layer: Layer, stored: Identity, item: InboundMessage) -> None:
    if item.authenticated and not stored.verified:
        layer.put(IDENTITIES, replace(stored, verified=True, how="seen", since=layer.now))
        layer.event(Event(EventType.CUSTOMER_CHANGED, layer.now, SYSTEM, customer=stored.customer))


def named(layer: Layer, id: CustomerId, name: str) -> bool:
    """Whether somebody who had no name has this one now: he, and whom he was merged into."""
    people = layer.people(id)
    if not name or not people or people[0].name:
        return False
    filled = [(one, layer.put(CUSTOMERS, replace(one, name=name))) for one in people if not one.name]
    customer_changed(layer, *filled[-1], SYSTEM)
    return True


def state_claims(layer: Layer, id: CustomerId, claims: dict[str, str], *, proved: bool) -> None:
    """What the sender said about himself becomes attributes, and a mail address an unverified identity if it is nobody's yet.

    Unless it is ``proved`` who he is, nothing that is known already gives way to it.
    """
    people = layer.people(id)
    if people and "email" in claims:
        _state_address(layer, id, "email", claims["email"].strip().lower())
    said = {name: value[:1000] for name, value in claims.items() if name and value}
    before = _by_key(people[0]) if people else {}
    news = {name: value for name, value in said.items() if _is_news(before.get(attribute_id(name)), value, proved=proved)}
    stated = [(one, entered(one.attributes, news if proved else _lacking(one, news))) for one in people]
    changed = [(one, layer.put(CUSTOMERS, replace(one, attributes=known))) for one, known in stated if known != one.attributes]
    for widest in changed[-1:]:
        customer_changed(layer, *widest, SYSTEM)


def _by_key(customer: Customer) -> dict[str, str]:
    return {attribute_id(name): value for name, value in customer.attributes.items()}


def _lacking(customer: Customer, news: dict[str, str]) -> dict[str, str]:
    known = _by_key(customer)
    return {name: value for name, value in news.items() if attribute_id(name) not in known}


def _is_news(known: str | None, told: str, *, proved: bool) -> bool:
    return known is None or (proved and known != told)


def _state_address(layer: Layer, customer: CustomerId, kind: str, value: str) -> None:
    id = identity_id(kind, "", value)
    layer.need((IDENTITIES, (id,)))
    if layer.get(IDENTITIES, id) is None:
        layer.put(IDENTITIES, Identity(id, kind, value, customer, how=matching.STATED, since=layer.now))


def remember(layer: Layer, message: Message, facts: ChannelFacts, item: InboundMessage) -> None:
    """Store what will lead later messages to this message's conversation; what leads elsewhere already stays, but for a thread that
    the provider vouches for: it leads to the conversation that was last held in it."""
    wanted: list[ThreadKey] = []
    if message.external_id:
        wanted.append(_key(layer, reference_key(facts.id, message.external_id), "message", message))
    awaited = item.references[:MAX_REFERENCES]
    wanted += [replace(_key(layer, reference_key(facts.id, known_as), "awaited", message), message=None) for known_as in awaited]
    if item.thread:
        wanted.append(_key(layer, thread_key(facts.id, item.thread), "thread", message))
    layer.need((THREAD_KEYS, [key.id for key in wanted]))
    for key in wanted:
        stored = layer.get(THREAD_KEYS, key.id)
        moves = key.kind == "thread" and stored is not None and stored.conversation != key.conversation and _vouches(facts, item)
        if stored is None or moves or (stored.kind == "awaited" and key.kind == "message"):
            layer.put(THREAD_KEYS, key)


def remember_sent(layer: Layer, message: Message, channel: ChannelId) -> None:
    """Store what answers and receipts will name a sent message by: its external id and the provider's ids of it."""
    ids = (message.external_id, *(message.delivery.provider_ids if message.delivery else ()))
    wanted = [_key(layer, reference_key(channel, id), "message", message) for id in dict.fromkeys(ids) if id and id != message.id]
    layer.need((THREAD_KEYS, [key.id for key in wanted]))
    for key in wanted:
        stored = layer.get(THREAD_KEYS, key.id)
        if stored is None or stored.kind == "awaited":
            layer.put(THREAD_KEYS, key)


def hold_open(layer: Layer, conversation: ConversationId, key: str) -> None:
    """From now on the identity's messages belong to this conversation."""
    layer.need((THREAD_KEYS, (key,)))
    stored = layer.get(THREAD_KEYS, key)
    if stored is None or stored.conversation != conversation:
        layer.put(THREAD_KEYS, ThreadKey(key, "open", conversation, at=layer.now))


def _key(layer: Layer, id: str, kind: str, message: Message) -> ThreadKey:
    return ThreadKey(id, kind, message.conversation, message=message.id, at=layer.now)
