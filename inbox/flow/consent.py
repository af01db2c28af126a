"""Who has asked for no more messages (STOP): kept with his address, shown where he took part, and obeyed by every channel that must."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from msgspec.structs import replace

from inbox.connector import InboundMessage
from inbox.core.conversation import Participant
from inbox.core.customer import identity_id
from inbox.core.errors import Invalid
from inbox.core.events import Event, EventType
from inbox.core.message import Address, Message
from inbox.flow.placing import SYSTEM, sender_identity
from inbox.flow.working import ChannelFacts, Layer
from inbox.records import IDENTITIES

STOPPED: Final = "the customer has asked for no more messages here (STOP); he has to send START before he can be written to"


def heard(layer: Layer, item: InboundMessage, facts: ChannelFacts) -> None:
    """Keep what the sender says about being written to; of two words the later one counts, in whatever order they come."""
    if not item.consent:
        return
    id = sender_identity(facts, item.sender)
    layer.need((IDENTITIES, (id,)))
    identity = layer.get(IDENTITIES, id)
    said_at = item.at or layer.now
    if identity is None or said_at < identity.consent_at:
        return
    layer.put(IDENTITIES, replace(identity, consent=item.consent, consent_at=said_at))
    if identity.consent != item.consent:
        layer.event(Event(EventType.CUSTOMER_CHANGED, layer.now, SYSTEM, customer=identity.customer))


def shown(layer: Layer, present: tuple[Participant, ...], item: InboundMessage, facts: ChannelFacts) -> tuple[Participant, ...]:
    """The participants, the sender with what counts of what he said."""
    if not item.consent:
        return present
    identity = layer.get(IDENTITIES, sender_identity(facts, item.sender))
    stopped = identity is not None and identity.consent == "out"
    own = (item.sender.kind, item.sender.value)
    return tuple(replace(p, stopped=stopped) if (p.kind, p.value) == own else p for p in present)


def require(layer: Layer, facts: ChannelFacts, to: Iterable[Address]) -> None:
    """Raises ``Invalid`` when one of them has asked for no more messages and this channel has to obey."""
    if _stopped(layer, facts, to):
        raise Invalid("to", STOPPED)


def withdrawn(layer: Layer, message: Message) -> bool:
    """Whether somebody the message is for has asked for no more since it was written."""
    facts = layer.channels.get(message.channel) if message.channel else None
    return facts is not None and _stopped(layer, facts, (*message.to, *message.cc, *message.bcc))


def _stopped(layer: Layer, facts: ChannelFacts, to: Iterable[Address]) -> bool:
    if not facts.opt_out:
        return False
    ids = [identity_id(address.kind, facts.scope, address.value) for address in to]
    layer.need((IDENTITIES, ids))
    return any((found := layer.get(IDENTITIES, id)) is not None and found.consent == "out" for id in ids)
