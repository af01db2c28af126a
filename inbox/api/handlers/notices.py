"""What an agent was told personally. The gate is asked anew: what is about a conversation that he sees no more is not shown."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from inbox.api.bodies import limit_of
from inbox.api.notice_structs import MOST_UNREAD, NoticePage, NoticesRead, Unread
from inbox.api.parts import ApiParts, Handler, Signed
from inbox.core.alerts import Alert
from inbox.core.conversation import Conversation
from inbox.core.errors import Invalid
from inbox.core.events import facets
from inbox.core.ids import ConversationId
from inbox.core.notifications import Notification
from inbox.core.permissions import Actor, scope, sees, supervises
from inbox.flow.rows import NoticeRow, alert_row, notice_row
from inbox.records import ALERTS

_MOST_LOOKS = 10
"""How often a page is filled up when he may not see what was found for it."""


async def list_notices(asked: Signed[None]) -> NoticePage:
    """As many as asked for; shorter, while there is a next one, only behind very many that he may not see."""
    parts, me = asked.parts, asked.actor
    following, limit = asked.query.get("after") or None, limit_of(asked.query)
    rows: list[NoticeRow] = []
    for _ in range(_MOST_LOOKS):
        found, following = await parts.notices.page(me.id, following, limit - len(rows))
        rows += await _shown(parts, me, found)
        if following is None or len(rows) >= limit:
            break
    return NoticePage(tuple(rows), following, await _unread(parts, me))


async def _shown(parts: ApiParts, me: Actor, found: Sequence[Notification]) -> list[NoticeRow]:
    """Those of them that he may see now, as he reads them."""
    about, alerts = await _visible(parts, me, found), await _alerts(parts, me)
    names = await parts.directory.customer_names({c.customer for c in about.values()})

    def row(n: Notification) -> NoticeRow | None:
        c, alert = about.get(n.conversation or ""), alerts.get(n.alert)
        if c is not None:
            return notice_row(n, c, names.get(c.customer, ""))
        return None if alert is None else alert_row(n, alert.name)

    return [shown for n in found if (shown := row(n)) is not None]


async def read_notices(asked: Signed[NoticesRead]) -> Unread:
    """They are seen in all his windows."""
    parts, body, me = asked.parts, asked.body, asked.actor
    if bool(body.ids) == (body.until is not None):
        raise Invalid("ids", "give either ids or until")
    now = parts.clock.now()
    if body.until is None:
        moved = await parts.notices.mark(me.id, body.ids, now)
    else:
        moved = await parts.notices.mark_of(me.id, (ConversationId(body.conversation),) if body.conversation else None, body.until, now)
    if moved:
        parts.live.notices_read(me.id)
    return Unread(await _unread(parts, me))


async def _unread(parts: ApiParts, me: Actor) -> int:
    new = await parts.notices.unread(me.id, MOST_UNREAD)
    about, alerts = await _visible(parts, me, new), await _alerts(parts, me)
    return sum((n.conversation or "") in about or n.alert in alerts for n in new)


async def _alerts(parts: ApiParts, me: Actor) -> Mapping[str, Alert]:
    """Those that there are, for who may see them."""
    return await parts.directory.entries(ALERTS) if supervises(me) else {}


async def _visible(parts: ApiParts, me: Actor, found: Sequence[Notification]) -> dict[str, Conversation]:
    """The conversations they are about, merges followed, those that he may see now; by the ids that they are told under."""
    if not found:
        return {}
    stored = await parts.queries.conversations(list({n.conversation for n in found if n.conversation is not None}))
    about = {id: c if c.merged_into is None else await parts.queries.conversation(c.id) for id, c in stored.items()}
    seen = scope(me)
    return {id: c for id, c in about.items() if c is not None and sees(seen, facets(c))}


HANDLERS: Mapping[str, Handler] = {"list_notices": list_notices, "read_notices": read_notices}
