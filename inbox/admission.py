"""The port of who is let in: accounts, their passwords and sessions, and the record of who did what to them.

Tokens never reach a store: callers draw them, hand them out once, and pass on their SHA-256 in hex.
"""

from __future__ import annotations

from typing import Protocol

from msgspec import Struct

from inbox.core.agent import Agent
from inbox.core.ids import AgentId, Instant


class Credentials(Struct, frozen=True):
    """An account and its encoded Argon2 hash; '' when no password was ever set, which no password fits."""

    agent: Agent
    password_hash: str


class Session(Struct, frozen=True, omit_defaults=True):
    """One login. ``id`` is the SHA-256 of its token; ``csrf`` what changing requests must repeat."""

    id: str
    agent: AgentId
    csrf: str
    created_at: Instant
    seen_at: Instant
    expires_at: Instant
    address: str = ""
    browser: str = ""


class Invitation(Struct, frozen=True, omit_defaults=True):
    """That a call with an idempotency key made a link, not the link: ``id`` stands for caller and key, ``body`` for what was asked."""

    id: str
    body: str
    expires_at: Instant
    mailed: bool = False


class AuditEntry(Struct, frozen=True, omit_defaults=True):
    """Something done to accounts or settings: codes and ids, no secrets. ``id`` is random."""

    id: str
    at: Instant
    actor: str
    action: str
    target: str = ""
    address: str = ""
    data: dict[str, str] = {}


class Accounts(Protocol):
    """Passwords, sessions, resets, login attempts and the audit record. Everything is majority-durable when it returns."""

    async def credentials(self, email: str) -> Credentials | None:
        """The account that logs in with this address, upper and lower case being the same."""

    async def credentials_of(self, agent: AgentId) -> Credentials | None:
        """The account of this agent."""

    async def set_password(self, agent: AgentId, password_hash: str) -> None:
        """Replace the hash; sessions go on until ``end_sessions``."""

    async def open_session(self, session: Session) -> None:
        """Store a new login."""

    async def session(self, id: str, now: Instant) -> Session | None:
        """The login under this id, None once it is ended or expired."""

    async def touch_session(self, id: str, seen_at: Instant, expires_at: Instant) -> None:
        """The login was used; ended ones stay ended. Callers need not tell of every request."""

    async def sessions(self, agent: AgentId, now: Instant) -> list[Session]:
        """The agent's logins that are alive, newest first."""

    async def end_session(self, id: str) -> None:
        """Log out; harmless when it is over."""

    async def end_sessions(self, agent: AgentId, keep: str | None = None) -> list[str]:
        """End all of the agent's logins but ``keep``; the ids that ended."""

    async def save_reset(self, token: str, agent: AgentId, expires_at: Instant) -> None:
        """Remember a reset link by the hash of its token; the agent's earlier ones are void."""

    async def use_reset(self, token: str, now: Instant) -> AgentId | None:
        """Use up a reset link: the agent's id exactly once, None when it is unknown, used or expired."""

    async def invitation(self, id: str) -> Invitation | None:
        """What was remembered under this id; it may be forgotten once the link is expired."""

    async def save_invitation(self, made: Invitation) -> bool:
        """Remember it; False when there is one under its id, which stays as it is."""

    async def invitation_mailed(self, id: str) -> None:
        """Its link went out by mail."""

    async def count_attempt(self, key: str, now: Instant, window: int) -> int:
        """Count one login attempt under ``key`` (an account or an address), atomically.

        The result is how many fell into the present window, this one included. A window of ``window`` milliseconds
        begins with the first attempt after the last one ended.
        """

    async def attempts(self, key: str, now: Instant) -> tuple[int, Instant]:
        """How many fell into the present window so far, and when it ends; (0, now) when there is none."""

    async def clear_attempts(self, key: str) -> None:
        """Forget the attempts under ``key``, after a login that succeeded."""

    async def audit(self, entry: AuditEntry) -> None:
        """Append to the audit record."""

    async def audited(self, before: tuple[Instant, str] | None, limit: int) -> list[AuditEntry]:
        """Audit entries, newest first, older than (at, id)."""
