"""What agents do with queues: fetch the next conversation, answer an offer, see where one stands."""

from __future__ import annotations

from inbox.api import queue_structs as q
from inbox.api import show
from inbox.api.access import get_conversation
from inbox.api.alert_structs import StandingAlert
from inbox.api.bodies import MAX_LIMIT
from inbox.api.handlers.conversations import view_asked
from inbox.api.parts import Signed
from inbox.core.alerts import Alert, AlertState
from inbox.core.errors import Conflict
from inbox.core.permissions import Action, require, scope
from inbox.flow.rows import ConversationRow
from inbox.records import ALERT_STATES, ALERTS

FETCHED = "Nothing waits that you could take now."


async def fetch_next(asked: Signed[None]) -> ConversationRow:
    """The next conversation that waits for somebody like the reader becomes his. Raises ``Conflict`` when there is none."""
    id = await asked.parts.router.fetch(asked.actor.id)
    found = None if id is None else await asked.parts.queries.conversation(id)
    if found is None:
        raise Conflict(FETCHED)
    return await show.conversation(asked.parts, found)


async def answer_offer(asked: Signed[q.AnswerOffer]) -> ConversationRow:
    """Raises ``Conflict`` when it is not offered to the reader, or no longer."""
    found = await get_conversation(asked.parts, asked.actor, asked.path["id"], Action.READ)
    changed = await asked.parts.router.answer(found.id, asked.actor.id, accept=asked.body.accept)
    return await show.conversation(asked.parts, changed)


async def list_places(asked: Signed[None]) -> q.Places:
    """Where those of a view's first hundred stand that wait."""
    view = await view_asked(asked)
    found, _ = await asked.parts.queries.page(view, scope(asked.actor), asked.actor.id, None, MAX_LIMIT)
    places = {c.id: place for c in found if (place := asked.parts.router.place(c)) is not None}
    return q.Places({id: q.Place(place.position, place.of, place.estimate_ms) for id, place in places.items()})


async def list_standing_alerts(asked: Signed[None]) -> tuple[StandingAlert, ...]:
    """For supervisors, the oldest first."""
    require(asked.actor, Action.SUPERVISE)
    alerts = await asked.parts.directory.entries(ALERTS)
    states = [state for state in await asked.parts.queries.entries(ALERT_STATES) if state.raised_at is not None and state.id in alerts]
    return tuple(_standing(alerts[state.id], state) for state in sorted(states, key=lambda state: (state.raised_at or 0, state.id)))


def _standing(alert: Alert, state: AlertState) -> StandingAlert:
    return StandingAlert(alert.id, alert.name, alert.measure, alert.queue, alert.team, alert.above, state.raised_at or 0, state.value)


async def queue_place(asked: Signed[None]) -> q.QueuePlace:
    """Where a waiting conversation stands and why nobody has it; all of it empty when it does not wait."""
    parts = asked.parts
    found = await get_conversation(parts, asked.actor, asked.path["id"], Action.READ)
    place = parts.router.place(found)
    reason = parts.router.why(found, await parts.queries.agents())
    if place is None:
        return q.QueuePlace(found.queue, None, None, None, reason)
    return q.QueuePlace(found.queue, place.position, place.of, place.estimate_ms, reason)
