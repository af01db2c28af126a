"""The presence board over a dictionary."""

from __future__ import annotations

from collections.abc import Mapping

from inbox.core.errors import Unavailable
from inbox.core.ids import AgentId, Instant


class MemoryPresence:
    """``ports.PresenceBoard``. While ``away`` is true every call raises ``Unavailable``."""

    def __init__(self) -> None:
        self.away = False
        self._leases: dict[tuple[str, AgentId], tuple[bool, Instant]] = {}

    async def beat(self, server: str, agents: Mapping[AgentId, bool], until: Instant) -> None:
        """These agents are connected to ``server`` until then."""
        self._reach()
        for agent, active in agents.items():
            self._leases[server, agent] = (active, until)

    async def online(self, now: Instant, besides: str = "") -> dict[AgentId, bool]:
        """Who is connected to any server but ``besides``, and whether he is active on one of them."""
        self._reach()
        here: dict[AgentId, bool] = {}
        for (server, agent), (active, until) in self._leases.items():
            if until > now and server != besides:
                here[agent] = here.get(agent, False) or active
        return here

    def _reach(self) -> None:
        if self.away:
            raise Unavailable("the board is away")
