"""What the API's tests share."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from tests.api.world import World, a_world


@pytest.fixture
async def world() -> AsyncIterator[World]:
    """A running service."""
    async with a_world() as world:
        yield world
