"""One batch as database commands, run in one transaction: all of it is majority-durable, or nothing of it is there."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from time import monotonic
from typing import Any, Final

from bson.raw_bson import RawBSONDocument
from pymongo.asynchronous.client_session import AsyncClientSession
from pymongo.errors import PyMongoError
from pymongo.read_concern import ReadConcern
from pymongo.write_concern import WriteConcern

from inbox import failpoints
from inbox.core.errors import Conflict, Fenced, TooLarge, Unavailable
from inbox.records import AGENTS, Batch, LoadChange, Put, Settled
from inbox.store.client import DUPLICATE_KEY, Database
from inbox.store.documents import document, encoded, event_key, raw

SNAPSHOT: Final = ReadConcern("snapshot")
DURABLE: Final = WriteConcern("majority", j=True)
MAX_STATEMENTS: Final = 10_000
MAX_BYTES: Final = 24 * 1024 * 1024
PATIENCE: Final = 20.0
"""Seconds for which a commit whose outcome is unknown is asked for again."""
_KEPT: Final = ("load", "last_assigned_at", "freed_at", "held")
"""An agent's fields that only ``LoadChange`` may touch."""


@dataclass(frozen=True)
class Step:
    """One command on one collection. ``exact``: as many documents must match as there are statements."""

    verb: str
    collection: str
    field: str
    statements: Sequence[Mapping[str, Any]]
    exact: bool = True


def steps(batch: Batch) -> list[Step]:
    """The commands of a batch: agents' loads first, where contention is likeliest, and its events last."""
    inserts: dict[str, list[RawBSONDocument]] = {}
    updates: dict[str, list[Mapping[str, Any]]] = {}
    deletes: dict[str, list[Mapping[str, Any]]] = {}
    for load in batch.loads:
        updates.setdefault(AGENTS.name, []).append(_load(load))
    for put in batch.puts:
        if put.expect is None:
            inserts.setdefault(put.noun.name, []).append(encoded(put.value))
        else:
            updates.setdefault(put.noun.name, []).append(_replacement(put, put.expect))
    for removal in batch.removals:
        deletes.setdefault(removal.noun.name, []).append({"q": {"_id": removal.id}, "limit": 1})
    plan = [Step("update", name, "updates", found) for name, found in updates.items()]
    plan += [Step("delete", name, "deletes", found, exact=False) for name, found in deletes.items()]
    plan += [Step("insert", name, "documents", found) for name, found in inserts.items()]
    if batch.settled:
        plan.append(Step("update", "deliveries", "updates", _settled(batch.settled), exact=False))
    if batch.events:
        plan.append(Step("insert", "events", "documents", [encoded(e) for e in batch.events]))
    return plan


def _load(change: LoadChange) -> Mapping[str, Any]:
    q: dict[str, Any] = {"_id": change.agent}
    if change.at_most is not None:
        q["load"] = {"$not": {"$gt": change.at_most - change.delta}}  # an agent without a stored load has none
        if change.delta > change.at_most:
            q["load"] = {"$in": []}
    held = f"held.{change.kind}"
    if change.kind_at_most is not None:
        q[held] = {"$not": {"$gte": change.kind_at_most}}
    u: dict[str, Any] = {"load": {"$add": [{"$ifNull": ["$load", 0]}, change.delta]}}
    if change.kind:
        counted = {"$add": [{"$ifNull": [f"${held}", 0]}, 1 if change.delta > 0 else -1]}
        u[held] = {"$max": [0, counted]}  # what he got before kinds were counted goes uncounted
    for name, at in (("last_assigned_at", change.assigned_at), ("freed_at", change.freed_at)):
        if at is not None:
            u[name] = {"$max": [f"${name}", at]}
    return {"q": q, "u": [{"$set": u}]}


