"""Programs that call the API: a token in the Authorization header (RFC 6750) in place of a browser's cookie."""

from __future__ import annotations

import re
from collections import OrderedDict

from aiohttp import web
from msgspec.structs import replace

from inbox.admission import Accounts, Session
from inbox.api.tokens import TOKEN_LENGTH, hash_of
from inbox.core.agent import Role
from inbox.core.errors import TooMany, Unauthenticated
from inbox.core.ids import Instant
from inbox.core.permissions import Actor
from inbox.flow.directory import Directory
from inbox.ports import Clock

TOKEN_PREFIX = "inbox_"
"""Says what it is to whoever finds one, and to programs that look for secrets in repositories."""
TOUCH_EVERY_MS = 60_000
WINDOW_MS = 60_000
REQUESTS = 600
"""A minute, for one token at one server."""
MOST_COUNTED = 10_000

_BEARER = re.compile(rf"[Bb]earer +({TOKEN_PREFIX}[A-Za-z0-9_-]{{{TOKEN_LENGTH}}})")


class Programs:
    """Tokens over the accounts' store; what one may is read anew with every request."""

    def __init__(self, accounts: Accounts, directory: Directory, clock: Clock) -> None:
        self._accounts = accounts
        self._directory = directory
        self._clock = clock
        self._asked: OrderedDict[str, tuple[Instant, int]] = OrderedDict()

    def speaks(self, request: web.Request) -> bool:
        """Whether the request says who it is as a program does."""
        return "Authorization" in request.headers

    async def authenticate(self, request: web.Request) -> tuple[Actor, Session, str]:
        """The account behind the token, within the token's reach; what stands for a session; what names the token.

        Raises ``Unauthenticated`` for an unknown, revoked or expired one, and beside a cookie; ``TooMany``.
        """
        given = request.headers.getall("Authorization")
        token = _BEARER.fullmatch(given[0].strip()) if len(given) == 1 else None
        if token is None or "Cookie" in request.headers:
            raise Unauthenticated("Send one token, as `Authorization: Bearer TOKEN`, and no cookie.")
        now = self._clock.now()
        found = await self._accounts.token(hash_of(token[1]), now)
        agent = (await self._directory.agents()).get(found.agent) if found is not None else None
        if found is None or agent is None or not agent.active or agent.role is Role.BOT:
            raise Unauthenticated("This token is not valid, or not any more.")
        self._count(found.id, now)
        if now - found.used_at >= TOUCH_EVERY_MS:
            await self._accounts.touch_token(found.id, now)
        session = Session(f"token:{found.id}", agent.id, "", found.created_at, now, found.expires_at)
        return replace(await self._directory.actor_of(agent), reach=found.reach), session, found.id[:32]

    def _count(self, id: str, now: Instant) -> None:
        """Raises ``TooMany``."""
        began, count = self._asked.get(id, (now, 0))
        if now - began >= WINDOW_MS:
            began, count = now, 0
        self._asked[id] = (began, count + 1)
        self._asked.move_to_end(id)
        if len(self._asked) > MOST_COUNTED:
            self._asked.popitem(last=False)
        if count >= REQUESTS:
            raise TooMany(began + WINDOW_MS - now)
