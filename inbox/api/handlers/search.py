"""All history by words and conditions, within what the reader may see."""

from __future__ import annotations

from collections.abc import Iterable

from msgspec.structs import replace

from inbox.api import show
from inbox.api import structs as s
from inbox.api.bodies import limit_of
from inbox.api.parts import ApiParts, Signed
from inbox.api.snippets import snippet
from inbox.core import words
from inbox.core.customer import Customer
from inbox.core.errors import Invalid
from inbox.core.events import facets
from inbox.core.ids import ChannelId, CustomerId, QueueId, TeamId
from inbox.core.message import Message
from inbox.core.permissions import Action, require, scope, sees
from inbox.core.views import ANYBODY, ME, NOBODY, SOMEBODY
from inbox.flow.rows import ConversationRow
from inbox.records import QUEUES

NONE_SUCH = "-"
"""An id nobody has: a name that is not known finds nothing."""


async def search(asked: Signed[None]) -> s.SearchPage:
    """Newest first. The gate is asked in the query and again for every row."""
    require(asked.actor, Action.SEARCH)
    text = asked.query.get("q", "").strip()
    if not text:
        raise Invalid("q", "say what to search for")
    parts, seen = asked.parts, scope(asked.actor)
    query = await _resolved(parts, words.query(text))
    found, after = await parts.search.find(query, seen, asked.actor.id, asked.query.get("after"), limit_of(asked.query))
    conversations = await parts.queries.conversations([id for id, _ in found])
    messages = await parts.queries.messages([id for _, id in found if id is not None])
    shown = [(c, messages.get(m or "")) for id, m in found if (c := conversations.get(id)) is not None and sees(seen, facets(c))]
    rows = await show.conversations(parts, [c for c, _ in shown])
    hits = [_hit(row, m if m is not None and m.conversation in c.whole else None, query) for row, (c, m) in zip(rows, shown, strict=True)]
    return s.SearchPage(tuple(hits), after, parts.search_lag())


def _hit(row: ConversationRow, message: Message | None, query: words.SearchQuery) -> s.SearchHit:
    return s.SearchHit(row, (), "") if message is None else s.SearchHit(row, snippet(message.text, query), message.id)


async def _resolved(parts: ApiParts, query: words.SearchQuery) -> words.SearchQuery:
    """Names of colleagues, teams, queues, channels and persons as ids."""
    where = query.where
    if where.customer is not None:
        person = await _customer(parts, where.customer)
        where = replace(
            where, customer=CustomerId(where.customer[:64]) if person is None else person.id, absorbed=person.absorbed if person else ()
        )
    if where.assignee not in (ME, NOBODY, SOMEBODY, ANYBODY):
        agents = (await parts.directory.agents()).values()
        where = replace(where, assignee=_named(where.assignee, ((a.id, a.email, a.name) for a in agents)))
    if where.team not in (None, NOBODY):
        teams = (await parts.directory.teams()).values()
        where = replace(where, team=TeamId(_named(where.team, ((one.id, one.name) for one in teams))))
    if where.queue not in (None, NOBODY):
        queues = (await parts.directory.entries(QUEUES)).values()
        where = replace(where, queue=QueueId(_named(where.queue, ((one.id, one.name) for one in queues))))
    if where.channel is not None:
        channels = (c.record for c in parts.channels.running.values())
        where = replace(where, channel=ChannelId(_named(where.channel, ((one.id, one.name) for one in channels))))
    return replace(query, where=where)


def _named(typed: str, known: Iterable[tuple[str, ...]]) -> str:
    """The id, first of its names, of whom or what is called so."""
    wanted = typed.casefold()
    return next((names[0] for names in known if wanted in [name.casefold() for name in names]), NONE_SUCH)


async def _customer(parts: ApiParts, typed: str) -> Customer | None:
    found, _ = await parts.queries.find_customers(typed, None, 1)
    return found[0] if found else await parts.queries.customer(CustomerId(typed[:64]))
