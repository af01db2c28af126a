"""A running server without sockets for the tests of the agents' side."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from inbox.core.agent import Role
from inbox.testing.builders import an_agent
from tests.gateway.live_world import World


@pytest.fixture
async def world() -> AsyncIterator[World]:
    """Mia is of the red team, Max and Mo of the blue one, Sue supervises."""
    made = await World().start(
        an_agent("mia", teams=("red",)),
        an_agent("max", teams=("blue",)),
        an_agent("mo", teams=("blue",)),
        an_agent("sue", role=Role.SUPERVISOR),
    )
    yield made
    await made.stop()
