"""Every collection and every index, in one table; ``prepare`` makes a database look like it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pymongo import ASCENDING as UP
from pymongo import DESCENDING as DOWN
from pymongo import IndexModel, timeout
from pymongo.errors import CollectionInvalid, OperationFailure

from inbox.core.errors import CannotStart
from inbox.records import CATALOG
from inbox.store.client import Database, translated
from inbox.store.migrations import migrate


@dataclass(frozen=True)
class Index:
    """One index. ``partial`` names a field that must exist, or gives the whole filter; ``expire`` makes it a TTL index
    on an instant in a date field, for garbage only."""

    name: str
    keys: tuple[tuple[str, int], ...]
    unique: bool = False
    partial: str | Mapping[str, Any] | None = None
    expire: bool = False

    @property
    def options(self) -> dict[str, Any]:
        """What the server is told besides the keys, and what it must say of an index that exists."""
        options: dict[str, Any] = {}
        if self.unique:
            options["unique"] = True
        if self.partial is not None:
            exists = {self.partial: {"$exists": True}} if isinstance(self.partial, str) else dict(self.partial)
            options["partialFilterExpression"] = exists
        if self.expire:
            options["expireAfterSeconds"] = 0
        return options

    def model(self) -> IndexModel:
        """The driver's description of it."""
        return IndexModel(list(self.keys), name=self.name, **self.options)


def _up(name: str, *fields: str, unique: bool = False, partial: str | Mapping[str, Any] | None = None, expire: bool = False) -> Index:
    return Index(name, tuple((f, UP) for f in fields), unique, partial, expire)


CONVERSATIONS = (
    _up("number", "number", unique=True),
    _up("who_number", "k_who", "number", partial="k_who"),
    _up("who_activity", "k_who", "category", "k_act", "_id", partial="k_who"),
    _up("list_activity", "k_lists", "k_act", "_id", partial="k_lists"),
    _up("list_waiting", "k_waiting", "k_wait", "_id", partial="k_waiting"),
    _up("live_due", "k_live", "k_due", "_id", partial="k_live"),
    _up("pressing_due", "k_pressing", "k_due", "_id", partial="k_pressing"),
    _up("live_priority", "k_live", "k_rank", "_id", partial="k_live"),
    _up("turn", "k_turn", "_id", partial="k_turn"),
)

