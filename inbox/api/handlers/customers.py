"""Persons: found, shown, changed."""

from __future__ import annotations

import re
import secrets

import phonenumbers

from inbox.api import customer_structs as p
from inbox.api import show
from inbox.api.access import get_customer as find_customer
from inbox.api.bodies import limit_of
from inbox.api.parts import Signed
from inbox.core import commands as c
from inbox.core.customer import Customer
from inbox.core.errors import Invalid, NotFound
from inbox.core.ids import CustomerId, digest
from inbox.core.permissions import Action, require

_EMAIL = re.compile(r"[^\s@<>\"(),:;\[\]\\]{1,64}@[^\s@<>\"(),:;\[\]\\_]{1,190}")


async def find_customers(asked: Signed[None]) -> p.CustomerPage:
    """Persons whose name or address starts with ``q``."""
    require(asked.actor, Action.CUSTOMER_READ)
    query = asked.query
    found, after = await asked.parts.queries.find_customers(query.get("q", "").strip(), query.get("after"), limit_of(query))
    return p.CustomerPage(tuple(show.person(customer) for customer in found), after)


async def get_customer(asked: Signed[None]) -> p.CustomerRow:
    """A person with his addresses."""
    return await show.customer(asked.parts, await find_customer(asked.parts, asked.actor, asked.path["id"]))


async def create_customer(asked: Signed[p.CreateCustomer]) -> p.CustomerRow:
    """The same key makes one person. Raises ``Conflict`` when an address is somebody else's, ``Invalid`` for one that is none."""
    require(asked.actor, Action.CUSTOMER_EDIT)
    body = asked.body
    if not (body.name.strip() or body.addresses):
        raise Invalid("name", "give a name or an address")
    id = CustomerId(digest("customer", asked.actor.id, asked.key) if asked.key else secrets.token_hex(16))
    made = Customer(id, body.name.strip(), 0, language=body.language, company=body.company, notes=body.notes, attributes=body.attributes)
    addresses = tuple((one.kind, normal(one.kind, one.value)) for one in body.addresses)
    return await show.customer(asked.parts, await asked.parts.people.create(asked.actor, made, addresses, asked.key))


async def edit_customer(asked: Signed[p.EditCustomer]) -> p.CustomerRow:
    """Raises ``Conflict`` when somebody else changed the person since."""
    found = await find_customer(asked.parts, asked.actor, asked.path["id"], Action.CUSTOMER_EDIT)
    body = asked.body
    command = c.EditCustomer(found.id, body.version, body.name, body.company, body.language, body.notes, body.attributes)
    outcome = await asked.parts.conversations.execute(asked.actor, command)
    if outcome.customer is None:
        raise NotFound
    return await show.customer(asked.parts, outcome.customer)


async def add_identity(asked: Signed[p.AddIdentity]) -> p.CustomerRow:
    """One more address, unverified."""
    found = await find_customer(asked.parts, asked.actor, asked.path["id"], Action.CUSTOMER_EDIT)
    value = normal(asked.body.kind, asked.body.value)
    stored = await asked.parts.people.add_identity(asked.actor, CustomerId(found.id), asked.body.kind, value, asked.key)
    return await show.customer(asked.parts, stored)


def normal(kind: str, value: str) -> str:
    """The one form of an address. Raises ``Invalid`` when it is none."""
    if kind == "email":
        address = value.strip().lower()
        if not _EMAIL.fullmatch(address):
            raise Invalid("value", "is not a mail address")
        return address
    try:
        number = phonenumbers.parse(value.strip(), None)
    except phonenumbers.NumberParseException:
        raise Invalid("value", "is not a phone number with its country, such as +49 30 123456") from None
    if not phonenumbers.is_possible_number(number):
        raise Invalid("value", "is not a phone number with its country, such as +49 30 123456")
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
