"""Merging two customers, and undoing it: each one commit, however many conversations they have."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from msgspec.structs import replace

from inbox.core import persons
from inbox.core.customer import Customer
from inbox.core.errors import Conflict, NotFound
from inbox.core.ids import CustomerId
from inbox.core.message import Reason
from inbox.core.permissions import Action, Actor, require
from inbox.core.persons import Choice, CustomerMerge
from inbox.flow.committer import Rank
from inbox.flow.idempotency import repeated
from inbox.flow.recounts import customer_changed
from inbox.flow.working import Layer
from inbox.flow.writing import author_of
from inbox.ports import Queries
from inbox.records import CUSTOMER_MERGES, CUSTOMERS


async def people(queries: Queries, ids: Iterable[CustomerId]) -> dict[CustomerId, Customer]:
    """Who these customers are, merges followed, by the ids asked for and in their order; who is not there is left out."""
    wanted = list(dict.fromkeys(ids))
    stored = await queries.customers(wanted)
    known = {id: stored[id] for id in wanted if id in stored}
    now = {id: one if one.merged_into is None else await queries.customer(id) for id, one in known.items()}
    return {id: one for id, one in now.items() if one is not None}


@dataclass(frozen=True, kw_only=True)
class MergeCustomers:
    """``customer`` goes ``into`` the other one. ``versions`` are those that were seen of both, in this order."""

    actor: Actor
    customer: CustomerId
    into: CustomerId
    versions: tuple[int, int]
    choice: Choice
    key: str = ""
    rank: Rank = Rank.COMMAND
    size: int = 40_000

    @property
    def group(self) -> str:
        """In order with what else happens to the person."""
        return self.into

    def decide(self, layer: Layer) -> CustomerMerge:
        """Raises the errors of the gate, ``Invalid``, and ``Conflict`` where one of them has changed or been merged since."""
        require(self.actor, Action.CUSTOMER_EDIT)
        body = ("merge_customers", self.customer, self.into, *map(str, self.versions), *self.choice.facts, "", *self.choice.attributes)
        id = layer.derive("customer_merge", self.actor.id, self.key, *body)
        layer.need((CUSTOMERS, (self.customer, self.into)), (CUSTOMER_MERGES, (id,)))
        known = layer.get(CUSTOMER_MERGES, id)
        if repeated(layer, self.actor.id, self.key, *body) and known is not None:
            return known
        other, into = _standing(layer, self.customer), _standing(layer, self.into)
        after = persons.joined(into, other, id, self.choice)
        if (other.version, into.version) != self.versions:
            raise Conflict("Somebody else changed one of these customers; load them again.")
        author = author_of(self.actor)
        after = layer.put(CUSTOMERS, after)
        layer.put(CUSTOMERS, replace(other, merged_into=into.id))
        customer_changed(layer, into, after, author, Reason("customers_merged", (other.id, into.id, id)))
        return layer.insert(CUSTOMER_MERGES, CustomerMerge(id, other.id, into.id, self.actor.id, layer.now, other, into, after))


@dataclass(frozen=True, kw_only=True)
class PartCustomers:
    """Undo a merge of customers."""

    actor: Actor
    merge: str
    rank: Rank = Rank.COMMAND
    size: int = 40_000

    @property
    def group(self) -> str:
        """One person's undoing keeps its order."""
        return self.actor.id

    def decide(self, layer: Layer) -> CustomerMerge:
        """The merge as undone; a second time the same. ``Conflict`` where the one that stayed was merged itself since."""
        require(self.actor, Action.CUSTOMER_EDIT)
        layer.need((CUSTOMER_MERGES, (self.merge,)))
        found = layer.get(CUSTOMER_MERGES, self.merge)
        if found is None:
            raise NotFound
        layer.need((CUSTOMERS, (found.customer, found.into)))
        other, into = layer.get(CUSTOMERS, found.customer), layer.get(CUSTOMERS, found.into)
        if found.undone_at is not None:
            return found
        if other is None or into is None:
            raise NotFound
        if into.merged_into is not None:
            raise Conflict("This customer was merged itself since; undo that first.")
        self._follow(layer, found, other, into)
        author, because = author_of(self.actor), Reason("customers_parted", (other.id, into.id, found.id))
        for before, after in ((into, persons.parted(into, found, other)), (other, replace(other, merged_into=None))):
            customer_changed(layer, before, layer.put(CUSTOMERS, after), author, because)
        return layer.put(CUSTOMER_MERGES, replace(found, undone_at=layer.now, undone_by=self.actor.id))

    def _follow(self, layer: Layer, found: CustomerMerge, other: Customer, into: Customer) -> None:
        """What was merged later holds nothing of this one any more."""
        ids = into.merges[into.merges.index(found.id) + 1 :]
        layer.need((CUSTOMER_MERGES, ids))
        later = [merge for id in ids if (merge := layer.get(CUSTOMER_MERGES, id)) is not None]
        for merge in persons.rebased(later, found, other):
            layer.put(CUSTOMER_MERGES, merge)


def _standing(layer: Layer, id: CustomerId) -> Customer:
    found = layer.get(CUSTOMERS, id)
    if found is None:
        raise NotFound
    if found.merged_into is not None:
        raise Conflict("This customer was merged into another one already; load again.")
    return found
