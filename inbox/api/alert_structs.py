"""Bodies and answers about alerts."""

from __future__ import annotations

from typing import Annotated, Any

from msgspec import Meta, Struct

from inbox.api.structs import Count, Input, Name, Ref
from inbox.core.alerts import Alert, Measure, checked
from inbox.core.dispatching import MailAddress
from inbox.core.errors import Invalid
from inbox.core.ids import Instant
from inbox.core.permissions import Action, Actor, require
from inbox.core.queues import Millis
from inbox.records import QUEUES, TEAMS, WEBHOOKS

Above = Annotated[int, Meta(ge=0, le=30 * 24 * 60 * 60 * 1000)]


class SaveAlert(Input, frozen=True):
    """An alert as it shall be. ``version`` is the one that was seen, 0 for a new one; the other fields are as in an alert itself."""

    name: Name
    measure: Measure
    version: Count = 0
    queue: Ref = ""
    above: Above = 0
    for_ms: Millis = 0
    enabled: bool = True
    mails: Annotated[tuple[MailAddress, ...], Meta(max_length=10)] = ()
    webhooks: Annotated[tuple[Ref, ...], Meta(max_length=10)] = ()
    team: Ref = ""


class StandingAlert(Struct, frozen=True):
    """An alert whose threshold is crossed now, and was for as long as it asks for. ``value``: what was measured when it was told."""

    alert: str
    name: str
    measure: Measure
    queue: str
    team: str
    above: int
    raised_at: Instant
    value: int


def alert(body: SaveAlert, id: str, actor: Actor, before: Alert | None) -> Alert:
    """The alert to be stored. Raises ``Invalid``."""
    said = (body.name.strip(), body.measure, body.version, body.queue, body.above, body.for_ms, body.enabled, body.mails, body.webhooks)
    return checked(Alert(id, *said, team=body.team))


def stands(layer: Any, actor: Actor, before: Alert | None, after: Alert | None) -> None:
    """Supervisors make alerts, on queues and teams and to webhooks that are there."""
    require(actor, Action.SUPERVISE)
    if after is None:
        return
    queues, teams = (after.queue,) if after.queue else (), (after.team,) if after.team else ()
    layer.need((QUEUES, queues), (TEAMS, teams), (WEBHOOKS, after.webhooks))
    if after.queue and layer.get(QUEUES, after.queue) is None:
        raise Invalid("queue", "there is no such queue")
    if after.team and layer.get(TEAMS, after.team) is None:
        raise Invalid("team", "there is no such team")
    if any(layer.get(WEBHOOKS, hook) is None for hook in after.webhooks):
        raise Invalid("webhooks", "there is no such webhook")
