"""Bodies and answers about webhooks, and about what goes out to them and by mail."""

from __future__ import annotations

from typing import Any

from msgspec import Struct

from inbox.api.structs import Count, Input, Name, Short
from inbox.core.dispatching import Dispatch, Url, Webhook, checked
from inbox.core.errors import Invalid
from inbox.core.ids import Instant
from inbox.core.permissions import Action, Actor, Allowed, may, supervises


class SaveWebhook(Input, frozen=True):
    """A webhook as it shall be. ``secret``: ``whsec_`` and the base64 of 24 to 64 random bytes, as in Standard Webhooks; '' leaves the one
    that stands. One that is changed signs beside the new one for a day."""

    name: Name
    url: Url
    version: Count = 0
    enabled: bool = True
    secret: Short = ""


class WebhookRow(Struct, frozen=True):
    """A webhook. Its secret is not shown again; ``former_until``: so long the one before it signs as well, 0 for none."""

    id: str
    name: str
    url: str
    version: int
    enabled: bool
    former_until: Instant


class DispatchRow(Struct, frozen=True):
    """A call of a webhook or a mail about an alert. ``target``: the webhook's id or the mail address; ``about``: the alert, if any.

    ``state``: pending, done, failed or ended; ``due_at``: when it is tried next, None for never; ``error``: why the last try failed.
    """

    id: str
    kind: str
    target: str
    about: str
    type: str
    at: Instant
    state: str
    attempts: int
    error: str
    tried_at: Instant | None
    due_at: Instant | None


def webhook(body: SaveWebhook, id: str, actor: Actor, before: Webhook | None) -> Webhook:
    """The webhook with its secret as it was given. Raises ``Invalid``."""
    if before is None and not body.secret:
        raise Invalid("secret", "a new webhook needs one")
    return checked(Webhook(id, body.name.strip(), body.url, body.version, body.enabled, body.secret))


async def sealed(parts: Any, wanted: Webhook) -> Webhook:
    """With the secret as it may be stored."""
    kept: Webhook = await parts.webhooks.sealed(wanted)
    return kept


def sees(actor: Actor, entry: Webhook) -> bool:
    """Whoever can have one called sees which there are."""
    return supervises(actor) or any(isinstance(may(actor, one), Allowed) for one in (Action.MANAGE_CHANNELS, Action.MANAGE_SLA))


def row(entry: Webhook) -> WebhookRow:
    """As it is shown."""
    return WebhookRow(entry.id, entry.name, entry.url, entry.version, entry.enabled, entry.former_until)


def dispatch_row(d: Dispatch) -> DispatchRow:
    """As it is shown."""
    return DispatchRow(d.id, d.kind, d.target, d.about, d.type, d.at, d.state, d.attempts, d.error, d.tried_at, d.due_at)
