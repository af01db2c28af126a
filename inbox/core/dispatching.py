"""What goes out on behalf of no conversation: calls of webhooks and mails that tell of alerts and of promises near their end or broken."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Annotated, Any, Final

from msgspec import Meta, Struct
from msgspec.structs import replace

from inbox.core.alerts import Alert, AlertState, Measure
from inbox.core.conversation import Conversation
from inbox.core.delivery import GiveUp, next_attempt
from inbox.core.errors import Conflict, Invalid
from inbox.core.events import Event
from inbox.core.ids import Instant, digest
from inbox.core.message import MAIL_ADDRESS
from inbox.core.standard_webhooks import key_of

KEPT_MS: Final = 30 * 24 * 60 * 60 * 1000
"""What is settled is shown for so long."""
FORMER_MS: Final = 24 * 60 * 60 * 1000
"""A secret that was changed signs beside the new one for so long."""
WEBHOOK, MAIL = "webhook", "mail"
PENDING, DONE, FAILED, ENDED = "pending", "done", "failed", "ended"

Url = Annotated[str, Meta(pattern=r"^https?://[^\s]+(?![\s\S])", max_length=2000)]
MailAddress = Annotated[str, Meta(pattern=rf"^{MAIL_ADDRESS}(?![\s\S])", max_length=254)]


class Webhook(Struct, frozen=True, omit_defaults=True):
    """An address that is called when something happens. ``secret`` and the ``former`` one, which signs as well until an instant, are
    sealed."""

    id: str
    name: str
    url: str
    version: int = 1
    enabled: bool = True
    secret: str = ""
    former: str = ""
    former_until: Instant = 0


class Dispatch(Struct, frozen=True, omit_defaults=True):
    """One call or mail, stored before it is tried. ``target`` is the webhook's id or a mail address, ``about`` the alert it tells of.

    ``state``: pending, done, failed (given up, with the last ``error``) or ended (what it was for is gone). ``due_at`` is when it is
    tried next, or when whoever tries it now must be done; None: never again. ``fence`` rises with every attempt.
    """

    id: str
    kind: str
    target: str
    type: str
    at: Instant
    body: str
    version: int = 1
    subject: str = ""
    about: str = ""
    state: str = PENDING
    due_at: Instant | None = None
    attempts: int = 0
    fence: int = 0
    error: str = ""
    tried_at: Instant | None = None


def checked(webhook: Webhook) -> Webhook:
    """The webhook, if its secret, not sealed yet, is one or none. Raises ``Invalid``."""
    if webhook.secret:
        try:
            key_of(webhook.secret)
        except ValueError as wrong:
            raise Invalid("secret", str(wrong)) from None
    return webhook


def claimed(d: Dispatch, now: Instant, lease: int) -> Dispatch | None:
    """In this worker's hands until the lease ends; None while nothing is due."""
    if d.due_at is None or d.due_at > now:
        return None
    return replace(d, due_at=now + lease, attempts=d.attempts + 1, fence=d.fence + 1, tried_at=now)


def done(d: Dispatch, fence: int) -> Dispatch:
    """It was taken."""
    return replace(_own(d, fence), state=DONE, due_at=None, error="")


def ended(d: Dispatch) -> Dispatch:
    """What it was for is gone: never again."""
    return replace(d, state=ENDED, due_at=None)


def refused(d: Dispatch, fence: int, error: str) -> Dispatch:
    """Never again."""
    return replace(_own(d, fence), state=FAILED, due_at=None, error=error)


def put_off(d: Dispatch, fence: int, error: str, now: Instant, after: int, jitter: float) -> Dispatch:
    """Later, as an answer to a customer would be; given up where that ends."""
    due = next_attempt(d.attempts, after, d.at, now, jitter)
    return refused(d, fence, error) if isinstance(due, GiveUp) else replace(_own(d, fence), due_at=due, error=error)


def _own(d: Dispatch, fence: int) -> Dispatch:
    if d.fence != fence:
        raise Conflict("Another worker took this over.")
    return d


