"""Makes accounts and teams and sets passwords from the command line, with or without a running service beside it."""

from __future__ import annotations

import asyncio
import re
import secrets
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass

from inbox.api.auth import forgive
from inbox.api.passwords import Passwords
from inbox.api.resets import INVITATIONS, INVITED_MS, Purpose, Resets
from inbox.api.tokens import new_token
from inbox.app.steps import THREADS, build_base, deriving
from inbox.app.stores import Stores, open_stores
from inbox.core.agent import Agent, Role, Team
from inbox.core.errors import Conflict, Invalid, NotFound
from inbox.core.ids import AgentId, TeamId
from inbox.core.message import MAIL_ADDRESS
from inbox.core.permissions import Actor
from inbox.flow.accounts import logins_ended, save_agent
from inbox.flow.committer import Committer
from inbox.flow.staff import Staff
from inbox.settings import Settings
from inbox.store.secrets import Keyring

SHORTEST_PASSWORD = 10
_TEAM = re.compile(r"[a-z0-9][a-z0-9_-]{0,63}")


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


@dataclass(frozen=True)
class Newcomer:
    """Somebody who shall answer here. Without a password he sets one himself by a link."""

    email: str
    name: str
    role: Role
    teams: Sequence[str] = ()
    password: str = ""


async def create_agent(settings: Settings, new: Newcomer) -> tuple[Agent, str]:
    """The account, and the link to set its password, '' where one was given. Raises ``Invalid``, and ``Conflict`` when the address
    has an account."""
    _check(new.email, new.password)
    async with open_stores(settings, beside=True) as stores, committing(settings, stores) as committer:
        if await stores.accounts.credentials(new.email.strip()) is not None:
            raise Conflict("There is an account with this address; `inbox reset-password` sets its password.")
        known = sorted(team.id for team in await stores.queries.teams())
        for team in new.teams:
            if team not in known:
                raise Invalid("team", f"there is no team {team!r}; there are {', '.join(known) or 'none'}; `inbox create-team` makes one")
        teams = tuple(TeamId(team) for team in new.teams)
        name = new.name.strip() or new.email.strip()
        agent = await save_agent(committer, Agent(AgentId(secrets.token_hex(16)), new.email.strip(), name, new.role, teams))
        if new.password:
            await stores.accounts.set_password(agent.id, await Passwords().hash(new.password))
            return agent, ""
        key = Keyring(settings.secrets.keys).derived(INVITATIONS)[0]
        resets = Resets(stores.accounts, stores.clock, settings.server.public_url, _by_hand, key)
        link, _ = await resets.link(agent.id, INVITED_MS, new_token())
        return agent, link


async def _by_hand(agent: Agent, link: str, purpose: Purpose) -> None:
    """Who sits at the command line passes links on himself."""


async def create_admin(settings: Settings, email: str, name: str, password: str) -> Agent:
    """Make an account of role admin. Raises ``Invalid``, ``Conflict`` when the address has an account."""
    _check_password(password)
    agent, _ = await create_agent(settings, Newcomer(email, name, Role.ADMIN, password=password))
    return agent


async def create_team(settings: Settings, id: str, name: str) -> Team:
    """Make a team. Raises ``Invalid`` for an id that is none, ``Conflict`` when there is one under this id."""
    if not _TEAM.fullmatch(id):
        raise Invalid("id", "small letters, digits, - and _, at most 64 characters")
    admin = Actor(AgentId("command-line"), Role.ADMIN)
    async with open_stores(settings, beside=True) as stores, committing(settings, stores) as committer:
        return await Staff(committer).create_team(admin, Team(TeamId(id), name.strip() or id))


async def reset_password(settings: Settings, email: str, password: str) -> Agent:
    """Set a password, forget failed logins, and end the account's sessions. Raises ``Invalid``, ``NotFound``."""
    _check(email, password)
    _check_password(password)
    async with open_stores(settings, beside=True) as stores, committing(settings, stores) as committer:
        found = await stores.accounts.credentials(email.strip())
        if found is None:
            raise NotFound("There is no account with this address.")
        await stores.accounts.set_password(found.agent.id, await Passwords().hash(password))
        await stores.accounts.end_sessions(found.agent.id)
        await forgive(stores.accounts, found.agent)
        await logins_ended(committer, found.agent.id)
        return found.agent


def _check(email: str, password: str) -> None:
    if not re.fullmatch(MAIL_ADDRESS, email.strip()):
        raise Invalid("email", "this is not a mail address")
    if password:
        _check_password(password)


def _check_password(password: str) -> None:
    if len(password) < SHORTEST_PASSWORD:
        raise Invalid("password", f"at least {SHORTEST_PASSWORD} characters")
