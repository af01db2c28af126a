"""Two customers who are one person: found, merged, parted again."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Literal

from inbox.api import customer_structs as p
from inbox.api import show
from inbox.api.access import get_conversation, get_customer
from inbox.api.audit import note
from inbox.api.parts import ApiParts, Handler, Signed
from inbox.core.customer import Customer, Identity
from inbox.core.errors import NotFound
from inbox.core.ids import CustomerId
from inbox.core.message import Address
from inbox.core.persons import Choice, CustomerMerge
from inbox.flow.persons import MergeCustomers, people

Why = Literal["address", "name", ""]
MOST = 8
MOST_ALIKE = 50
MOST_SHOWN = 3
READABLE = ("email", "phone")
_CONVERSATION = re.compile(r"#[0-9]{1,15}")
_PHONE = re.compile(r"\+?[0-9][0-9 ()/.-]{3,}")


async def find_candidates(asked: Signed[None]) -> tuple[p.CandidateRow, ...]:
    """Without ``q`` those who are alike, surest first. Never himself."""
    parts, typed = asked.parts, asked.query.get("q", "").strip()
    found = await get_customer(parts, asked.actor, asked.path["id"])
    who = await _looked_for(asked, typed) if typed else await _alike(parts, found)
    return await _rows(parts, [(one, why) for one, why in who if one.id != found.id][:MOST])


async def _looked_for(asked: Signed[None], typed: str) -> list[tuple[Customer, Why]]:
    """By the beginning of a name, mail address or phone number, or by the number of a conversation."""
    queries = asked.parts.queries
    if _CONVERSATION.fullmatch(typed):
        try:
            about = await get_conversation(asked.parts, asked.actor, typed)
        except NotFound:
            return []
        person = await queries.customer(about.customer)
        return [] if person is None else [(person, "")]
    number = re.sub(r"[^0-9+]", "", typed) if _PHONE.fullmatch(typed) else typed
    found, _ = await queries.find_customers(number, None, MOST + 1)
    return [(one, "") for one in found]


async def _alike(parts: ApiParts, person: Customer) -> list[tuple[Customer, Why]]:
    """By addresses of any kind and those among his attributes, proved ones first; then by the name."""
    queries = parts.queries
    own = await queries.identities_of(*person.whole)
    told = [value for value in person.attributes.values() if "@" in value or value.startswith("+")]
    values = {spelling for value in (*(i.value for i in own), *told) for spelling in _spellings(value)}
    others = [i for i in await queries.identities_like(sorted(values), MOST_ALIKE) if i.customer not in person.whole]
    ranked = sorted(others, key=lambda i: (not i.verified, i.since, i.id))
    alike: list[tuple[Customer, Why]] = [(one, "address") for one in await _each_once(parts, ranked)]
    called, _ = await queries.find_customers(person.name, None, MOST + 1) if person.name.strip() else ([], None)
    name = person.name.strip().casefold()
    known = {one.id for one, _ in alike}
    return alike + [(one, "name") for one in called if one.name.strip().casefold() == name and one.id not in known]


def _spellings(value: str) -> tuple[str, ...]:
    """Some providers leave out the plus of a phone number."""
    bare = value.removeprefix("+")
    return (bare, f"+{bare}") if bare.isdecimal() and len(bare) > 7 else (value,)


async def _each_once(parts: ApiParts, found: Iterable[Identity]) -> Iterable[Customer]:
    now = await people(parts.queries, list(dict.fromkeys(i.customer for i in found))[:MOST])
    return {one.id: one for one in now.values()}.values()


async def _rows(parts: ApiParts, found: Sequence[tuple[Customer, Why]]) -> tuple[p.CandidateRow, ...]:
    identities = await parts.queries.identities_of(*(id for one, _ in found for id in one.whole)) if found else []
    return tuple(
        p.CandidateRow(one.id, one.name, one.company, _addresses(i for i in identities if i.customer in one.whole), why)
        for one, why in found
    )


def _addresses(own: Iterable[Identity]) -> tuple[Address, ...]:
    """Those first that say something to people."""
    ordered = sorted(own, key=lambda i: i.kind not in READABLE)
    return tuple(Address(i.kind, i.value, i.name) for i in ordered[:MOST_SHOWN])


async def merge_customers(asked: Signed[p.MergeCustomers]) -> p.CustomersMerged:
    """In one commit, whatever they have. Raises ``Conflict`` when one of them changed or was merged since."""
    body = asked.body
    wish = MergeCustomers(
        actor=asked.actor,
        customer=CustomerId(asked.path["id"]),
        into=CustomerId(body.into),
        versions=(body.version, body.into_version),
        choice=Choice(body.take, body.take_attributes),
        key=asked.key,
    )
    return await _shown(asked, "customers_merged", await asked.parts.people.merge(wish))


async def part_customers(asked: Signed[None]) -> p.CustomersMerged:
    """Addresses and conversations go back; what came since goes with the address it came from."""
    return await _shown(asked, "customers_parted", await asked.parts.people.part(asked.actor, asked.path["id"]))


async def _shown(asked: Signed[p.MergeCustomers] | Signed[None], what: str, done: CustomerMerge) -> p.CustomersMerged:
    """Audited once, however often it is asked for again."""
    both = f"{done.other.name or done.customer} → {done.before.name or done.into}"
    await note(asked, what, done.into, once=done.id, name=both, customer=done.customer)
    stays = await get_customer(asked.parts, asked.actor, done.into)
    return p.CustomersMerged(show.customer_merge(done), await show.customer(asked.parts, stays))


HANDLERS: Mapping[str, Handler] = {
    "find_candidates": find_candidates,
    "merge_customers": merge_customers,
    "part_customers": part_customers,
}
