"""Writes what somebody did into the audit record."""

from __future__ import annotations

from typing import Any

from msgspec.structs import replace

from inbox.api.origin import client_address
from inbox.api.parts import Signed
from inbox.api.resets import entry
from inbox.core.ids import digest


async def note(asked: Signed[Any], action: str, target: str = "", once: str = "", **data: str) -> None:
    """A line about what this request did; durable when it returns. Of several that say ``once`` alike only the first is written."""
    parts = asked.parts
    if asked.token:
        data["token"] = asked.token
    line = entry(parts.clock.now(), asked.actor.id, action, client_address(asked.http, parts.settings), target, **data)
    await parts.accounts.audit(replace(line, id=digest(action, once)) if once else line)
