"""Logins: who may have a session, what a session is worth, and what a request must show to act under it."""

from __future__ import annotations

import hmac
import unicodedata
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from aiohttp import web

from inbox.admission import Accounts, Credentials, Session
from inbox.api.attempts import Attempts, Limit
from inbox.api.factors import SecondFactors
from inbox.api.metrics import Metrics
from inbox.api.origin import limited_as
from inbox.api.passkeys import PasskeyChecks
from inbox.api.passwords import Passwords
from inbox.api.resets import entry
from inbox.api.tokens import TOKEN_LENGTH, hash_of, new_token
from inbox.core.agent import Agent, Role
from inbox.core.errors import CodeNeeded, CodeWrong, Denied, FactorNeeded, NotAuthentic, NotFound, TooMany, Unauthenticated
from inbox.core.ids import AgentId, Instant
from inbox.core.passkeys import Assertion, WentBack
from inbox.core.permissions import ALLOWED, Action, Actor, may
from inbox.core.security import WORKSPACE, Security, takes_password
from inbox.flow.directory import Directory
from inbox.ports import Clock
from inbox.records import SECURITY

COOKIE = "inbox_session"
DAY_MS = 24 * 3600 * 1000
IDLE_MS = 14 * DAY_MS
ABSOLUTE_MS = 30 * DAY_MS
TOUCH_EVERY_MS = 10 * 60 * 1000


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


@dataclass(frozen=True)
class Typed:
    """What somebody gave to log in, and from where."""

    email: str
    password: str
    address: str
    code: str = ""


