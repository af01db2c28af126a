"""Answers about channels that work by somebody's consent."""

from __future__ import annotations

from msgspec import Struct

from inbox.core.ids import Instant


class ConsentRow(Struct, frozen=True):
    """How it stands with a channel's consent. ``url``: the provider's page, good for a quarter of an hour in this login; ``start``
    leads there at any time; ``redirect`` has to be registered at the provider. ``by`` and ``at``: who gave it and when, '' and 0 if
    nobody did. ``problem`` is '' while it is of use."""

    provider: str
    account: str
    url: str
    start: str
    redirect: str
    by: str
    at: Instant
    problem: str
