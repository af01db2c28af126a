"""Values with believable defaults: a test names only what it is about."""

from __future__ import annotations

from typing import Any, TypeVar

from msgspec import Struct

from inbox.connector import RawDelivery
from inbox.core.agent import Agent, Role, Team
from inbox.core.conversation import Conversation, Participant
from inbox.core.customer import Customer, Identity, identity_id
from inbox.core.events import Event, EventType, facets
from inbox.core.ids import AgentId, ChannelId, ConversationId, CustomerId, MessageId, TeamId, digest
from inbox.core.message import Address, Author, Delivery, DeliveryState, Kind, Message
from inbox.records import ChannelRecord, StoredFile
from inbox.testing.clock import START

CHANNEL = ChannelId("mail")
CUSTOMER = CustomerId("anna")
ANNA = Address("email", "anna@example.org", "Anna Schmidt")

S = TypeVar("S", bound=Struct)


def _made(struct: type[S], changes: dict[str, Any], **defaults: Any) -> S:
    return struct(**(defaults | changes))


def a_message(id: str = "m1", **changes: Any) -> Message:
    """A customer's message in conversation ``c1``."""
    defaults: dict[str, Any] = {
        "conversation": ConversationId("c1"),
        "kind": Kind.CUSTOMER,
        "author": Author("customer", CUSTOMER),
        "at": START,
        "arrived_at": START,
        "channel": CHANNEL,
        "sender": ANNA,
        "text": "Where is my order?",
        "customer": CUSTOMER,
    }
    return Message(id=MessageId(id), **(defaults | changes))


def a_reply(id: str = "r1", **changes: Any) -> Message:
    """An agent's reply, due at once."""
    defaults: dict[str, Any] = {
        "kind": Kind.REPLY,
        "author": Author("agent", "mia"),
        "sender": None,
        "to": (ANNA,),
        "text": "It left our house yesterday.",
        "delivery": Delivery(DeliveryState.PENDING, due_at=START),
    }
    return a_message(id, **(defaults | changes))


def a_note(id: str = "n1", **changes: Any) -> Message:
    """An agent's private note."""
    defaults: dict[str, Any] = {"kind": Kind.NOTE, "author": Author("agent", "mia"), "sender": None, "channel": None}
    return a_message(id, **({"text": "Regular customer."} | defaults | changes))


def a_conversation(id: str = "c1", **changes: Any) -> Conversation:
    """An open conversation of Anna's by mail that nobody holds yet; its number is made from the id."""
    defaults: dict[str, Any] = {
        "number": int(digest("number", id)[:12], 16),
        "version": 1,
        "channel": CHANNEL,
        "channels": (CHANNEL,),
        "customer": CUSTOMER,
        "created_at": START,
        "updated_at": START,
        "subject": "My order",
        "participants": (Participant(ANNA.kind, ANNA.value, ANNA.name, customer=CUSTOMER),),
    }
    return Conversation(id=ConversationId(id), **(defaults | changes))


def an_agent(id: str = "mia", **changes: Any) -> Agent:
    """An agent of no team."""
    return _made(Agent, changes, id=AgentId(id), email=f"{id}@example.com", name=id.capitalize(), role=Role.AGENT, created_at=START)


def a_team(id: str = "support", **changes: Any) -> Team:
    """A team."""
    return _made(Team, changes, id=TeamId(id), name=id.capitalize())


def a_customer(id: str = CUSTOMER, **changes: Any) -> Customer:
    """Anna."""
    return _made(Customer, changes, id=CustomerId(id), name="Anna Schmidt", created_at=START)


def an_identity(value: str = ANNA.value, **changes: Any) -> Identity:
    """Anna's mail address."""
    defaults: dict[str, Any] = {"kind": "email", "customer": CUSTOMER, "since": START}
    merged = defaults | changes
    return Identity(id=identity_id(merged["kind"], merged.get("scope", ""), value), value=value, **merged)


def an_event(n: int = 1, *, about: Conversation | None = None, **changes: Any) -> Event:
    """The entry that a message came into ``about``."""
    conversation = about or a_conversation()
    defaults: dict[str, Any] = {
        "type": EventType.MESSAGE_RECEIVED,
        "at": START,
        "actor": Author("customer", conversation.customer),
        "o": 1,
        "conversation": conversation.id,
        "version": conversation.version,
        "customer": conversation.customer,
        "after": facets(conversation),
    }
    return Event(n=n, **(defaults | changes))


def a_delivery(key: str = "k1", **changes: Any) -> RawDelivery:
    """A raw delivery to the mail channel."""
    return _made(RawDelivery, changes, channel=CHANNEL, key=key, body=b"hello", arrived_at=START)


def a_channel(id: str = CHANNEL, **changes: Any) -> ChannelRecord:
    """A configured mail channel."""
    return _made(ChannelRecord, changes, id=ChannelId(id), connector="email", name="Mail")


def a_file(id: str = "f1", **changes: Any) -> StoredFile:
    """An agent's upload."""
    return _made(StoredFile, changes, id=id, name="a.txt", type="text/plain", size=0, owner="agent:mia", at=START)