class Auth:
    """Sessions and login limits over the accounts' store."""

    def __init__(
        self,
        accounts: Accounts,
        directory: Directory,
        passwords: Passwords,
        clock: Clock,
        metrics: Metrics,
        factors: SecondFactors,
        passkeys: PasskeyChecks,
        ended: Callable[[AgentId], Awaitable[None]],
    ) -> None:
        """``ended`` tells all servers that some of an agent's logins are over."""
        self.factors = factors
        self.passkeys = passkeys
        self.single_sign_on = False
        """Whether there is another way in than a password."""
        self._attempts = Attempts(accounts, clock)
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
        if agent is None or not _able(agent):
            raise Unauthenticated
        if now - session.seen_at >= TOUCH_EVERY_MS:
            await self._accounts.touch_session(session.id, now, _expiry(session.created_at, now))
        return await self._directory.actor_of(agent), session

    async def current(self, request: web.Request) -> tuple[Actor, Session]:
        """Who sent the request. Raises ``Unauthenticated``."""
        return await self.authenticate(request.cookies.get(COOKIE, ""))

    async def rules(self) -> Security:
        """How the workspace wants its accounts protected."""
        return next(iter((await self._directory.entries(SECURITY)).values()), Security(WORKSPACE))

    async def log_in(self, typed: Typed, browser: str) -> Login:
        """A new session. Raises ``Unauthenticated`` in the same words and time whatever is wrong with address or password, ``TooMany``
        after too many tries; where these are right, ``Denied`` where only single sign-on is taken, ``CodeNeeded``,
        ``CodeWrong`` or ``FactorNeeded``."""
        found = await self._known(typed)
        await self._require_taken(found.agent)
        how = await self._second(found.agent, typed)
        await self._attempts.clear(PER_ACCOUNT, hash_of(folded(typed.email)))
        await self.take_back(PER_ADDRESS, limited_as(typed.address))
        await self._renew(found, typed.password)
        self._metrics.logged_in("ok")
        return await self.open(found.agent, typed.address, browser, how)

    async def log_in_by_passkey(self, given: Assertion, address: str, browser: str) -> Login:
        """A new session for whose passkey this is; it stands for the password and for the second factor. Raises ``Unauthenticated`` in the
        same words whatever is wrong with it, ``TooMany``, and ``Denied`` where only single sign-on is taken."""
        await self._count_login(PER_ADDRESS, limited_as(address))
        passkey = await self._accounts.passkey(hash_of(given.id))
        found = await self._accounts.credentials_of(passkey.agent) if passkey is not None else None
        account = hash_of(folded(found.agent.email) if found else given.id)
        await self._count_login(PER_ACCOUNT, account)
        try:
            checked = await self.passkeys.check(passkey, given)
            if found is None or not _able(found.agent):
                raise NotAuthentic
            await self._require_taken(found.agent)
            await self.passkeys.used(*checked)
        except NotAuthentic as wrong:
            self._metrics.logged_in("wrong")
            whose, action = (found.agent.id if found else ""), "passkey_copied" if isinstance(wrong, WentBack) else "passkey_failed"
            await self._accounts.audit(entry(self._clock.now(), whose, action, address))
            raise Unauthenticated("This passkey does not log in here.") from wrong
        await self._attempts.clear(PER_ACCOUNT, account)
        await self.take_back(PER_ADDRESS, limited_as(address))
        self._metrics.logged_in("ok")
        return await self.open(found.agent, address, browser, "passkey")

    async def _count_login(self, limit: Limit, who: str) -> None:
        try:
            await self.count(limit, who)
        except TooMany:
            self._metrics.logged_in("limited")
            raise

    async def _require_taken(self, agent: Agent) -> None:
        """Raises ``Denied`` where accounts like this one log in by single sign-on only."""
        admin = may(await self._directory.actor_of(agent), Action.MANAGE_SECURITY) == ALLOWED
        if not takes_password(await self.rules(), admin=admin, single_sign_on=self.single_sign_on):
            raise Denied("passwords_off")

    async def begin_factor(self, typed: Typed) -> Agent:
        """Whose second factor is to be set up, before he can log in. Raises as ``log_in``, and ``Denied`` where none is asked for."""
        agent = (await self._known(typed)).agent
        await self._require_taken(agent)
        if not (await self.rules()).two_factor or await self.factors.of(agent.id) is not None:
            raise Denied("factor_not_needed")
        await self._require_no_passkey(agent)
        return agent

    async def _require_no_passkey(self, agent: Agent) -> None:
        """Raises ``Denied`` for an account that has its second factor in a passkey: who knows the password sets up no other."""
        if await self._accounts.passkeys(agent.id):
            raise Denied("passkey_needed")

    async def _known(self, typed: Typed) -> Credentials:
        """The account whose password this is."""
        account = hash_of(folded(typed.email))
        await self._count_login(PER_ADDRESS, limited_as(typed.address))
        await self._count_login(PER_ACCOUNT, account)
        found = await self._accounts.credentials(typed.email.strip())
        fits = await self._passwords.fits(typed.password, found.password_hash if found and _able(found.agent) else "")
        if found is None or not fits:
            self._metrics.logged_in("wrong")
            whose = found.agent.id if found else ""  # written for unknown accounts too: both take the same time
            await self._accounts.audit(entry(self._clock.now(), whose, "login_failed", typed.address))
            raise Unauthenticated("The address or the password is wrong.")
        return found

    async def _second(self, agent: Agent, typed: Typed) -> str:
        """What the login is based on. A factor that is asked for and was begun at this login is confirmed by its first code."""
        factor = await self.factors.of(agent.id)
        if factor is None and not (await self.rules()).two_factor:
            return "password"
        if factor is None:
            await self._require_no_passkey(agent)
        if not typed.code:
            raise CodeNeeded if factor is not None else FactorNeeded
        try:
            if factor is None:
                await self.factors.confirm(agent.id, typed.code)
                await self._accounts.audit(entry(self._clock.now(), agent.id, "factor_set", typed.address))
                return "code"
            return await self.factors.check(factor, typed.code)
        except NotFound as nothing:
            raise FactorNeeded from nothing
        except (CodeWrong, TooMany) as wrong:
            self._metrics.logged_in("code_wrong")
            await self._accounts.audit(entry(self._clock.now(), agent.id, wrong.code, typed.address))
            raise

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

    async def end_all(self, agent: AgentId, keep: str | None = None) -> list[str]:
        """End the agent's sessions but ``keep``; the ids that ended."""
        ended = await self._accounts.end_sessions(agent, keep)
        await self._ended(agent)
        return ended

    async def count(self, limit: Limit, who: str) -> None:
        """Count one attempt. Raises ``TooMany`` when it is over the limit."""
        await self._attempts.count(limit, who)

    async def take_back(self, limit: Limit, who: str) -> None:
        """It was no attempt but a success: a whole office may come from one address."""
        await self._attempts.take_back(limit, who)

    async def _renew(self, found: Credentials, password: str) -> None:
        if self._passwords.outdated(found.password_hash):
            await self._accounts.set_password(found.agent.id, await self._passwords.hash(password))

    async def open(self, agent: Agent, address: str, browser: str, how: str) -> Login:
        """A session for somebody who has proved who he is; ``how`` is written into the audit record."""
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
        await self._accounts.audit(entry(now, agent.id, "logged_in", address, how=how))
        return Login(token, session, agent)


async def forgive(accounts: Accounts, agent: Agent) -> None:
    """Forget the failed attempts at an account's password: it has a new one."""
    await accounts.clear_attempts(PER_ACCOUNT.key(hash_of(folded(agent.email))))
    await accounts.clear_attempts(OWN_PASSWORD.key(agent.id))


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


def _able(agent: Agent) -> bool:
    """Whether this account can be logged in to at all."""
    return agent.active and agent.role is not Role.BOT


def _expiry(created_at: Instant, seen_at: Instant) -> Instant:
    return min(created_at + ABSOLUTE_MS, seen_at + IDLE_MS)
