"""Which settings that everybody shares an entry of the journal has changed."""

from __future__ import annotations

from collections.abc import Mapping

from inbox.core.events import Event, EventType
from inbox.records import ROLES

_SHARED: Mapping[EventType, tuple[str, str]] = {
    EventType.TEAM_CHANGED: ("teams", "team"),
    EventType.CATALOG_CHANGED: ("catalog", "noun"),
    EventType.TEMPLATES_CHANGED: ("templates", "channel"),
    EventType.ALERT_CHANGED: ("alerts", "alert"),
}
"""What everybody is told to fetch again, and where the entry says whose it is."""


def is_about_roles(event: Event) -> bool:
    """Whether what a role of the workspace's own gives may be another now."""
    return event.type is EventType.CATALOG_CHANGED and event.data.get("noun") == ROLES.name


def is_about_access(event: Event) -> bool:
    """Whether more than one account may see something else now: by a role, or by who reads a channel."""
    return is_about_roles(event) or event.type is EventType.CHANNEL_CHANGED


def shared(event: Event) -> tuple[str, str] | None:
    """Which of the shared settings the entry says have changed, and whose; None: none of them."""
    what = _SHARED.get(event.type)
    return None if what is None else (what[0], str(event.data.get(what[1]) or ""))