INDEXES: Mapping[str, tuple[Index, ...]] = {
    "agents": (_up("email", "k_email", unique=True),),
    "alert_states": (),
    "api_tokens": (_up("agent", "agent"), _up("asked_by", "asked_by", unique=True, partial="asked_by")),
    "attempts": (_up("gone", "k_gone", expire=True),),
    "audit": (
        _up("at", "at", "_id"),
        _up("actor_at", "actor", "at", "_id"),
        _up("action_at", "action", "at", "_id"),
        _up("actor_action_at", "actor", "action", "at", "_id"),
    ),
    "blobs.chunks": (_up("files_id_1_n_1", "files_id", "n", unique=True),),
    "blobs.files": (_up("filename_1_uploadDate_1", "filename", "uploadDate"),),
    "blocks": (Index("newest", (("at", DOWN), ("_id", UP))),),
    **{noun.name: () for noun in CATALOG},
    "challenges": (_up("gone", "k_gone", expire=True),),
    "channels": (),
    "consents": (),
    "conversations": CONVERSATIONS,
    "counters": (),
    "credentials": (),
    "cursors": (),
    "customer_merges": (),
    "customers": (_up("name", "k_name", "_id"), _up("absorbed", "absorbed", partial="absorbed")),
    "deliveries": (_up("unsettled", "arrived_at", "_id", partial={"state": "received"}), _up("blob", "blob", partial="blob")),
    "dispatches": (
        _up("due", "due_at", "_id", partial="due_at"),
        Index("newest", (("at", DOWN), ("_id", DOWN))),
        _up("gone", "k_gone", expire=True),
    ),
    "drafts": (_up("agent", "agent", "conversation"), _up("files", "files", partial="files")),
    "events": (_up("conversation", "conversation", "at", "_id", partial="conversation"),),
    "factors": (),
    "facts": (
        _up("happened", "kind", "k_at", "_id"),
        _up("evenings", "k_days", "k_at", "_id", "k_until", partial="k_days"),
        _up("states", "k_state", "k_at", "_id", partial="k_state"),
    ),
    "files": (_up("loose", "at", "_id", partial="k_loose"), _up("blob", "blob")),
    "idempotency": (_up("gone", "k_gone", expire=True),),
    "identities": (_up("customer", "customer"), _up("value", "k_value", "_id")),
    "invitations": (_up("gone", "k_gone", expire=True),),
    "job_items": (_up("gone", "k_gone", expire=True),),
    "job_parts": (_up("gone", "k_gone", expire=True),),
    "jobs": (
        _up("running", "held_until", "_id", partial={"state": "running"}),
        _up("agent", "agent", "created_at"),
        _up("gone", "k_gone", expire=True),
    ),
    "messages": (
        _up("timeline", "conversation", "arrived_at", "_id", "kind"),
        _up("due", "k_due", "_id", partial="k_due"),
        _up("amend", "k_amend", partial="k_amend"),
        _up("file", "attachments.file", partial="attachments.file"),
    ),
    "meta": (),
    "notifications": (
        Index("agent", (("agent", UP), ("at", DOWN), ("_id", DOWN))),
        Index("new", (("k_new", UP), ("at", DOWN), ("_id", DOWN)), partial="k_new"),
        _up("gone", "k_gone", expire=True),
    ),
    "parted": (),
    "passkeys": (_up("agent", "agent"),),
    "presence": (_up("until", "until"), _up("gone", "k_gone", expire=True)),
    "pushed": (_up("gone", "k_gone", expire=True),),
    "reads": (),
    "recounts": (),
    "repairs": (),
    "report_known": (),
    "report_place": (),
    "report_sums": (_up("period", "k", "l", "p", "c", "t", "q", "a"),),
    "resets": (_up("agent", "agent"), _up("gone", "k_gone", expire=True)),
    "search": (
        Index("word", (("w", UP), ("t", DOWN), ("n", DOWN))),
        Index("recent", (("t", DOWN), ("n", DOWN))),
        Index("place", (("n", UP), ("t", DOWN))),
    ),
    "sessions": (_up("agent", "agent"), _up("gone", "k_gone", expire=True)),
    "spells": (),
    "tags": (_up("tag", "k_tag"),),
    "teams": (),
    "templates": (_up("channel", "channel", "template.name", "template.language", "_id"),),
    "thread_keys": (),
    "timers": (_up("due", "due_at", "_id"),),
    "views": (),
    "visitors": (
        _up("secret", "channel", "secret", unique=True),
        _up("subject", "channel", "subject", unique=True, partial="subject"),
        _up("origin", "channel", "ip", "created_at", partial="ip"),
    ),
    "writers": (),
}

LONGEST_BUILD_S = 24 * 60 * 60.0
_EXISTS = 48
_CONFLICTS = frozenset({85, 86, 11000})
"""IndexOptionsConflict, IndexKeySpecsConflict, and stored values that break a unique index."""


@translated
async def prepare(db: Database) -> None:
    """Make missing collections and indexes, then migrate. Several servers may do so at once; doing it again changes nothing.

    Raises ``CannotStart`` when an index of ours has another shape, because what it guarantees would not hold.
    """
    present = set(await db.list_collection_names())
    for name, indexes in INDEXES.items():
        if name not in present:
            await _create(db, name)
        await _ensure(db, name, indexes)
    await migrate(db)


async def _create(db: Database, name: str) -> None:
    try:
        await db.create_collection(name)
    except CollectionInvalid:
        return
    except OperationFailure as error:
        if error.code != _EXISTS:
            raise


async def _ensure(db: Database, name: str, indexes: tuple[Index, ...]) -> None:
    present = await db[name].index_information()
    for index in indexes:
        if index.name in present and not _same(index, present[index.name]):
            raise _wrong(name, index.name)
    if not indexes:
        return
    missing = ", ".join(index.name for index in indexes if index.name not in present)
    try:
        with timeout(LONGEST_BUILD_S):  # instead of the socket's: over millions of documents it takes minutes
            # Those that are there are named, too: one may still be in the making since its server was killed, and is waited for.
            await db[name].create_indexes([index.model() for index in indexes])
    except OperationFailure as error:
        if error.code in _CONFLICTS:
            raise _wrong(name, missing) from error
        raise


def _same(index: Index, present: Mapping[str, Any]) -> bool:
    keys = tuple((field, int(order)) for field, order in present["key"])
    told = {k: present[k] for k in ("unique", "partialFilterExpression", "expireAfterSeconds", "sparse", "collation") if present.get(k)}
    if present.get("expireAfterSeconds") == 0:
        told["expireAfterSeconds"] = 0
    return keys == index.keys and told == index.options


def _wrong(collection: str, index: str) -> CannotStart:
    return CannotStart(
        f"index {index} of collection {collection} is not as this version needs it",
        f"Look at db.getCollection('{collection}').getIndexes(); drop what is wrong and start again.",
    )
