"""Values as documents and back. Unknown stored fields are ignored; fields named ``k_...`` exist for indexes alone."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any, TypeVar

import bson
import msgspec
from bson.errors import InvalidDocument
from bson.raw_bson import RawBSONDocument
from msgspec import Struct

from inbox.core import amending, dispatching
from inbox.core.agent import Agent
from inbox.core.bulk import Job, JobItem, JobPart
from inbox.core.conversation import FAR_FUTURE, PRIORITY_RANK, Category, Conversation
from inbox.core.customer import Customer, Identity
from inbox.core.dispatching import Dispatch
from inbox.core.errors import TooLarge
from inbox.core.events import Event, urgency
from inbox.core.ids import AgentId, ChannelId, CustomerId, Instant, TeamId
from inbox.core.message import Delivery, DeliveryState, Message
from inbox.core.notifications import KEPT_MS, Notification
from inbox.core.pushing import Pushed
from inbox.core.views import ACTIVE, UNFINISHED, turn
from inbox.records import Remembered
from inbox.store.client import Document

S = TypeVar("S", bound=Struct)

MAX_BYTES = 16 * 1024 * 1024
MAX_DEPTH = 60
REMEMBERED_MS = 7 * 24 * 60 * 60 * 1000
_INT64 = 2**63
RANK_STEP = 10 * FAR_FUTURE
EVERYONE = "*"


def encoded(value: Struct) -> RawBSONDocument:
    """The value's document, ready to be stored. Raises ``TooLarge`` over 16 MB."""
    return raw(document(value))


def raw(doc: Mapping[str, Any]) -> RawBSONDocument:
    """A document in BSON. What BSON cannot hold is made storable: lone surrogates, NUL in names, integers over 64 bits."""
    try:
        data = bson.encode(doc)
    except (UnicodeEncodeError, OverflowError, InvalidDocument, RecursionError):
        data = bson.encode(_storable(doc, MAX_DEPTH))
    if len(data) > MAX_BYTES:
        raise TooLarge("This is too large to be stored.")
    return RawBSONDocument(data)


def document(value: Struct) -> Document:
    """The value's document with the fields its indexes need; defaults are left out."""
    plain: Document = msgspec.to_builtins(value, builtin_types=(bytes,))
    add = _COMPUTED.get(type(value))
    doc = {"_id": plain.pop("id", None), **plain}
    if add is not None:
        add(value, doc)
    return doc


def value(doc: Mapping[str, Any], type: type[S]) -> S:
    """The value a document holds."""
    return msgspec.convert({**doc, "id": doc["_id"]}, type)


def event(doc: Mapping[str, Any]) -> Event:
    """The journal entry a document holds."""
    return msgspec.convert({**doc, **doc["_id"]}, Event)


def event_key(o: int, n: object) -> Document:
    """The ``_id`` of an entry; keys compare by ``o``, then ``n``."""
    return {"o": o, "n": n}


def agent_token(agent: AgentId) -> str:
    """Who holds it may see it."""
    return f"a:{agent}"


def team_token(team: TeamId | None) -> str:
    """Who is of the team may see it; None: the conversations of no team."""
    return "t" if team is None else f"t:{team}"


def readers(c: Conversation) -> list[str]:
    """Tokens for who may see a conversation; a scope that has one of them sees it (see ``lists.reader_tokens``)."""
    offered = c.waiting.offer.agent if c.waiting is not None and c.waiting.offer is not None else None
    held = {agent_token(agent) for agent in (c.assignee, c.bot, offered) if agent is not None}
    return [EVERYONE, team_token(c.team), *sorted(held)]


def email_key(email: str) -> str:
    """Mail addresses of accounts are compared without regard to case."""
    return email.strip().casefold()


def _event(e: Event, doc: Document) -> None:
    doc.pop("o", None)
    doc.pop("n", None)
    doc["_id"] = event_key(e.o, e.n)


def _conversation(c: Conversation, doc: Document) -> None:
    """Sort keys, all ascending, and the readers once per list the conversation is in; a merged one is in none.

    A list is a value of an array, and an index stands per order and not per list: a page is a walk along an index for every reader,
    and every index that a change touches costs the database more than the entries do.
    """
    doc["category"] = c.category.value  # defaults are left out, but these are searched for
    doc["priority"] = c.priority.value
    doc["k_act"] = -c.updated_at
    doc["k_wait"] = FAR_FUTURE if c.waiting_since is None else c.waiting_since
    doc["k_due"] = FAR_FUTURE if c.sort_due is None else c.sort_due
    doc["k_rank"] = turn(c) - PRIORITY_RANK[c.priority] * RANK_STEP
    if c.merged_into is not None:
        return
    who = readers(c)
    doc["k_who"] = who
    sla = urgency(c)
    if sla:
        doc["k_sla"] = sla
        doc["k_pressing"] = who
    further = [tag_list(c.category, tag) for tag in c.tags] + ([sla_list(sla)] if sla else [])
    if c.scheduled and c.category is not Category.SPAM:
        further += [scheduled_list(w) for w in who]
    if c.category in UNFINISHED:
        further += [mention_list(agent) for agent in dict.fromkeys(mention.agent for mention in c.mentions)]
        further += [follow_list(agent) for agent in c.followers]
    doc["k_lists"] = [customer_list(c.customer), *_lists(c, who), *further]
    if c.queued_at is not None:
        doc["k_turn"] = turn_key(c)
    if c.category in ACTIVE:
        _active(c, doc, who)


def turn_key(c: Conversation) -> int:
    """Its place in the queue: by priority, then by how long it waits."""
    return (c.queued_at or 0) - PRIORITY_RANK[c.priority] * RANK_STEP


