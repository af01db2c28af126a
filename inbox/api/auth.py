"""Logins: who may have a session, what a session is worth, and what a request must show to act under it."""

from __future__ import annotations

import hmac
import unicodedata
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from aiohttp import web

from inbox.admission import Accounts, Credentials, Session
from inbox.api.metrics import Metrics
from inbox.api.origin import limited_as
from inbox.api.passwords import Passwords
from inbox.api.resets import entry
from inbox.api.tokens import TOKEN_LENGTH, hash_of, new_token
from inbox.core.agent import Agent, Role
from inbox.core.errors import Denied, TooMany, Unauthenticated
from inbox.core.ids import AgentId, Instant
from inbox.core.permissions import Actor, actor_of
from inbox.flow.directory import Directory
from inbox.ports import Clock

COOKIE = "inbox_session"
DAY_MS = 24 * 3600 * 1000
IDLE_MS = 14 * DAY_MS
ABSOLUTE_MS = 30 * DAY_MS
TOUCH_EVERY_MS = 10 * 60 * 1000


@dataclass(frozen=True)
class Limit:
    """At most ``count`` attempts of one kind within ``window`` milliseconds."""

    kind: str
    count: int
    window: int


PER_ACCOUNT = Limit("login-account", 10, 15 * 60 * 1000)
PER_ADDRESS = Limit("login-address", 100, 15 * 60 * 1000)
OWN_PASSWORD = Limit("password-own", 10, 15 * 60 * 1000)
RESETS_PER_ACCOUNT = Limit("reset-account", 5, 30 * 60 * 1000)
RESETS_PER_ADDRESS = Limit("reset-address", 20, 30 * 60 * 1000)
RESETS_USED = Limit("reset-use", 30, 30 * 60 * 1000)
UPLOADS = Limit("upload", 600, 3600 * 1000)


@dataclass(frozen=True)
class Login:
    """A session just opened; ``token`` goes into the cookie and nowhere else."""

    token: str
    session: Session
    agent: Agent


