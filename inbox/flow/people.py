"""What agents enter about persons beside the conversations' commands: another address."""

from __future__ import annotations

from dataclasses import dataclass

from inbox.core.customer import Customer, Identity, identity_id
from inbox.core.errors import Conflict, NotFound
from inbox.core.events import Event, EventType
from inbox.core.ids import CustomerId
from inbox.core.permissions import Action, Actor, require
from inbox.flow.committer import Committer, Rank
from inbox.flow.idempotency import repeated
from inbox.flow.working import Layer
from inbox.flow.writing import author_of
from inbox.records import CUSTOMERS, IDENTITIES

ENTERED = "entered"
"""``Identity.how`` of an address an agent typed in."""


@dataclass(frozen=True)
class AddIdentity:
    """One more address of a person, unverified. ``value`` is normalised as connectors of this kind write it."""

    actor: Actor
    customer: CustomerId
    kind: str
    value: str
    key: str = ""
    rank: Rank = Rank.COMMAND
    size: int = 500

    @property
    def group(self) -> str:
        """In order with what else happens to the person."""
        return self.customer

    def decide(self, layer: Layer) -> Customer:
        """The person. An address that is his already changes nothing; ``Conflict`` when it is somebody else's."""
        require(self.actor, Action.CUSTOMER_EDIT)
        id = identity_id(self.kind, "", self.value)
        layer.need((CUSTOMERS, (self.customer,)), (IDENTITIES, (id,)))
        repeated(
            layer, self.actor.id, self.key, "add_identity", self.customer, self.kind, self.value
        )  # without harm: the effect is the same
        customer = layer.get(CUSTOMERS, self.customer)
        if customer is None:
            raise NotFound
        stored = layer.get(IDENTITIES, id)
        if stored is not None and stored.customer != self.customer:
            raise Conflict("This address belongs to another person.")
        if stored is None:
            layer.put(IDENTITIES, Identity(id, self.kind, self.value, self.customer, how=ENTERED, since=layer.now))
            layer.event(Event(EventType.CUSTOMER_CHANGED, layer.now, author_of(self.actor), customer=self.customer))
        return customer


class People:
    """The door for changes to persons."""

    def __init__(self, committer: Committer) -> None:
        self._committer = committer

    async def add_identity(self, actor: Actor, customer: CustomerId, kind: str, value: str, key: str = "") -> Customer:
        """Durable when it returns. Raises ``Denied``, ``NotFound``, ``Conflict``, ``KeyReused``."""
        return await self._committer.submit(AddIdentity(actor, customer, kind, value, key))
