"""Who a sender is among the people we know. Profiles are never joined by an address that nobody proved."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from msgspec import Struct

from inbox.core.customer import Identity, identity_id
from inbox.core.ids import CustomerId
from inbox.core.message import Reason

STATED = "stated"
"""``Identity.how`` of an address that a visitor typed in about himself: a claim about somebody, not that person's word."""


class Fact(Struct, frozen=True, omit_defaults=True):
    """An address the sender goes by. ``proved``: the transport or a signature vouches for it; ``scope`` as in ``Identity``."""

    kind: str
    value: str
    scope: str = ""
    proved: bool = False


class Known(Struct, frozen=True):
    """One of our customers. ``proved`` False: it is his address, but somebody else may have written it there."""

    customer: CustomerId
    reason: Reason
    proved: bool = False


class New(Struct, frozen=True):
    """Nobody we know. ``takes``: ids of stated identities that are the sender's own address and go over to the new customer.

    ``similar``: customers who claim one of these addresses, to be offered to an agent.
    """

    reason: Reason
    similar: tuple[CustomerId, ...] = ()
    takes: tuple[str, ...] = ()


class Ambiguous(Struct, frozen=True):
    """Addresses of several customers, each good enough alone; an agent has to say which. The first is the sending address's."""

    customers: tuple[CustomerId, ...]
    reason: Reason


def match(facts: Sequence[Fact], candidates: Iterable[Identity]) -> Known | New | Ambiguous:
    """Decide by the sender's facts, the first of which is the address the message came from, and the stored identities.

    The sending address is its owner's, unless that owner only stated it. Any other address counts if it is proved on both
    sides: in this message and in the profile. Codes: ``same_address``, ``proved_address``, ``several_customers``,
    ``stated_elsewhere``, ``unproved_address``, ``first_contact``.
    """
    ids = [identity_id(fact.kind, fact.scope, fact.value) for fact in facts]
    vouched = {id for id, fact in zip(ids, facts, strict=True) if fact.proved}
    links = {identity.id: identity for identity in candidates if identity.id in ids}
    sending = [identity for id, identity in links.items() if id == ids[0]]
    own = [identity.customer for identity in sending if identity.how != STATED]
    proved = [identity.customer for id, identity in links.items() if id in vouched and identity.verified]
    customers = tuple(dict.fromkeys([*own, *sorted(proved)]))
    if len(customers) > 1:
        return Ambiguous(customers, Reason("several_customers", ids=customers))
    if customers:
        return Known(customers[0], Reason("proved_address" if proved else "same_address", ids=customers), bool(proved))
    takes = tuple(identity.id for identity in sending)
    similar = tuple(sorted({identity.customer for identity in links.values()}))
    code = "stated_elsewhere" if takes else "unproved_address" if similar else "first_contact"
    return New(Reason(code, ids=similar), similar, takes)
