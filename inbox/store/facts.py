"""Facts and sums of reports. Every sum is stored for its day and for its month, and once more with each of its dimensions alone and with
none, so that long periods and most questions are read from few documents."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any, Final

from pymongo import ReplaceOne, UpdateOne
from pymongo.asynchronous.client_session import AsyncClientSession

from inbox.core.errors import Conflict
from inbox.core.facts import ENTERED, LEFT, Dims, Fact, FactKind, Folded, Known, Sums
from inbox.core.ids import ConversationId
from inbox.core.reports import DIMENSIONS, Asked, Behind, By, added, group_of, whole_months
from inbox.core.sums import FEW, Sum
from inbox.store.client import Database, Document, translated
from inbox.store.documents import document, value
from inbox.store.evenings import LASTING, around, blocks
from inbox.store.keyset import pack, unpack
from inbox.store.transaction import DURABLE, SNAPSHOT

PLACE: Final = "place"
_SHORT: Final = (("channel", "c"), ("team", "t"), ("queue", "q"), ("agent", "a"), ("label", "l"))
ALL: Final = "all"
NOT_YET: Final = 2**53
"""The end of a stay in the backlog that lasts: after every instant."""
_PARTS: Final = (("counts", "n"), ("totals", "s"), ("classes", "h"), ("hours", "w"))


class MongoFacts:
    """``ports.Facts``."""

    def __init__(self, db: Database) -> None:
        self._db = db

    @translated
    async def position(self) -> dict[int, int]:
        """Up to which entries the facts have come."""
        return _cursor(await self._db["report_place"].find_one({"_id": PLACE}))

    @translated
    async def known(self, ids: Collection[ConversationId]) -> dict[ConversationId, Known]:
        """What was noted of conversations."""
        docs = await self._db["report_known"].find({"_id": {"$in": list(ids)}}, batch_size=len(ids) + 1).to_list()
        return {doc["_id"]: value(doc, Known) for doc in docs}

    @translated
    async def fold(self, folded: Folded, before: Mapping[int, int], after: Mapping[int, int]) -> None:
        """Add all of it and move the place, or nothing: ``Conflict`` when the place is not ``before`` any more."""
        async with self._db.client.start_session() as session, await session.start_transaction(SNAPSHOT, DURABLE):
            await self._move(session, before, after)
            if folded.known:
                states = [ReplaceOne({"_id": k.id}, document(k), upsert=True) for k in folded.known.values()]
                await self._db["report_known"].bulk_write(states, ordered=False, session=session)
            if folded.facts:
                newest = {f.id: f for f in folded.facts}  # a score may have been changed, a stay be over
                happened = [ReplaceOne({"_id": f.id}, _fact(f), upsert=True) for f in newest.values()]
                await self._db["facts"].bulk_write(happened, ordered=False, session=session)
            if folded.sums:
                await self._db["report_sums"].bulk_write(list(_additions(folded)), ordered=False, session=session)

    async def _move(self, session: AsyncClientSession, before: Mapping[int, int], after: Mapping[int, int]) -> None:
        places = self._db["report_place"]
        if not before:
            await places.insert_one(_place(after), session=session)
        elif not (await places.replace_one({"_id": PLACE, "at": _place(before)["at"]}, _place(after), session=session)).matched_count:
            raise Conflict("another server folds")

    @translated
    async def sums(self, asked: Asked) -> dict[str, Sum]:
        """The sums of a report by the key of its row."""
        long = asked.by is By.DAY or asked.by is By.WEEK
        found: dict[str, list[Sum]] = {}
        async for doc in self._db["report_sums"].find(
            _where(asked, _periods(asked, by_day=long)), _fields(asked), hint="period", batch_size=5_000
        ):
            found.setdefault(group_of(asked, doc["p"], _dims(doc)), []).append(_sum(doc))
        return {key: added(parts) for key, parts in found.items()}

    @translated
    async def backlog(self, asked: Asked) -> int:
        """How many conversations were in the backlog when the report's first day began."""
        first = asked.period.first.isoformat()
        earlier = [
            {"k": "m", "p": {"$lt": first[:7]}},
            {"k": "d", "p": {"$gte": f"{first[:7]}-01", "$lt": first}},
        ]
        pipeline: list[Document] = [
            {"$match": _where(asked, earlier)},
            {"$group": {"_id": None, "in": {"$sum": f"$n.{ENTERED}"}, "out": {"$sum": f"$n.{LEFT}"}}},
        ]
        docs = await (await self._db["report_sums"].aggregate(pipeline, hint="period")).to_list()
        return docs[0]["in"] - docs[0]["out"] if docs else 0

    @translated
    async def facts(self, behind: Behind, after: str | None, limit: int) -> tuple[list[Fact], str | None]:
        """The happenings behind a figure, newest first."""
        where = _listed(behind)
        if after is not None:
            at, id = unpack(after, int, str)
            where = {"$and": [where, {"k_at": {"$gte": at}, "$or": [{"k_at": {"$gt": at}}, {"_id": {"$gt": id}}]}]}
        index, order = _INDEXES.get(behind.kind, "happened"), [("k_at", 1), ("_id", 1)]
        docs = await self._db["facts"].find(where, sort=order, limit=limit + 1, hint=index).to_list()
        more = pack(int(docs[limit - 1]["k_at"]), docs[limit - 1]["_id"]) if len(docs) > limit else None
        return [value(doc, Fact) for doc in docs[:limit]], more


def _place(cursor: Mapping[int, int]) -> Document:
    return {"_id": PLACE, "at": [[o, n] for o, n in sorted(cursor.items())]}