def _replacement(put: Put, expect: int) -> Mapping[str, Any]:
    q: dict[str, Any] = {"_id": put.value.id}
    if "version" in put.noun.type.__struct_fields__:
        q["version"] = expect if expect != 1 else {"$in": [1, None]}  # the default is not stored
    if put.noun is not AGENTS:
        return {"q": q, "u": encoded(put.value)}
    doc = {k: v for k, v in document(put.value).items() if k not in _KEPT}
    kept = {k: f"${k}" for k in _KEPT}
    return {"q": q, "u": [{"$replaceWith": {"$mergeObjects": [{"$literal": raw(doc)}, kept]}}]}


def _settled(settled: Sequence[Settled]) -> list[Mapping[str, Any]]:
    """One statement for all that ended alike."""
    alike: dict[tuple[str, str], list[str]] = {}
    for one in settled:
        alike.setdefault((one.state, one.error), []).append(one.id)
    return [
        {"q": {"_id": {"$in": ids}}, "u": {"$set": {"state": state, "error": error}}, "multi": True}
        for (state, error), ids in alike.items()
    ]


Note = Callable[[Any], Awaitable[None]]


async def run(db: Database, plan: Sequence[Step], last: tuple[str, Any], note: Note) -> None:
    """Run the commands in a transaction. ``last`` names a document by collection and ``_id`` that is there afterwards and was not before.

    ``note`` hears the session's id before the transaction begins.
    Raises ``Conflict``, ``Fenced``, ``TooLarge``, and ``Unavailable``: after that, look whether ``last`` is there before going on.
    """
    async with db.client.start_session() as session:
        await note(session.session_id)
        async with await session.start_transaction(SNAPSHOT, DURABLE):
            for step in plan:
                for part in _parts(step):
                    await _run_step(db, step, part, session)
            failpoints.hit("commit.inside")
            await _commit(db, session, last)


def _parts(step: Step) -> Iterator[Sequence[Mapping[str, Any]]]:
    """The statements in messages the server accepts."""
    part: list[Mapping[str, Any]] = []
    size = 0
    for statement in step.statements:
        body = statement.get("u", statement) if step.verb == "update" else statement
        weight = len(body.raw) if isinstance(body, RawBSONDocument) else 1_000
        if part and (size + weight > MAX_BYTES or len(part) == MAX_STATEMENTS):
            yield part
            part, size = [], 0
        part.append(statement)
        size += weight
    yield part


async def _run_step(db: Database, step: Step, part: Sequence[Mapping[str, Any]], session: AsyncClientSession) -> None:
    answer = await db.command({step.verb: step.collection, "ordered": True, step.field: part}, session=session)
    for error in answer.get("writeErrors", ()):
        if error["code"] != DUPLICATE_KEY:
            raise TooLarge(f"the database refused it: code {error['code']}")
        if step.collection == "events":
            raise Fenced
        raise Conflict(f"{step.collection}: something with this key exists")
    if step.exact and answer["n"] != len(part):
        raise Conflict(f"{step.collection}: {len(part) - answer['n']} of {len(part)} changed meanwhile")


async def _commit(db: Database, session: AsyncClientSession, last: tuple[str, Any]) -> None:
    """Commit until the outcome is known."""
    until = monotonic() + PATIENCE
    while True:
        try:
            await session.commit_transaction()
        except PyMongoError as error:
            if not error.has_error_label("UnknownTransactionCommitResult"):
                raise
            if monotonic() > until:
                break
            await asyncio.sleep(0.05)  # the server elects another primary, or the line comes back
        else:
            return
    collection, id = last
    if await db[collection].find_one({"_id": id}, {"_id": 1}) is None:
        raise Unavailable("it is not known whether this was stored")


def last_of(batch: Batch) -> tuple[str, Any]:
    """What proves that a batch is stored: its last event, else the last value it puts."""
    if batch.events:
        return "events", event_key(batch.events[-1].o, batch.events[-1].n)
    return (batch.puts[-1].noun.name, batch.puts[-1].value.id) if batch.puts else ("events", event_key(0, 0))
