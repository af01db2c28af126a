"""Second factors over a dictionary."""

from __future__ import annotations

from msgspec.structs import replace

from inbox.admission import Factor
from inbox.core.errors import Conflict
from inbox.core.ids import AgentId, Instant
from inbox.testing.tables import Tables


class MemoryFactors:
    """``admission.Factors``."""

    def __init__(self, tables: Tables) -> None:
        self._tables = tables
        self.factors: dict[AgentId, Factor] = {}

    async def factor(self, agent: AgentId) -> Factor | None:
        """The account's, confirmed or not."""
        self._tables.reach()
        return self.factors.get(agent)

    async def begin_factor(self, factor: Factor) -> None:
        """Store one to be confirmed. Raises ``Conflict`` when there is one in force."""
        if self._in_force(factor.id) is not None:
            raise Conflict("There is a second factor already.")
        self.factors[factor.id] = factor

    async def confirm_factor(self, agent: AgentId, secret: str, now: Instant, step: int) -> bool:
        """Put it in force, its first code used; False when it is not there or in force already."""
        self._tables.reach()
        found = self.factors.get(agent)
        if found is None or found.confirmed_at or found.secret != secret:
            return False
        self.factors[agent] = replace(found, confirmed_at=now, used=step)
        return True

    async def use_step(self, agent: AgentId, step: int) -> bool:
        """Take the code of a time step: True exactly once, and never for a step before one that was taken."""
        found = self._in_force(agent)
        if found is None or found.used >= step:
            return False
        self.factors[agent] = replace(found, used=step)
        return True

    async def use_recovery(self, agent: AgentId, hash: str) -> bool:
        """Use up a recovery code: True exactly once."""
        found = self._in_force(agent)
        if found is None or hash not in found.recovery:
            return False
        self.factors[agent] = replace(found, recovery=tuple(h for h in found.recovery if h != hash))
        return True

    async def renew_recovery(self, agent: AgentId, hashes: tuple[str, ...]) -> bool:
        """Replace the recovery codes; False without a factor in force."""
        found = self._in_force(agent)
        if found is None:
            return False
        self.factors[agent] = replace(found, recovery=hashes)
        return True

    async def drop_factor(self, agent: AgentId) -> bool:
        """Remove it; whether there was one in force."""
        found = self._in_force(agent)
        self.factors.pop(agent, None)
        return found is not None

    async def factors_since(self) -> dict[AgentId, Instant]:
        """Since when which accounts have one in force."""
        self._tables.reach()
        return {id: found.confirmed_at for id, found in self.factors.items() if found.confirmed_at}

    async def sealed_factors(self) -> dict[AgentId, str]:
        """The sealed secrets of all, confirmed or not."""
        self._tables.reach()
        return {id: found.secret for id, found in self.factors.items()}

    async def reseal_factor(self, agent: AgentId, before: str, secret: str) -> bool:
        """Store the same secret sealed otherwise; False when another stands there by now."""
        self._tables.reach()
        found = self.factors.get(agent)
        if found is None or found.secret != before:
            return False
        self.factors[agent] = replace(found, secret=secret)
        return True

    def _in_force(self, agent: AgentId) -> Factor | None:
        self._tables.reach()
        found = self.factors.get(agent)
        return found if found is not None and found.confirmed_at else None
