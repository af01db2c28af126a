"""Questions about customers and their addresses."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any

from inbox.core.blocking import Block
from inbox.core.customer import Customer, Identity
from inbox.core.errors import Invalid
from inbox.core.ids import CustomerId
from inbox.core.persons import CustomerMerge
from inbox.store.client import Database, Document, translated
from inbox.store.documents import name_key, value
from inbox.store.keyset import pack, position_of_number, unpack

_NAMES = "name"
_ADDRESSES = "address"


class PeopleQueries:
    """Reads customers and identities."""

    def __init__(self, db: Database) -> None:
        self._customers = db["customers"]
        self._identities = db["identities"]
        self._blocks = db["blocks"]
        self._merges = db["customer_merges"]

    @translated
    async def customer(self, id: CustomerId) -> Customer | None:
        """One by id, following ``merged_into``."""
        doc = await self._customers.find_one({"_id": {"$eq": id}})
        if doc is not None and doc.get("merged_into") is not None:
            doc = await self._customers.find_one({"absorbed": {"$eq": id}, "merged_into": {"$exists": False}}, hint="absorbed")
        return None if doc is None else value(doc, Customer)

    @translated
    async def customers(self, ids: Sequence[CustomerId]) -> dict[str, Customer]:
        """Several by id, merged or not."""
        if not ids:
            return {}
        cursor = self._customers.find({"_id": {"$in": list(ids)}}, batch_size=len(ids) + 1)
        return {doc["_id"]: value(doc, Customer) for doc in await cursor.to_list()}

    @translated
    async def customer_merges(self, ids: Sequence[str]) -> dict[str, CustomerMerge]:
        """Several by id, undone or not."""
        cursor = self._merges.find({"_id": {"$in": list(ids)}}, batch_size=len(ids) + 1)
        return {doc["_id"]: value(doc, CustomerMerge) for doc in await cursor.to_list()} if ids else {}

    @translated
    async def identities_of(self, *customers: CustomerId) -> list[Identity]:
        """All addresses of these customers, in the order they became known."""
        cursor = self._identities.find({"customer": {"$in": list(customers)}}, hint="customer")
        found = [value(doc, Identity) for doc in await cursor.to_list()]
        return sorted(found, key=lambda i: (i.since, i.id))

    @translated
    async def identities_like(self, values: Sequence[str], limit: int) -> list[Identity]:
        """Some of the addresses of any kind that read so, without regard to case."""
        cursor = self._identities.find({"k_value": {"$in": [name_key(v) for v in values]}}, hint="value", limit=limit)
        return [value(doc, Identity) for doc in await cursor.to_list()]

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

    @translated
    async def customers_by_id(self, after: CustomerId, limit: int) -> list[Customer]:
        """Persons whose id is behind ``after``, by id; none who was merged into another."""
        cursor = self._customers.find(
            {"_id": {"$gt": after}, "merged_into": {"$exists": False}}, sort=[("_id", 1)], limit=limit, batch_size=limit + 1, hint="_id_"
        )
        return [value(doc, Customer) for doc in await cursor.to_list()]

    @translated
    async def blocks(self, after: str | None, limit: int) -> tuple[list[Block], str | None]:
        """Who is blocked now, newest first. Raises ``Invalid`` for a position nobody gave out."""
        where: dict[str, Any] = {"lifted_at": {"$exists": False}}
        if after is not None:
            at, id = position_of_number(after)
            where = {"$and": [where, {"at": {"$lte": -at}}, {"$or": [{"at": {"$lt": -at}}, {"_id": {"$gt": id}}]}]}
        cursor = self._blocks.find(where, sort=[("at", -1), ("_id", 1)], limit=limit + 1, hint="newest")
        found = [value(doc, Block) for doc in await cursor.to_list()]
        more = pack(-found[limit - 1].at, found[limit - 1].id) if len(found) > limit else None
        return found[:limit], more

    @translated
    async def blocks_among(self, ids: Sequence[str]) -> list[Block]:
        """Those of these entries that stand."""
        if not ids:
            return []
        cursor = self._blocks.find({"_id": {"$in": list(ids)}, "lifted_at": {"$exists": False}})
        return [value(doc, Block) for doc in await cursor.to_list()]

    async def _by_name(self, begins: str, key: str, id: str, limit: int) -> list[tuple[tuple[str, str, str], Customer]]:
        cursor = self._customers.find(_behind("k_name", begins, key, id), sort=[("k_name", 1), ("_id", 1)], limit=limit, hint="name")
        return [((_NAMES, doc["k_name"], doc["_id"]), value(doc, Customer)) for doc in await cursor.to_list()]

    async def _by_address(self, begins: str, key: str, id: str, limit: int) -> list[Document]:
        cursor = self._identities.find(_behind("k_value", begins, key, id), sort=[("k_value", 1), ("_id", 1)], limit=limit, hint="value")
        return await cursor.to_list()

    async def _fresh(self, docs: Sequence[Document], begins: str) -> list[tuple[tuple[str, str, str], Customer]]:
        """The persons behind these addresses, each at the first of his addresses only, and not if the name led to him already."""
        owners = await self._who_is({doc["customer"] for doc in docs})
        ids = list({id for owner in owners.values() for id in owner.whole})
        first: dict[str, tuple[str, str]] = {}
        for doc in await self._identities.find({"customer": {"$in": ids}, **_starting("k_value", begins)}, hint="customer").to_list():
            place, owner = (doc["k_value"], doc["_id"]), owners[doc["customer"]].id
            first[owner] = min(first.get(owner, place), place)
        return [
            ((_ADDRESSES, doc["k_value"], doc["_id"]), one)
            for doc in docs
            if (one := owners.get(doc["customer"])) is not None
            and not name_key(one.name).startswith(begins)
            and first.get(one.id) == (doc["k_value"], doc["_id"])
        ]

    async def _who_is(self, ids: Collection[str]) -> dict[str, Customer]:
        """Who these are now, by each id that leads to them."""
        wanted = list(ids)
        stored = [value(doc, Customer) for doc in await self._customers.find({"_id": {"$in": wanted}}).to_list()]
        if any(one.merged_into is not None for one in stored):
            where = {"absorbed": {"$in": wanted}, "merged_into": {"$exists": False}}
            stored += [value(doc, Customer) for doc in await self._customers.find(where, hint="absorbed").to_list()]
        return {id: one for one in stored if one.merged_into is None for id in one.whole}


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
