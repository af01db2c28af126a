"""Calls of webhooks and mails about alerts: how they stand, and one more to try the line."""

from __future__ import annotations

import secrets
from collections.abc import Mapping

from inbox.api.audit import note
from inbox.api.parts import Handler, Signed
from inbox.api.webhook_structs import DispatchRow, dispatch_row, sees
from inbox.core.dispatching import Webhook
from inbox.core.errors import Denied
from inbox.core.permissions import Action, require


async def list_dispatches(asked: Signed[None]) -> tuple[DispatchRow, ...]:
    """The newest first, for whoever sees the webhooks. Raises ``Denied``."""
    if not sees(asked.actor, Webhook("", "", "")):
        raise Denied("not_permitted")
    return tuple(dispatch_row(one) for one in await asked.parts.webhooks.newest())


async def test_webhook(asked: Signed[None]) -> DispatchRow:
    """Raises ``Denied`` and ``NotFound``."""
    require(asked.actor, Action.MANAGE_CHANNELS)
    made = await asked.parts.webhooks.try_out(asked.path["id"], asked.actor.id, asked.key or secrets.token_hex(16))
    await note(asked, "webhook_tested", asked.path["id"])
    return dispatch_row(made)


HANDLERS: Mapping[str, Handler] = {"list_dispatches": list_dispatches, "test_webhook": test_webhook}
