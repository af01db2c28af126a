"""What every store promises about second factors."""

from __future__ import annotations

import asyncio

import pytest

from inbox.admission import Factor
from inbox.core.errors import Conflict
from inbox.core.ids import AgentId
from inbox.testing.clock import START
from tests.store.conftest import Store

MIA = AgentId("mia")
BEGUN = Factor(MIA, "sealed", START, recovery=("h1", "h2"))


async def test_a_factor_is_in_force_once_it_is_confirmed(store: Store) -> None:
    await store.accounts.begin_factor(Factor(MIA, "older", START))
    await store.accounts.begin_factor(BEGUN)
    assert await store.accounts.factor(MIA) == BEGUN
    assert await store.accounts.factors_since() == {}
    assert not await store.accounts.use_step(MIA, 7)
    assert not await store.accounts.use_recovery(MIA, "h1")
    assert not await store.accounts.renew_recovery(MIA, ("h3",))
    assert not await store.accounts.confirm_factor(MIA, "older", START, 5)
    assert await store.accounts.confirm_factor(MIA, "sealed", START + 1, 5)
    assert not await store.accounts.confirm_factor(MIA, "sealed", START + 2, 6)
    assert await store.accounts.factors_since() == {MIA: START + 1}
    with pytest.raises(Conflict):
        await store.accounts.begin_factor(BEGUN)


async def test_every_code_is_taken_once_even_all_at_once(store: Store) -> None:
    await store.accounts.begin_factor(BEGUN)
    await store.accounts.confirm_factor(MIA, "sealed", START, 5)
    assert not await store.accounts.use_step(MIA, 5)
    assert sorted(await asyncio.gather(*(store.accounts.use_step(MIA, 7) for _ in range(6)))) == [False] * 5 + [True]
    assert not await store.accounts.use_step(MIA, 6)
    assert sorted(await asyncio.gather(*(store.accounts.use_recovery(MIA, "h1") for _ in range(6)))) == [False] * 5 + [True]
    assert not await store.accounts.use_recovery(MIA, "nothing")
    found = await store.accounts.factor(MIA)
    assert found is not None
    assert found.recovery == ("h2",)
    assert await store.accounts.renew_recovery(MIA, ("n1", "n2"))
    assert not await store.accounts.use_recovery(MIA, "h2")


async def test_a_dropped_factor_leaves_nothing(store: Store) -> None:
    assert not await store.accounts.drop_factor(MIA)
    await store.accounts.begin_factor(BEGUN)
    assert not await store.accounts.drop_factor(MIA)
    await store.accounts.begin_factor(BEGUN)
    await store.accounts.confirm_factor(MIA, "sealed", START, 5)
    assert await store.accounts.drop_factor(MIA)
    assert await store.accounts.factor(MIA) is None
