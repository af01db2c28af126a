"""Forgotten passwords: links by mail, single use, 48 hours, with no difference to be seen between known and unknown addresses."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Literal

import structlog

from inbox.admission import Accounts, AuditEntry, Invitation
from inbox.api.tokens import TOKEN_LENGTH, derived_token, hash_of, new_token
from inbox.core.agent import Agent, Role
from inbox.core.errors import InboxError, KeyReused
from inbox.core.ids import AgentId, Instant, digest
from inbox.ports import Clock

VALID_MS = 48 * 3600 * 1000
INVITED_MS = 7 * 24 * 3600 * 1000
INVITATIONS = "invitations"
"""What the key is derived for that links are made by when a call bears an idempotency key."""
MAILED_WITHIN_S = 10.0
WAITING = 100

log = structlog.get_logger(__name__)

Purpose = Literal["reset", "invitation"]
Send = Callable[[Agent, str, Purpose], Awaitable[None]]
"""Mails a link to an account's address."""


@dataclass(frozen=True)
class Invited:
    """A link to set a password by, until when, and whether it went out by mail."""

    link: str
    expires_at: Instant
    mailed: bool


@dataclass(frozen=True)
class Asking:
    """Who asks for a link, from where, by which call, and under which idempotency key, '' without one."""

    by: str
    address: str
    call: str
    key: str = ""

    @property
    def id(self) -> str:
        """Stands for caller and key."""
        return digest("invitation", self.by, self.key)


class Resets:
    """Requests are taken at once and worked on by ``run``, so that the answer's time tells nothing."""

    def __init__(self, accounts: Accounts, clock: Clock, public_url: str, send: Send, key: bytes) -> None:
        """``key`` makes the links that are told again when a call is repeated, so that no link has to be stored."""
        self._key = key
        self._accounts = accounts
        self._clock = clock
        self._public_url = public_url
        self._send = send
        self._asked: asyncio.Queue[tuple[str, str]] = asyncio.Queue(WAITING)

    def ask(self, email: str, address: str) -> None:
        """Somebody at ``address`` wants a link for this account. What does not fit into the line is left out."""
        try:
            self._asked.put_nowait((email, address))
        except asyncio.QueueFull:
            log.warning("reset_left_out")

    async def run(self) -> None:
        """Make and mail the links until cancelled."""
        while True:
            email, address = await self._asked.get()
            try:
                await self._mail(email, address)
            except InboxError as error:
                log.warning("reset_failed", error=error.code)
            except Exception as error:
                log.exception("reset_failed", error=type(error).__name__)
            finally:
                self._asked.task_done()

    async def settled(self) -> None:
        """Returns when nothing asked so far waits any more."""
        await self._asked.join()

    async def use(self, token: str) -> AgentId | None:
        """Whose link this is; every link works once."""
        if len(token) != TOKEN_LENGTH or not token.isascii():
            return None
        return await self._accounts.use_reset(hash_of(token), self._clock.now())

    async def invite(self, agent: Agent, asking: Asking) -> Invited:
        """A link for seven days, mailed where a channel can, and in any case for the admin who asks to pass on.

        The same call under the same key gets the first answer again; no second mail goes out, and no link becomes void.
        """
        if (before := await self.invited(agent.id, asking)) is not None:
            return before
        token = derived_token(self._key, asking.id) if asking.key else new_token()
        link, expires_at = await self.link(agent.id, INVITED_MS, token)
        if asking.key:
            made = Invitation(asking.id, digest(asking.call, agent.id), expires_at)
            if not await self._accounts.save_invitation(made) and (first := await self.invited(agent.id, asking)) is not None:
                return first
        await self._accounts.audit(entry(self._clock.now(), asking.by, "link_made", asking.address, agent.id))
        mailed = await self._mailed(agent, link)
        if mailed and asking.key:
            await self._accounts.invitation_mailed(asking.id)
        return Invited(link, expires_at, mailed)

    async def invited(self, agent: AgentId, asking: Asking) -> Invited | None:
        """What the same call was answered before. Raises ``KeyReused`` when the key was used for another one."""
        made = await self._accounts.invitation(asking.id) if asking.key else None
        if made is None:
            return None
        if made.body != digest(asking.call, agent):
            raise KeyReused
        return Invited(self._address(derived_token(self._key, asking.id)), made.expires_at, made.mailed)

    async def _mailed(self, agent: Agent, link: str) -> bool:
        try:
            async with asyncio.timeout(MAILED_WITHIN_S):
                await self._send(agent, link, "invitation")
        except (InboxError, TimeoutError) as error:
            log.info("invitation_not_mailed", error=type(error).__name__)
            return False
        except Exception:
            log.exception("invitation_not_mailed")
            return False
        return True

    async def _mail(self, email: str, address: str) -> None:
        found = await self._accounts.credentials(email)
        if found is None or not found.agent.active or found.agent.role is Role.BOT:
            return
        link, _ = await self.link(found.agent.id, VALID_MS, new_token())
        await self._accounts.audit(entry(self._clock.now(), found.agent.id, "reset_asked", address))
        await self._send(found.agent, link, "reset")

    async def link(self, agent: AgentId, valid_ms: int, token: str) -> tuple[str, Instant]:
        """The token's link and when it expires; the agent's earlier ones are void."""
        expires_at = self._clock.now() + valid_ms
        await self._accounts.save_reset(hash_of(token), agent, expires_at)
        return self._address(token), expires_at

    def _address(self, token: str) -> str:
        return f"{self._public_url}/reset/{token}"


def entry(now: Instant, actor: str, action: str, address: str = "", target: str = "", **data: str) -> AuditEntry:
    """A line of the audit record."""
    return AuditEntry(id=secrets.token_hex(16), at=now, actor=actor, action=action, target=target, address=address, data=data)
