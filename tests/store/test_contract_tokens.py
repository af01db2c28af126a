"""What every store promises about tokens of programs."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from inbox.admission import ApiToken
from inbox.core.errors import Conflict
from inbox.core.ids import AgentId
from inbox.core.permissions import Reach
from inbox.testing.clock import START
from tests.store.conftest import Store

MIA, TOM = AgentId("mia"), AgentId("tom")
NIGHTLY = ApiToken("h1", MIA, "Nightly", Reach.READ, START, START + 10)
FOREVER = ApiToken("h2", TOM, "For ever", Reach.ADMIN, START + 1)


async def test_a_token_counts_until_it_expires_or_is_revoked(store: Store) -> None:
    for one in (NIGHTLY, FOREVER):
        await store.accounts.save_token(one)
    with pytest.raises(Conflict):
        await store.accounts.save_token(NIGHTLY)
    called = replace(FOREVER, id="h3", asked_by="a call")
    await store.accounts.save_token(called)
    with pytest.raises(Conflict):
        await store.accounts.save_token(replace(called, id="h4"))
    await store.accounts.end_token("h3")
    assert await store.accounts.token("h1", START + 9) == NIGHTLY
    assert await store.accounts.token("h1", START + 10) is None
    assert await store.accounts.token("h2", START + 10**12) == FOREVER
    assert await store.accounts.tokens() == [FOREVER, NIGHTLY]
    assert await store.accounts.tokens(MIA) == [NIGHTLY]
    await store.accounts.touch_token("h2", START + 5)
    assert [one.used_at for one in await store.accounts.tokens(TOM)] == [START + 5]
    await store.accounts.end_token("h2")
    await store.accounts.end_token("h2")
    await store.accounts.touch_token("h2", START + 6)
    assert await store.accounts.token("h2", START) is None
    assert await store.accounts.tokens() == [NIGHTLY]
