"""The port of who is let in: accounts, their passwords and sessions, and the record of who did what to them.

Tokens never reach a store: callers draw them, hand them out once, and pass on their SHA-256 in hex.
"""

from __future__ import annotations

from typing import Protocol

from msgspec import Struct

from inbox.core.agent import Agent
from inbox.core.ids import AgentId, Instant
from inbox.core.permissions import Reach


class AuditFilter(Struct, frozen=True):
    """Which lines of the audit record: by who did something, by what, and from ``since`` up to before ``until``. '' and 0: any."""

    actor: str = ""
    action: str = ""
    since: Instant = 0
    until: Instant = 0


EVERYTHING = AuditFilter()


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


class Factor(Struct, frozen=True, omit_defaults=True):
    """An account's second factor; ``id`` is the account's. Not in force before ``confirmed_at``. ``secret`` is sealed, ``used`` the newest
    time step whose code was taken, ``recovery`` the hashes of the recovery codes that are left."""

    id: AgentId
    secret: str
    created_at: Instant
    recovery: tuple[str, ...] = ()
    confirmed_at: Instant = 0
    used: int = 0


class Factors(Protocol):
    """Second factors. Everything is majority-durable when it returns."""

    async def factor(self, agent: AgentId) -> Factor | None:
        """The account's, confirmed or not."""

    async def begin_factor(self, factor: Factor) -> None:
        """Store one to be confirmed, over another that never was. Raises ``Conflict`` when there is one in force."""

    async def confirm_factor(self, agent: AgentId, secret: str, now: Instant, step: int) -> bool:
        """Put the one with this sealed secret in force, its first code used; False when it is not there or in force already."""

    async def use_step(self, agent: AgentId, step: int) -> bool:
        """Take the code of a time step: True exactly once, and never for a step before one that was taken."""

    async def use_recovery(self, agent: AgentId, hash: str) -> bool:
        """Use up a recovery code: True exactly once."""

    async def renew_recovery(self, agent: AgentId, hashes: tuple[str, ...]) -> bool:
        """Replace the recovery codes; False without a factor in force."""

    async def drop_factor(self, agent: AgentId) -> bool:
        """Remove it; whether there was one in force."""

    async def factors_since(self) -> dict[AgentId, Instant]:
        """Since when which accounts have one in force."""

    async def sealed_factors(self) -> dict[AgentId, str]:
        """The sealed secrets of all, confirmed or not."""

    async def reseal_factor(self, agent: AgentId, before: str, secret: str) -> bool:
        """Store the same secret sealed otherwise; False when another stands there by now."""


class ApiToken(Struct, frozen=True, omit_defaults=True):
    """Lets a program act for an account. ``id`` is the SHA-256 of the token, ``reach`` how far it goes; ``expires_at`` 0: never.
    ``asked_by`` names the call that made it, so that the same call again makes no other."""

    id: str
    agent: AgentId
    name: str
    reach: Reach
    created_at: Instant
    expires_at: Instant = 0
    used_at: Instant = 0
    asked_by: str = ""


class Tokens(Protocol):
    """Tokens of programs. Everything is majority-durable when it returns."""

    async def save_token(self, token: ApiToken) -> None:
        """Store a new one."""

    async def token(self, id: str, now: Instant) -> ApiToken | None:
        """The one under this id, None once it is revoked or expired."""

    async def tokens(self, agent: AgentId | None = None) -> list[ApiToken]:
        """An account's, or all; expired ones too, newest first."""

    async def touch_token(self, id: str, used_at: Instant) -> None:
        """It was used; callers need not tell of every request."""

    async def end_token(self, id: str) -> None:
        """Revoke it; harmless when it is gone."""


class Passkey(Struct, frozen=True):
    """A passkey of an account. ``id`` is the SHA-256 of its credential id, ``key`` its attested credential data, ``counter`` how often
    it signed as far as it tells; ``used_at`` 0: never."""

    id: str
    agent: AgentId
    name: str
    key: bytes
    counter: int
    created_at: Instant
    used_at: Instant = 0


class Passkeys(Protocol):
    """Passkeys, and the challenges they answer. Everything is majority-durable when it returns."""

    async def save_challenge(self, id: str, about: str, expires_at: Instant) -> None:
        """Remember a challenge by the hash of it; ``about`` says what it is good for."""

    async def use_challenge(self, id: str, about: str, now: Instant) -> bool:
        """Use it up: True exactly once, and never when it is expired or good for something else."""

    async def add_passkey(self, passkey: Passkey) -> None:
        """Store a new one; ``Conflict`` when it is there, whosever it is."""

    async def passkey(self, id: str) -> Passkey | None:
        """The one under this id."""

    async def passkeys(self, agent: AgentId | None = None) -> list[Passkey]:
        """An account's, or all; oldest first."""

    async def use_passkey(self, id: str, counter: int, now: Instant) -> bool:
        """It signed; False when it is gone, or has signed as often before. A counter that stays at 0 does not count."""

    async def rename_passkey(self, id: str, name: str) -> None:
        """Give it another name; harmless when it is gone."""

    async def drop_passkey(self, id: str) -> bool:
        """Remove it; whether it was there."""


class Accounts(Factors, Tokens, Passkeys, Protocol):
    """Passwords, second factors, tokens of programs, passkeys, sessions, resets, login attempts and the audit record. Everything is
    majority-durable when it returns."""

    async def credentials(self, email: str) -> Credentials | None:
        """The account that logs in with this address, upper and lower case being the same."""

    async def credentials_of(self, agent: AgentId) -> Credentials | None:
        """The account of this agent."""

    async def with_password(self) -> set[AgentId]:
        """The accounts that have a password."""

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

    async def end_resets(self, agent: AgentId) -> None:
        """No reset link of the agent's works any more."""

    async def resets(self, now: Instant) -> dict[AgentId, Instant]:
        """Until when which accounts have a reset link that works."""

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

    async def take_back_attempt(self, key: str) -> None:
        """Count one attempt less under ``key``: it was none."""

    async def clear_attempts(self, key: str) -> None:
        """Forget the attempts under ``key``, after a login that succeeded."""

    async def audit(self, entry: AuditEntry) -> None:
        """Append to the audit record."""

    async def audited(self, before: tuple[Instant, str] | None, limit: int, which: AuditFilter = EVERYTHING) -> list[AuditEntry]:
        """Audit entries, newest first, older than (at, id)."""

    async def audited_actions(self) -> list[str]:
        """Every action there is an entry of, sorted."""
