"""Questions about customers and their addresses."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from inbox.core.customer import Customer, Identity
from inbox.core.errors import Invalid
from inbox.core.ids import CustomerId
from inbox.store.client import Database, Document, translated
from inbox.store.documents import name_key, value
from inbox.store.keyset import pack, unpack

_NAMES = "name"
_ADDRESSES = "address"


class PeopleQueries:
    """Reads customers and identities."""

    def __init__(self, db: Database) -> None:
        self._customers = db["customers"]
        self._identities = db["identities"]

    @translated
    async def customers(self, ids: Sequence[CustomerId]) -> dict[str, Customer]:
        """Several by id."""
        if not ids:
            return {}
        cursor = self._customers.find({"_id": {"$in": list(ids)}}, batch_size=len(ids) + 1)
        return {doc["_id"]: value(doc, Customer) for doc in await cursor.to_list()}

    @translated
    async def identities_of(self, customer: CustomerId) -> list[Identity]:
        """All addresses of a person, in the order they became known."""
        cursor = self._identities.find({"customer": {"$eq": customer}}, hint="customer")
        found = [value(doc, Identity) for doc in await cursor.to_list()]
        return sorted(found, key=lambda i: (i.since, i.id))

    @translated
    async def find_customers(self, prefix: str, after: str | None, limit: int) -> tuple[list[Customer], str | None]:
        """Persons whose name starts with ``prefix``, by name; then those of whom only an address does, by address.

        Upper and lower case are the same. Raises ``Invalid`` for a position nobody gave out.
        """
        begins = name_key(prefix)
        part, key, id = _position(after)
        found: list[tuple[tuple[str, str, str], Customer]] = []
        if part == _NAMES:
            found = await self._by_name(begins, key, id, limit + 1)
            part, key, id = _ADDRESSES, "", ""
        while len(found) <= limit:
            docs = await self._by_address(begins, key, id, limit + 1)
            if not docs:
                break
            found += await self._fresh(docs, begins)
            key, id = docs[-1]["k_value"], docs[-1]["_id"]
        more = pack(*found[limit - 1][0]) if len(found) > limit else None
        return [customer for _, customer in found[:limit]], more

    async def _by_name(self, begins: str, key: str, id: str, limit: int) -> list[tuple[tuple[str, str, str], Customer]]:
        cursor = self._customers.find(_behind("k_name", begins, key, id), sort=[("k_name", 1), ("_id", 1)], limit=limit, hint="name")
        return [((_NAMES, doc["k_name"], doc["_id"]), value(doc, Customer)) for doc in await cursor.to_list()]

    async def _by_address(self, begins: str, key: str, id: str, limit: int) -> list[Document]:
        cursor = self._identities.find(_behind("k_value", begins, key, id), sort=[("k_value", 1), ("_id", 1)], limit=limit, hint="value")
        return await cursor.to_list()

    async def _fresh(self, docs: Sequence[Document], begins: str) -> list[tuple[tuple[str, str, str], Customer]]:
        """The persons behind these addresses, each at the first of his addresses only, and not if the name led to him already."""
        ids = list({doc["customer"] for doc in docs})
        owners = {doc["_id"]: doc for doc in await self._customers.find({"_id": {"$in": ids}}).to_list()}
        first: dict[str, tuple[str, str]] = {}
        for doc in await self._identities.find({"customer": {"$in": ids}, **_starting("k_value", begins)}, hint="customer").to_list():
            place = (doc["k_value"], doc["_id"])
            first[doc["customer"]] = min(first.get(doc["customer"], place), place)
        return [
            ((_ADDRESSES, doc["k_value"], doc["_id"]), value(owner, Customer))
            for doc in docs
            if (owner := owners.get(doc["customer"])) is not None
            and not owner["k_name"].startswith(begins)
            and first.get(doc["customer"]) == (doc["k_value"], doc["_id"])
        ]


def _position(after: str | None) -> tuple[str, str, str]:
    if after is None:
        return _NAMES, "", ""
    part, key, id = (str(p) for p in unpack(after, str, str, str))
    if part not in (_NAMES, _ADDRESSES):
        raise Invalid("after", "is not a position")
    return part, key, id


def _starting(field: str, begins: str) -> dict[str, Any]:
    return {field: {"$gte": begins, "$lt": begins + "\U0010ffff"}}


def _behind(field: str, begins: str, key: str, id: str) -> dict[str, Any]:
    where = _starting(field, begins)
    if key or id:
        where[field]["$gte"] = max(key, begins)
        where["$or"] = [{field: {"$gt": key}}, {"_id": {"$gt": id}}]
    return where
