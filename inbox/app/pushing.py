"""Builds what pushes notices to browsers."""

from __future__ import annotations

from inbox.app.steps import Steps
from inbox.app.stores import Stores
from inbox.app.webpush import WebPush, encoded, own_key, public_bytes, subject_of
from inbox.core.ids import AgentId
from inbox.flow.pushing import SESSION_HANDLE, Browsers, Pusher
from inbox.gateway.live import Live
from inbox.settings import Settings


async def build_push(settings: Settings, stores: Stores, steps: Steps, live: Live) -> tuple[Pusher, Browsers]:
    """What sends, and the door for accounts' devices."""
    key = await own_key(stores.journal, steps.keyring)
    service = WebPush(stores.outside.post_public, key, subject_of(settings.server.public_url), stores.clock.now)

    async def logins(agent: AgentId) -> frozenset[str]:
        found = await stores.accounts.sessions(agent, stores.clock.now())
        return frozenset(one.id[:SESSION_HANDLE] for one in found)

    pusher = Pusher(steps.committer, stores.queries, steps.directory, stores.clock, service, live.in_sight, logins)
    steps.feed.listen(pusher.heard)
    return pusher, Browsers(steps.committer, steps.directory, encoded(public_bytes(key)))