def _cursor(doc: Mapping[str, Any] | None) -> dict[int, int]:
    return {} if doc is None else {int(o): int(n) for o, n in doc["at"]}


def _fact(fact: Fact) -> Document:
    doc: Document = {**document(fact), "k_at": -fact.at}
    if fact.kind is FactKind.BACKLOG:
        over = fact.until
        doc |= {"k_until": NOT_YET, "k_days": [LASTING]} if over is None else {"k_until": over, "k_days": blocks(fact.at, over)}
    if fact.kind is FactKind.STATE:
        doc |= {"k_state": f"{fact.dims.agent} {fact.metric}", "k_over": fact.until}
    return doc


_INDEXES: Final = {FactKind.STATE: "states", FactKind.BACKLOG: "evenings"}


def _listed(behind: Behind) -> Document:
    first, end = behind.span
    if behind.kind is FactKind.STATE:
        return {"k_state": {"$eq": f"{behind.asked.agent} {behind.state}"}, "k_at": {"$gt": -end}, "k_over": {"$gt": first}}
    where: Document = {"kind": behind.kind.value, "k_at": {"$gt": -end, "$lte": -first}}
    if behind.kind is FactKind.BACKLOG:
        where |= {"k_days": {"$in": around(end)}, "k_until": {"$gte": end}, "k_at": {"$gt": -end}}
    for name, found in behind.dims.items():
        where[f"dims.{name}"] = {"$eq": found} if found else {"$in": ["", None]}
    if behind.asked.tag:
        where["tags"] = {"$eq": behind.asked.tag}
    if behind.policy:
        where["policy"] = {"$eq": behind.policy}
    return where if behind.hour is None else where | {"hour": behind.hour}


def _key(period: str, dims: Dims) -> Document:
    return {"p": period, **{short: found for name, short in _SHORT if (found := getattr(dims, name))}}


def _dims(doc: Mapping[str, Any]) -> Dims:
    return Dims(**{name: doc["_id"].get(short, "") for name, short in _SHORT})


def _additions(folded: Folded) -> Iterator[UpdateOne]:
    for kind, period, dims, one in summed(folded.sums):
        key = _key(period, dims)
        own = {short: key.get(short, "") for _, short in _SHORT}
        change: Document = {"$inc": _increments(one), "$setOnInsert": {"k": kind, "p": period, **own}}
        if one.few:
            change["$push"] = {f"v.{what}": {"$each": found, "$slice": FEW} for what, found in one.few.items()}
        yield UpdateOne({"_id": key}, change, upsert=True)


def summed(sums: Sums) -> Iterator[tuple[str, str, Dims, Sum]]:
    """Everything that is stored of some sums: ``d`` for days, ``m`` for months, the period, the dimensions."""
    levels: dict[tuple[str, str, Dims], list[Sum]] = {}
    for (day, dims), one in sums.items():
        for level in (dims, *_fewer(dims)):
            levels.setdefault(("d", day, level), []).append(one)
            levels.setdefault(("m", day[:7], level), []).append(one)
    for (kind, period, level), parts in levels.items():
        yield kind, period, level, parts[0] if len(parts) == 1 else added(parts)


def _fewer(dims: Dims) -> Iterator[Dims]:
    if not dims.label:
        yield Dims(label=ALL)
        for name in DIMENSIONS:
            found = getattr(dims, name)
            yield Dims(label=f"{name}:{found}", **{name: found})


def _increments(sum: Sum) -> Document:
    out: Document = {}
    for name, short in _PARTS:
        for what, found in getattr(sum, name).items():
            if isinstance(found, dict):
                out |= {f"{short}.{what}.{number}": times for number, times in found.items()}
            else:
                out[f"{short}.{what}"] = found
    return out


def _sum(doc: Mapping[str, Any]) -> Sum:
    classes, hours = ({what: {int(c): n for c, n in of.items()} for what, of in doc.get(part, {}).items()} for part in ("h", "w"))
    return Sum(dict(doc.get("n", {})), dict(doc.get("s", {})), classes, hours, dict(doc.get("v", {})))


def _periods(asked: Asked, *, by_day: bool) -> list[Document]:
    if by_day:
        return [{"k": "d", "p": {"$gte": asked.period.first.isoformat(), "$lte": asked.period.last.isoformat()}}]
    months, loose = whole_months(asked.period)
    days: list[Document] = [{"k": "d", "p": {"$gte": first, "$lte": last}} for first, last in loose]
    return [*([{"k": "m", "p": {"$in": months}}] if months else []), *days]


def _where(asked: Asked, periods: Sequence[Document]) -> Document:
    where: Document = {"$or": list(periods)}
    conditions = {short: {"$eq": found} for name, short in _SHORT[:4] if (found := getattr(asked, name))}
    wanted = [name for name in DIMENSIONS if asked.by.value == name or getattr(asked, name)]
    if asked.one_label:
        return where | {"l": {"$eq": asked.labelled}}
    if asked.labelled:
        return where | {"l": _beginning(asked.labelled)}
    if not wanted:
        return where | {"l": ALL}
    if len(wanted) == 1:
        return where | {"l": {"$eq": f"{wanted[0]}:{getattr(asked, wanted[0])}"} if conditions else _beginning(f"{wanted[0]}:")}
    return where | {"l": ""} | conditions


def _beginning(label: str) -> Document:
    """Every label that begins so; it ends in a colon."""
    return {"$gte": label, "$lt": label[:-1] + ";"}


def _fields(asked: Asked) -> Document:
    """Hours of the week are many, and only one report wants them."""
    return {"p": 1, "n": 1, "s": 1, **({"w": 1} if asked.by is By.HOUR else {"h": 1, "v": 1})}
