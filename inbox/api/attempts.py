"""Limits on attempts: at logins, codes and links, counted in the store, so that they hold over all servers and restarts."""

from __future__ import annotations

from dataclasses import dataclass

from inbox.admission import Accounts
from inbox.core.errors import TooMany
from inbox.ports import Clock


@dataclass(frozen=True)
class Limit:
    """At most ``count`` attempts of one kind within ``window`` milliseconds."""

    kind: str
    count: int
    window: int

    def key(self, who: str) -> str:
        """What attempts of ``who`` are counted under."""
        return f"{self.kind}:{who}"


class Attempts:
    """Counts attempts."""

    def __init__(self, accounts: Accounts, clock: Clock) -> None:
        self._accounts = accounts
        self._clock = clock

    async def count(self, limit: Limit, who: str) -> None:
        """Count one attempt. Raises ``TooMany`` when it is over the limit."""
        now = self._clock.now()
        if await self._accounts.count_attempt(limit.key(who), now, limit.window) > limit.count:
            _, ends = await self._accounts.attempts(limit.key(who), now)
            raise TooMany(max(1_000, ends - now))

    async def take_back(self, limit: Limit, who: str) -> None:
        """What was counted last went well, and was no try at all."""
        await self._accounts.take_back_attempt(limit.key(who))

    async def clear(self, limit: Limit, who: str) -> None:
        """Forget the attempts so far."""
        await self._accounts.clear_attempts(limit.key(who))
