"""Makes accounts and sets passwords from the command line, with or without a running service beside it."""

from __future__ import annotations

import asyncio
import re
import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from inbox.api.passwords import Passwords
from inbox.app.steps import THREADS, build_base, deriving
from inbox.app.stores import Stores, open_stores
from inbox.core.agent import Agent, Role
from inbox.core.errors import Conflict, Invalid, NotFound
from inbox.core.ids import AgentId
from inbox.flow.accounts import logins_ended, save_agent
from inbox.flow.committer import Committer
from inbox.settings import Settings
from inbox.store.secrets import Keyring

SHORTEST_PASSWORD = 10
_MAIL = re.compile(r"[^@\s]+@[^@\s]+")


@asynccontextmanager
async def committing(settings: Settings, stores: Stores) -> AsyncIterator[Committer]:
    """A committer for a moment, under a writer number of its own. Accounts are no channel's business, so none is built."""
    base = build_base(stores)
    derive = deriving(Keyring(settings.secrets.keys).derived(THREADS)[0])
    committer = Committer(stores.journal, base.feed, stores.clock, derive, dict, base.server)
    await base.feed.start()
    async with asyncio.TaskGroup() as tasks:
        running = tasks.create_task(committer.run())
        try:
            yield committer
        finally:
            await committer.drain()
            running.cancel()
    await committer.close()


async def create_admin(settings: Settings, email: str, name: str, password: str) -> Agent:
    """Make an account of role admin. Raises ``Invalid``, ``Conflict`` when the address has an account."""
    _check(email, password)
    async with open_stores(settings, beside=True) as stores:
        if await stores.accounts.credentials(email.strip()) is not None:
            raise Conflict("There is an account with this address; `inbox reset-password` sets its password.")
        agent = Agent(AgentId(secrets.token_hex(16)), email.strip(), name.strip() or email, Role.ADMIN)
        async with committing(settings, stores) as committer:
            stored = await save_agent(committer, agent)
        await stores.accounts.set_password(stored.id, await Passwords().hash(password))
        return stored


async def reset_password(settings: Settings, email: str, password: str) -> Agent:
    """Set a password and end the account's sessions. Raises ``Invalid``, ``NotFound``."""
    _check(email, password)
    async with open_stores(settings, beside=True) as stores, committing(settings, stores) as committer:
        found = await stores.accounts.credentials(email.strip())
        if found is None:
            raise NotFound("There is no account with this address.")
        await stores.accounts.set_password(found.agent.id, await Passwords().hash(password))
        await stores.accounts.end_sessions(found.agent.id)
        await logins_ended(committer, found.agent.id)
        return found.agent


def _check(email: str, password: str) -> None:
    if not _MAIL.fullmatch(email.strip()):
        raise Invalid("email", "this is not a mail address")
    if len(password) < SHORTEST_PASSWORD:
        raise Invalid("password", f"at least {SHORTEST_PASSWORD} characters")