class Auth:
    """Sessions and login limits over the accounts' store."""

    def __init__(
        self,
        accounts: Accounts,
        directory: Directory,
        passwords: Passwords,
        clock: Clock,
        metrics: Metrics,
        ended: Callable[[AgentId], Awaitable[None]],
    ) -> None:
        """``ended`` tells all servers that some of an agent's logins are over."""
        self._accounts = accounts
        self._directory = directory
        self._passwords = passwords
        self._clock = clock
        self._metrics = metrics
        self._ended = ended

    async def authenticate(self, token: str) -> tuple[Actor, Session]:
        """Whose session cookie this is, as of now. Raises ``Unauthenticated``, also when the account was switched off."""
        if len(token) != TOKEN_LENGTH or not token.isascii():
            raise Unauthenticated
        now = self._clock.now()
        session = await self._accounts.session(hash_of(token), now)
        if session is None:
            raise Unauthenticated
        agent = (await self._directory.agents()).get(session.agent)
        if agent is None or not agent.active or agent.role is Role.BOT:
            raise Unauthenticated
        if now - session.seen_at >= TOUCH_EVERY_MS:
            await self._accounts.touch_session(session.id, now, _expiry(session.created_at, now))
        return actor_of(agent), session

    async def current(self, request: web.Request) -> tuple[Actor, Session]:
        """Who sent the request. Raises ``Unauthenticated``."""
        return await self.authenticate(request.cookies.get(COOKIE, ""))

    async def log_in(self, email: str, password: str, address: str, browser: str) -> Login:
        """A new session. Raises ``Unauthenticated`` in the same words and time whatever is wrong, ``TooMany`` after too many tries."""
        account = hash_of(folded(email))
        try:
            await self.count(PER_ADDRESS, limited_as(address))
            await self.count(PER_ACCOUNT, account)
        except TooMany:
            self._metrics.logged_in("limited")
            raise
        found = await self._accounts.credentials(email.strip())
        able = found is not None and found.agent.active and found.agent.role is not Role.BOT
        fits = await self._passwords.fits(password, found.password_hash if found and able else "")
        if found is None or not fits:
            self._metrics.logged_in("wrong")
            raise Unauthenticated("The address or the password is wrong.")
        await self._accounts.clear_attempts(_key(PER_ACCOUNT, account))
        await self._renew(found, password)
        self._metrics.logged_in("ok")
        return await self._open(found.agent, address, browser)

    async def proves(self, agent: AgentId, password: str) -> bool:
        """Whether this is the agent's present password. Raises ``TooMany`` after too many tries."""
        await self.count(OWN_PASSWORD, agent)
        found = await self._accounts.credentials_of(agent)
        return await self._passwords.fits(password, found.password_hash if found else "")

    async def set_password(self, agent: AgentId, password: str, address: str, action: str, keep: str | None = None) -> list[str]:
        """Store a new password, forget failed logins, and end the agent's sessions but ``keep``; the ids that ended."""
        await self._accounts.set_password(agent, await self._passwords.hash(password))
        ended = await self._accounts.end_sessions(agent, keep)
        found = await self._accounts.credentials_of(agent)
        if found is not None:
            await forgive(self._accounts, found.agent)
        await self._accounts.audit(entry(self._clock.now(), agent, action, address))
        await self._ended(agent)
        return ended

    async def end(self, session: Session, address: str) -> None:
        """Log out."""
        await self.drop(session)
        await self._accounts.audit(entry(self._clock.now(), session.agent, "logged_out", address))

    async def drop(self, session: Session) -> None:
        """End a session that another one takes the place of."""
        await self._accounts.end_session(session.id)
        await self._ended(session.agent)

    async def count(self, limit: Limit, who: str) -> None:
        """Count one attempt. Raises ``TooMany`` when it is over the limit."""
        now = self._clock.now()
        if await self._accounts.count_attempt(_key(limit, who), now, limit.window) > limit.count:
            _, ends = await self._accounts.attempts(_key(limit, who), now)
            raise TooMany(max(1_000, ends - now))

    async def _renew(self, found: Credentials, password: str) -> None:
        if self._passwords.outdated(found.password_hash):
            await self._accounts.set_password(found.agent.id, await self._passwords.hash(password))

    async def _open(self, agent: Agent, address: str, browser: str) -> Login:
        now = self._clock.now()
        token = new_token()
        session = Session(
            id=hash_of(token),
            agent=agent.id,
            csrf=new_token(),
            created_at=now,
            seen_at=now,
            expires_at=_expiry(now, now),
            address=address,
            browser=browser[:200],
        )
        await self._accounts.open_session(session)
        await self._accounts.audit(entry(now, agent.id, "logged_in", address))
        return Login(token, session, agent)


async def forgive(accounts: Accounts, agent: Agent) -> None:
    """Forget the failed attempts at an account's password: it has a new one."""
    await accounts.clear_attempts(_key(PER_ACCOUNT, hash_of(folded(agent.email))))
    await accounts.clear_attempts(_key(OWN_PASSWORD, agent.id))


def require_csrf(request: web.Request, session: Session) -> None:
    """Raises ``Denied`` unless the request repeats the session's token, which no page of another site can read."""
    given = request.headers.get("X-CSRF-Token", "")
    if not hmac.compare_digest(given.encode("utf-8", "surrogatepass"), session.csrf.encode()):
        raise Denied("csrf")


def set_cookie(response: web.StreamResponse, token: str, *, secure: bool) -> None:
    """Give the browser its session."""
    response.set_cookie(COOKIE, token, max_age=ABSOLUTE_MS // 1000, path="/", httponly=True, samesite="Lax", secure=secure)


def drop_cookie(response: web.StreamResponse, *, secure: bool) -> None:
    """Take the session from the browser."""
    response.del_cookie(COOKIE, path="/", httponly=True, samesite="Lax", secure=secure)


def folded(email: str) -> str:
    """At least as many spellings become one as the store takes for one account, so that no spelling dodges a limit."""
    return unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", email).casefold()).strip()


def _key(limit: Limit, who: str) -> str:
    return f"{limit.kind}:{who}"


def _expiry(created_at: Instant, seen_at: Instant) -> Instant:
    return min(created_at + ABSOLUTE_MS, seen_at + IDLE_MS)