def _active(c: Conversation, doc: Document, who: list[str]) -> None:
    doc["k_live"] = who
    waiting = [open_list(w) for w in who] if c.category is Category.OPEN else []
    if c.queued_at is not None:
        waiting += [queue_list(w) for w in who]
    if waiting:
        doc["k_waiting"] = waiting


def _lists(c: Conversation, who: list[str]) -> list[str]:
    """The lists by activity it is in beside those of all conversations."""
    if c.category not in ACTIVE:
        return []
    return [*(channel_list(c.channel, w) for w in who), *_held(c, who)]


def _held(c: Conversation, who: list[str]) -> list[str]:
    held = [agent_list(c.assignee)] if c.assignee is not None else []
    if c.waiting is not None and c.waiting.offer is not None:
        held.append(offer_list(c.waiting.offer.agent))
    if c.bot is not None:
        return held + [bot_list(w) for w in who]
    return held if c.assignee is not None else held + [free_list(w) for w in who]


def offer_list(agent: AgentId) -> str:
    """What is offered to somebody."""
    return f"offer:{agent}"


def customer_list(customer: CustomerId) -> str:
    """A person's conversations."""
    return f"c:{customer}"


def tag_list(category: Category, tag: str) -> str:
    """What has a tag: active conversations together, the others by category."""
    return f"g:{tag}" if category in ACTIVE else f"g.{category.value}:{tag}"


def scheduled_list(token: str) -> str:
    """Where an answer waits for its time, for a reader; not what is spam."""
    return f"p:{token}"


def mention_list(agent: AgentId) -> str:
    """Where somebody was mentioned and there is still something to do."""
    return f"n:{agent}"


def follow_list(agent: AgentId) -> str:
    """What somebody follows as long as there is something to do."""
    return f"w:{agent}"


def sla_list(state: str) -> str:
    """What is late, or soon will be."""
    return f"s:{state}"


def agent_list(agent: AgentId) -> str:
    """What an agent holds."""
    return f"m:{agent}"


def channel_list(channel: ChannelId, token: str) -> str:
    """What is active in a channel, for a reader."""
    return f"h:{channel}:{token}"


def bot_list(token: str) -> str:
    """What bots serve, for one reader's token."""
    return f"b:{token}"


def free_list(token: str) -> str:
    """What nobody serves."""
    return f"f:{token}"


def open_list(token: str) -> str:
    """What is open, by how long its customer waits."""
    return f"o:{token}"


def queue_list(token: str) -> str:
    """What waits for an agent."""
    return f"q:{token}"


_UNSETTLED = frozenset({DeliveryState.PENDING, DeliveryState.SENDING, DeliveryState.UNKNOWN})


def free_at(delivery: Delivery | None) -> int | None:
    """When a worker may next take a message; see ``core/delivery.claim``. None: never."""
    if delivery is None or delivery.state not in _UNSETTLED:
        return None
    return delivery.due_at if delivery.lease_until is None else delivery.lease_until


def _message(m: Message, doc: Document) -> None:
    due = free_at(m.delivery)
    if due is not None:
        doc["k_due"] = due
    amended = amending.due(m)
    if amended is not None:
        doc["k_amend"] = amended


def name_key(text: str) -> str:
    """Names and addresses are looked up by prefix without regard to case."""
    return text.strip().casefold()[:200]


def _customer(c: Customer, doc: Document) -> None:
    if c.merged_into is None:
        doc["k_name"] = name_key(c.name)


def _identity(i: Identity, doc: Document) -> None:
    doc["k_value"] = name_key(i.value)


def _remembered(r: Remembered, doc: Document) -> None:
    doc["k_gone"] = date(r.at + REMEMBERED_MS)


def _notification(n: Notification, doc: Document) -> None:
    doc["k_gone"] = date(n.at + KEPT_MS)
    if n.read_at is None:
        doc["k_new"] = n.agent


def _pushed(p: Pushed, doc: Document) -> None:
    doc["k_gone"] = date(p.at + REMEMBERED_MS)


def _dispatch(d: Dispatch, doc: Document) -> None:
    if d.due_at is None:
        doc["k_gone"] = date(d.at + dispatching.KEPT_MS)


def _job(j: Job, doc: Document) -> None:
    doc["k_gone"] = date(j.created_at + REMEMBERED_MS)


def _job_piece(piece: JobPart | JobItem, doc: Document) -> None:
    doc["k_gone"] = date(piece.at + REMEMBERED_MS)


def date(instant: Instant) -> datetime:
    """An instant for a TTL index, which takes nothing but dates."""
    return datetime.fromtimestamp(min(instant, FAR_FUTURE) / 1000, UTC)


def _agent(a: Agent, doc: Document) -> None:
    doc["k_email"] = email_key(a.email)


_COMPUTED: Mapping[type[Struct], Callable[[Any, Document], None]] = {
    Event: _event,
    Conversation: _conversation,
    Message: _message,
    Customer: _customer,
    Identity: _identity,
    Remembered: _remembered,
    Job: _job,
    JobPart: _job_piece,
    JobItem: _job_piece,
    Agent: _agent,
    Notification: _notification,
    Pushed: _pushed,
    Dispatch: _dispatch,
}


def _storable(item: Any, depth: int) -> Any:
    if depth == 0:
        return None
    match item:
        case str():
            return item.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
        case bool():
            return item
        case int():
            return max(-_INT64, min(item, _INT64 - 1))
        case Mapping():
            return {_storable(str(k), 1).replace("\0", "\ufffd"): _storable(v, depth - 1) for k, v in item.items()}
        case list() | tuple():
            return [_storable(v, depth - 1) for v in item]
        case _:
            return item
