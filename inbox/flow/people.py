"""What agents enter about persons beside the conversations' commands: a person, another address."""

from __future__ import annotations

from dataclasses import dataclass

import msgspec
from msgspec.structs import replace

from inbox.core.blocking import Block
from inbox.core.conversation import Conversation
from inbox.core.customer import Customer, Identity, identity_id
from inbox.core.errors import NotFound, Prevented
from inbox.core.events import Event, EventType
from inbox.core.ids import CustomerId, digest
from inbox.core.permissions import Action, Actor, require
from inbox.core.persons import CustomerMerge
from inbox.flow.blocking import BlockSender, UnblockSender
from inbox.flow.committer import Committer, Rank
from inbox.flow.idempotency import repeated
from inbox.flow.persons import MergeCustomers, PartCustomers
from inbox.flow.recounts import customer_changed
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
        layer.need((IDENTITIES, (id,)))
        repeated(
            layer, self.actor.id, self.key, "add_identity", self.customer, self.kind, self.value
        )  # without harm: the effect is the same
        customer = layer.person(self.customer)
        if customer is None:
            raise NotFound
        stored = layer.get(IDENTITIES, id)
        if stored is not None and layer.person(stored.customer) != customer:
            raise Prevented("of_another", "This address belongs to another person.")
        if stored is None:
            layer.put(IDENTITIES, Identity(id, self.kind, self.value, customer.id, how=ENTERED, since=layer.now))
            customer_changed(layer, customer, customer, author_of(self.actor))
        return customer


@dataclass(frozen=True)
class CreateCustomer:
    """A person whom somebody enters, with typed-in addresses (kind, value) as connectors write them. ``customer.id`` is the same at a
    repetition of the call."""

    actor: Actor
    customer: Customer
    addresses: tuple[tuple[str, str], ...]
    key: str = ""
    rank: Rank = Rank.COMMAND
    size: int = 1000

    @property
    def group(self) -> str:
        """It stands alone."""
        return self.customer.id

    def decide(self, layer: Layer) -> Customer:
        """The person; ``Conflict`` when an address is somebody else's."""
        require(self.actor, Action.CUSTOMER_EDIT)
        own = {identity_id(kind, "", value): (kind, value) for kind, value in self.addresses}
        layer.need((CUSTOMERS, (self.customer.id,)), (IDENTITIES, own))
        body = digest(msgspec.json.encode((self.customer, self.addresses)).decode())
        known = layer.get(CUSTOMERS, self.customer.id)
        if repeated(layer, self.actor.id, self.key, "create_customer", body) and known is not None:
            return known
        if any(layer.get(IDENTITIES, id) is not None for id in own):
            raise Prevented("of_another", "This address belongs to another person.")
        stored = layer.insert(CUSTOMERS, replace(self.customer, created_at=layer.now))
        for id, (kind, value) in own.items():
            layer.put(IDENTITIES, Identity(id, kind, value, stored.id, how=ENTERED, since=layer.now))
        layer.event(Event(EventType.CUSTOMER_CHANGED, layer.now, author_of(self.actor), customer=stored.id))
        return stored


class People:
    """The door for changes to persons, and to the list of those nobody wants to hear from."""

    def __init__(self, committer: Committer) -> None:
        self._committer = committer

    async def add_identity(self, actor: Actor, customer: CustomerId, kind: str, value: str, key: str = "") -> Customer:
        """Durable when it returns. Raises ``Denied``, ``NotFound``, ``Conflict``, ``KeyReused``."""
        return await self._committer.submit(AddIdentity(actor, customer, kind, value, key))

    async def create(self, actor: Actor, customer: Customer, addresses: tuple[tuple[str, str], ...], key: str = "") -> Customer:
        """Durable when it returns. Raises ``Denied``, ``Conflict``, ``KeyReused``."""
        return await self._committer.submit(CreateCustomer(actor, customer, addresses, key))

    async def merge(self, wish: MergeCustomers) -> CustomerMerge:
        """Durable when it returns. Raises ``Denied``, ``NotFound``, ``Invalid``, ``Conflict``, ``KeyReused``."""
        return await self._committer.submit(wish)

    async def part(self, actor: Actor, merge: str) -> CustomerMerge:
        """Durable when it returns; a second time nothing happens. Raises ``Denied``, ``NotFound``, ``Conflict``."""
        return await self._committer.submit(PartCustomers(actor=actor, merge=merge))

    async def block(self, wish: BlockSender) -> tuple[Block, Conversation | None]:
        """Durable when it returns. Raises ``Denied``, ``NotFound``, ``Invalid``, ``KeyReused``."""
        return await self._committer.submit(wish)

    async def unblock(self, actor: Actor, block: str) -> Block:
        """Durable when it returns. Raises ``Denied``, ``NotFound``."""
        return await self._committer.submit(UnblockSender(actor, block))
