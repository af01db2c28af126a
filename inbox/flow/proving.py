"""Who somebody is, once a transport proved which addresses are his: one person, and nobody loses what he was known by."""

from __future__ import annotations

from collections.abc import Sequence

from msgspec.structs import replace

from inbox.connector import IdentityProof, InboundMessage, Item
from inbox.core import matching
from inbox.core.customer import Identity, identity_id
from inbox.core.events import Event, EventType
from inbox.core.ids import CustomerId, digest
from inbox.core.message import Reason
from inbox.flow import placing
from inbox.flow.working import ChannelFacts, Layer
from inbox.records import IDENTITIES


class Proofs:
    """The proofs of one delivery. What the earliest of them leads to is who he is: a later one that leads to somebody else changes
    nothing, and one that leads to nobody yet belongs to him."""

    def __init__(self, items: Sequence[Item]) -> None:
        self._all = [item for item in items if isinstance(item, IdentityProof)]
        self._proved: dict[str, CustomerId] = {}

    def take(self, layer: Layer, item: IdentityProof, facts: ChannelFacts) -> None:
        """One of them. If the address is known as somebody's proved address, he is that person from now on."""
        own, also, scope = _ids(item, facts)
        layer.need((IDENTITIES, {own, *(_ids(p, facts)[1] for p in self._all)}))
        mine, theirs = layer.get(IDENTITIES, own), layer.get(IDENTITIES, also)
        customer = self._known(layer, own, facts)
        if theirs is not None and theirs.verified:
            customer = theirs.customer
        elif customer is None:
            message = InboundMessage(key="", sender=replace(item.address, name=item.name), authenticated=True)
            customer = placing.person(layer, message, facts)
            mine = layer.get(IDENTITIES, own)
        if self._proved.setdefault(own, customer) != customer:
            return
        pairs = ((own, item.address, facts.scope, mine), (also, item.also, scope, theirs))
        changed = [
            Identity(id, address.kind, address.value, customer, space, item.name, True, item.how, layer.now)
            for id, address, space, stored in pairs
            if stored is None or not stored.verified or stored.customer != customer
        ]
        if theirs is not None and theirs.customer != customer:
            _leave_behind(layer, theirs)
        for identity in changed:
            layer.put(IDENTITIES, identity)
        if changed:
            reason = Reason("proved_address", (also,))
            layer.event(Event(EventType.CUSTOMER_CHANGED, layer.now, placing.SYSTEM, customer=customer, reason=reason))

    def _known(self, layer: Layer, own: str, facts: ChannelFacts) -> CustomerId | None:
        """Whom the earliest proof about this address leads to, if any does."""
        for proof in self._all:
            mine, also, _ = _ids(proof, facts)
            found = layer.get(IDENTITIES, also) if mine == own else None
            if found is not None and found.verified:
                return found.customer
        return None


def _ids(item: IdentityProof, facts: ChannelFacts) -> tuple[str, str, str]:
    """The identities of both addresses, and the scope of the second: mail addresses and phone numbers are the same everywhere."""
    scope = facts.scope if item.also.kind not in ("email", "phone") else ""
    return placing.sender_identity(facts, item.address), identity_id(item.also.kind, scope, item.also.value), scope


def _leave_behind(layer: Layer, taken: Identity) -> None:
    """Whoever wrote from an address that somebody else proved keeps it as one he only claimed: nothing is matched by it, but agents see
    what their conversation with him came from."""
    id = digest("claimed", taken.customer, taken.id)
    layer.need((IDENTITIES, (id,)))
    if taken.how != matching.STATED and layer.get(IDENTITIES, id) is None:
        layer.put(IDENTITIES, replace(taken, id=id, version=1, verified=False, how="claimed", since=layer.now))
        layer.event(Event(EventType.CUSTOMER_CHANGED, layer.now, placing.SYSTEM, customer=taken.customer))
