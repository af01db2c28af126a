"""Forgotten passwords: links by mail, single use, 48 hours, with no difference to be seen between known and unknown addresses."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Awaitable, Callable

import structlog

from inbox.admission import Accounts, AuditEntry
from inbox.api.tokens import TOKEN_LENGTH, hash_of, new_token
from inbox.core.agent import Agent, Role
from inbox.core.errors import InboxError
from inbox.core.ids import AgentId, Instant
from inbox.ports import Clock

VALID_MS = 48 * 3600 * 1000
WAITING = 100

log = structlog.get_logger(__name__)

Send = Callable[[Agent, str], Awaitable[None]]
"""Mails a link to an account's address."""


class Resets:
    """Requests are taken at once and worked on by ``run``, so that the answer's time tells nothing."""

    def __init__(self, accounts: Accounts, clock: Clock, public_url: str, send: Send) -> None:
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

    async def _mail(self, email: str, address: str) -> None:
        found = await self._accounts.credentials(email)
        if found is None or not found.agent.active or found.agent.role is Role.BOT:
            return
        now = self._clock.now()
        token = new_token()
        await self._accounts.save_reset(hash_of(token), found.agent.id, now + VALID_MS)
        await self._accounts.audit(entry(now, found.agent.id, "reset_asked", address))
        await self._send(found.agent, f"{self._public_url}/reset/{token}")


def entry(now: Instant, actor: str, action: str, address: str = "", target: str = "", **data: str) -> AuditEntry:
    """A line of the audit record."""
    return AuditEntry(id=secrets.token_hex(16), at=now, actor=actor, action=action, target=target, address=address, data=data)
