"""Passwords, sessions, resets, attempts and audit over dictionaries."""

from __future__ import annotations

from msgspec.structs import replace

from inbox.admission import EVERYTHING, AuditEntry, AuditFilter, Credentials, Invitation, Session
from inbox.core.errors import Conflict, NotFound
from inbox.core.ids import AgentId, Instant
from inbox.records import AGENTS
from inbox.testing.memory_factors import MemoryFactors
from inbox.testing.memory_passkeys import MemoryPasskeys
from inbox.testing.memory_tokens import MemoryTokens
from inbox.testing.tables import Tables


class MemoryAccounts(MemoryFactors, MemoryTokens, MemoryPasskeys):
    """``admission.Accounts``."""

    def __init__(self, tables: Tables) -> None:
        MemoryFactors.__init__(self, tables)
        MemoryTokens.__init__(self, tables)
        MemoryPasskeys.__init__(self, tables)
        self._hashes: dict[AgentId, str] = {}
        self._sessions: dict[str, Session] = {}
        self._resets: dict[str, tuple[AgentId, Instant]] = {}
        self._invitations: dict[str, Invitation] = {}
        self._attempts: dict[str, tuple[int, Instant]] = {}
        self._audit: list[AuditEntry] = []

    async def credentials(self, email: str) -> Credentials | None:
        """The account that logs in with this address, upper and lower case being the same."""
        wanted = email.strip().casefold()
        found = next((a for a in self._tables.of(AGENTS).values() if a.email.strip().casefold() == wanted), None)
        return None if found is None else Credentials(found, self._hashes.get(found.id, ""))

    async def credentials_of(self, agent: AgentId) -> Credentials | None:
        """The account of this agent."""
        found = self._tables.of(AGENTS).get(agent)
        return None if found is None else Credentials(found, self._hashes.get(agent, ""))

    async def with_password(self) -> set[AgentId]:
        """The accounts that have a password."""
        self._tables.reach()
        return set(self._hashes)

    async def set_password(self, agent: AgentId, password_hash: str) -> None:
        """Replace the hash. Raises ``NotFound`` for an unknown agent."""
        if agent not in self._tables.of(AGENTS):
            raise NotFound
        self._hashes[agent] = password_hash

    async def open_session(self, session: Session) -> None:
        """Store a new login; ``Conflict`` when the id exists."""
        self._tables.reach()
        if session.id in self._sessions:
            raise Conflict
        self._sessions[session.id] = session

    async def session(self, id: str, now: Instant) -> Session | None:
        """The login under this id, None once it is ended or expired."""
        self._tables.reach()
        found = self._sessions.get(id)
        return found if found is not None and found.expires_at > now else None

    async def touch_session(self, id: str, seen_at: Instant, expires_at: Instant) -> None:
        """The login was used; ended ones stay ended."""
        self._tables.reach()
        if id in self._sessions:
            self._sessions[id] = replace(self._sessions[id], seen_at=seen_at, expires_at=expires_at)

    async def sessions(self, agent: AgentId, now: Instant) -> list[Session]:
        """The agent's logins that are alive, newest first."""
        self._tables.reach()
        alive = [s for s in self._sessions.values() if s.agent == agent and s.expires_at > now]
        return sorted(alive, key=lambda s: (-s.created_at, s.id))

    async def end_session(self, id: str) -> None:
        """Log out; harmless when it is over."""
        self._tables.reach()
        self._sessions.pop(id, None)

    async def end_sessions(self, agent: AgentId, keep: str | None = None) -> list[str]:
        """End all of the agent's logins but ``keep``; the ids that ended."""
        self._tables.reach()
        ended = sorted(s.id for s in self._sessions.values() if s.agent == agent and s.id != keep)
        for id in ended:
            del self._sessions[id]
        return ended

    async def save_reset(self, token: str, agent: AgentId, expires_at: Instant) -> None:
        """Remember a reset link by the hash of its token; the agent's earlier ones are void."""
        self._tables.reach()
        self._resets = {t: entry for t, entry in self._resets.items() if entry[0] != agent}
        self._resets[token] = (agent, expires_at)

    async def end_resets(self, agent: AgentId) -> None:
        """No reset link of the agent's works any more."""
        self._tables.reach()
        self._resets = {t: entry for t, entry in self._resets.items() if entry[0] != agent}

    async def resets(self, now: Instant) -> dict[AgentId, Instant]:
        """Until when which accounts have a reset link that works."""
        self._tables.reach()
        return {agent: expires_at for agent, expires_at in self._resets.values() if expires_at > now}

    async def use_reset(self, token: str, now: Instant) -> AgentId | None:
        """Use up a reset link: the agent's id exactly once, None when it is unknown, used or expired."""
        self._tables.reach()
        agent, expires_at = self._resets.get(token, (None, 0))
        if agent is None or expires_at <= now:
            return None
        del self._resets[token]
        return agent

    async def invitation(self, id: str) -> Invitation | None:
        """What was remembered under this id."""
        self._tables.reach()
        return self._invitations.get(id)

    async def save_invitation(self, made: Invitation) -> bool:
        """Remember it; False when there is one under its id, which stays as it is."""
        self._tables.reach()
        return self._invitations.setdefault(made.id, made) is made

    async def invitation_mailed(self, id: str) -> None:
        """Its link went out by mail."""
        self._tables.reach()
        self._invitations[id] = replace(self._invitations[id], mailed=True)

    async def count_attempt(self, key: str, now: Instant, window: int) -> int:
        """Count one login attempt; how many fell into the present window, this one included."""
        self._tables.reach()
        count, ends = self._attempts.get(key, (0, 0))
        self._attempts[key] = (count + 1, ends) if now < ends else (1, now + window)
        return self._attempts[key][0]

    async def attempts(self, key: str, now: Instant) -> tuple[int, Instant]:
        """How many fell into the present window so far, and when it ends; (0, now) when there is none."""
        self._tables.reach()
        count, ends = self._attempts.get(key, (0, 0))
        return (count, ends) if now < ends else (0, now)

    async def take_back_attempt(self, key: str) -> None:
        """Count one attempt less under ``key``: it was none."""
        self._tables.reach()
        count, ends = self._attempts.get(key, (0, 0))
        if count:
            self._attempts[key] = (count - 1, ends)

    async def clear_attempts(self, key: str) -> None:
        """Forget the attempts under ``key``."""
        self._tables.reach()
        self._attempts.pop(key, None)

    async def audit(self, entry: AuditEntry) -> None:
        """Append to the audit record; repeating is harmless."""
        self._tables.reach()
        if all(known.id != entry.id for known in self._audit):
            self._audit.append(entry)

    async def audited(self, before: tuple[Instant, str] | None, limit: int, which: AuditFilter = EVERYTHING) -> list[AuditEntry]:
        """Audit entries, newest first, older than (at, id)."""
        self._tables.reach()
        newest = sorted((e for e in self._audit if _fits(e, which)), key=lambda e: (e.at, e.id), reverse=True)
        return [e for e in newest if before is None or (e.at, e.id) < before][:limit]

    async def audited_actions(self) -> list[str]:
        """Every action there is an entry of, sorted."""
        self._tables.reach()
        return sorted({e.action for e in self._audit})


def _fits(e: AuditEntry, which: AuditFilter) -> bool:
    named = which.actor in ("", e.actor) and which.action in ("", e.action)
    return named and e.at >= which.since and (not which.until or e.at < which.until)
