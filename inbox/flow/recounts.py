"""That open conversations are to be looked at again: stored with the change that makes it so, done by ``flow/recounting``."""

from __future__ import annotations

from msgspec.structs import replace

from inbox.core.customer import Customer
from inbox.core.events import Event, EventType
from inbox.core.message import Author, Reason
from inbox.flow.working import Layer
from inbox.records import CUSTOMERS, RECOUNTS, Recount

ID = "sla"
AGAIN = "recount"
"""Stands in the data of a customer's entry when his conversations are to be looked at again."""


def begin(layer: Layer, walk: Recount | None = None) -> None:
    """Part of every change of a policy, calendar or segment: the walk over all that is open begins, or begins anew; ``walk`` is another."""
    first = walk or Recount(ID)
    layer.need((RECOUNTS, (first.id,)))
    known = layer.get(RECOUNTS, first.id) or first
    layer.put(RECOUNTS, replace(known, wanted=known.wanted + 1, begun_at=layer.now, done_at=None, after=None, seen=0, changed=0, total=0))


def customer_changed(layer: Layer, before: Customer, after: Customer, by: Author, reason: Reason | None = None) -> None:
    """Write that a customer is another, under each id that leads to him. Where queues or policies ask for what changed, his open
    conversations are looked at again; who comes with this very change has none."""
    asked = layer.desk.asks_of_customers or layer.promises.about_customers
    again = asked and not layer.is_new(CUSTOMERS, after.id) and _known(before) != _known(after)
    if again:
        begin(layer, Recount(f"customer:{after.id}", customer=after.id))
    for id in after.whole:
        layer.event(Event(EventType.CUSTOMER_CHANGED, layer.now, by, customer=id, reason=reason, data={AGAIN: 1} if again else {}))


def _known(customer: Customer) -> tuple[object, ...]:
    return customer.language, customer.company, customer.attributes, customer.whole, customer.merged_into