def of_alert(alert: Alert, state: AlertState, where: str, *, raised: bool, now: Instant) -> tuple[Dispatch, ...]:
    """What tells of an alert that was raised or is over; ``state`` is how it stands or stood, ``where`` the name of its queue or team."""
    what = "alert.raised" if raised else "alert.ended"
    data = {
        "alert": alert.id,
        "name": alert.name,
        "measure": alert.measure.value,
        "queue": alert.queue,
        "team": alert.team,
        "above": alert.above,
        "value": state.value,
        "raised_at": _written(state.raised_at or now),
    }
    crossing = (alert.id, str(state.raised_at), what)
    calls = (call(hook, what, data, now, crossing, alert.id) for hook in dict.fromkeys(alert.webhooks))
    subject = f"{'Alert' if raised else 'Over'}: {alert.name}"
    text = f"{_meaning(alert, where)}\n\n{'Measured' if raised else 'Measured when it was raised'}: {_amount(alert, state.value)}."
    mails = (
        Dispatch(digest("dispatch", MAIL, to, *crossing), MAIL, to, what, now, text, subject=subject, about=alert.id, due_at=now)
        for to in dict.fromkeys(alert.mails)
    )
    return (*calls, *mails)


def of_alarm(event: Event, c: Conversation | None) -> tuple[Dispatch, ...]:
    """The calls that tell of a promise near its end or broken."""
    hooks = event.data.get("call")
    return tuple(_alarm(event, c, hook) for hook in str(hooks).split(",")) if hooks and c is not None else ()


def _alarm(event: Event, c: Conversation, hook: str) -> Dispatch:
    reason = event.reason
    metric, policy = (*reason.ids, "", "")[:2] if reason is not None else ("", "")
    data = {
        "conversation": c.id,
        "number": c.number,
        "metric": metric,
        "policy": policy,
        "due_at": _written(reason.numbers["due_at"]) if reason is not None and "due_at" in reason.numbers else None,
        "priority": c.priority.value,
        "channel": c.channel,
        "queue": c.queue,
        "team": c.team,
        "agent": c.assignee,
    }
    return call(hook, event.type.value, data, event.at, (c.id, str(event.version), metric))


def test_call(hook: str, key: str, now: Instant) -> Dispatch:
    """A call that only tries the line."""
    return call(hook, "webhook.test", {}, now, (key,))


def call(hook: str, what: str, data: Mapping[str, Any], now: Instant, of: tuple[str, ...], about: str = "") -> Dispatch:
    """A call as Standard Webhooks wants its body; the same parts in ``of`` make the same call."""
    body = json.dumps({"type": what, "timestamp": _written(now), "data": data}, separators=(",", ":"), ensure_ascii=False)
    return Dispatch(digest("dispatch", WEBHOOK, hook, what, *of), WEBHOOK, hook, what, now, body, about=about, due_at=now)


def _written(at: Instant) -> str:
    """ISO 8601, as Standard Webhooks asks for."""
    return datetime.fromtimestamp(at / 1000, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _meaning(alert: Alert, named: str) -> str:
    where = f"In {named}" if named else "In all queues together"
    match alert.measure:
        case Measure.NOBODY:
            return f"{where}: nobody is on duty."
        case Measure.LONGEST_WAIT:
            return f"{where}: somebody waits for more than {_minutes(alert.above)}."
        case Measure.LATE:
            return f"{where}: {_more_than(alert.above, 'is', 'are')} late."
        case _:
            return f"{where}: {_more_than(alert.above, 'waits', 'wait')}."


def _more_than(above: int, one: str, several: str) -> str:
    return f"more than 1 conversation {one}" if above == 1 else f"more than {above} conversations {several}"


def _amount(alert: Alert, value: int) -> str:
    return _minutes(value) if alert.measure is Measure.LONGEST_WAIT else str(value)


def _minutes(ms: int) -> str:
    return "1 minute" if ms // 60_000 == 1 else f"{ms // 60_000} minutes"
