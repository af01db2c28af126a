"""All history by words and conditions, within what the reader may see."""

from __future__ import annotations

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
from inbox.core.ids import CustomerId
from inbox.core.message import Message
from inbox.core.permissions import Action, require, scope, sees
from inbox.core.views import ME, NOBODY
from inbox.flow.rows import ConversationRow

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
    """Names of colleagues, channels and persons as ids."""
    person = await _customer(parts, query.customer)
    return replace(
        query,
        assignee=await _agent(parts, query.assignee),
        channel=_channel(parts, query.channel),
        customer=query.customer[:64] if person is None else person.id,
        absorbed=() if person is None else person.absorbed,
    )


async def _agent(parts: ApiParts, typed: str) -> str:
    if typed in ("", ME, NOBODY):
        return typed
    wanted = typed.casefold()
    agents = (await parts.directory.agents()).values()
    return next((a.id for a in agents if wanted in (a.id, a.email.casefold(), a.name.casefold())), NONE_SUCH)


def _channel(parts: ApiParts, typed: str) -> str:
    wanted = typed.casefold()
    channels = parts.channels.running.values()
    return next((c.record.id for c in channels if wanted in (c.record.id, c.record.name.casefold())), NONE_SUCH) if typed else ""


async def _customer(parts: ApiParts, typed: str) -> Customer | None:
    if not typed:
        return None
    found, _ = await parts.queries.find_customers(typed, None, 1)
    return found[0] if found else await parts.queries.customer(CustomerId(typed[:64]))
