"""What every store promises about passkeys and the challenges they answer."""

from __future__ import annotations

import asyncio

import pytest
from msgspec.structs import replace

from inbox.admission import Passkey
from inbox.core.errors import Conflict
from inbox.core.ids import AgentId
from inbox.testing.clock import START
from tests.store.conftest import Store

MIA, BEN = AgentId("mia"), AgentId("ben")
PHONE = Passkey("k1", MIA, "Phone", b"\x00key\xff", 0, START)
LAPTOP = Passkey("k2", MIA, "Laptop", b"other", 5, START + 1)


async def test_a_challenge_is_good_once_for_what_it_was_given_for_and_in_time(store: Store) -> None:
    await store.accounts.save_challenge("c1", "login", START + 10)
    assert not await store.accounts.use_challenge("c1", "add:s1", START)
    assert not await store.accounts.use_challenge("c2", "login", START)
    assert sorted(await asyncio.gather(*(store.accounts.use_challenge("c1", "login", START + 9) for _ in range(6)))) == [False] * 5 + [True]
    await store.accounts.save_challenge("c3", "login", START + 10)
    assert not await store.accounts.use_challenge("c3", "login", START + 10)


async def test_passkeys_are_kept_by_account_and_are_there_once(store: Store) -> None:
    await store.accounts.add_passkey(LAPTOP)
    await store.accounts.add_passkey(PHONE)
    bens = Passkey("k3", BEN, "Phone", b"third", 0, START + 2)
    await store.accounts.add_passkey(bens)
    assert await store.accounts.passkeys(MIA) == [PHONE, LAPTOP]
    assert await store.accounts.passkeys() == [PHONE, LAPTOP, bens]
    assert await store.accounts.passkey("k1") == PHONE
    assert await store.accounts.passkey("k9") is None
    with pytest.raises(Conflict):
        await store.accounts.add_passkey(replace(PHONE, agent=BEN))
    await store.accounts.rename_passkey("k1", "Old phone")
    await store.accounts.rename_passkey("k9", "Nothing")
    assert await store.accounts.passkeys(MIA) == [replace(PHONE, name="Old phone"), LAPTOP]
    assert await store.accounts.drop_passkey("k1")
    assert not await store.accounts.drop_passkey("k1")
    assert await store.accounts.passkeys(MIA) == [LAPTOP]


async def test_a_counter_goes_on_and_never_back(store: Store) -> None:
    await store.accounts.add_passkey(PHONE)
    await store.accounts.add_passkey(LAPTOP)
    assert await store.accounts.use_passkey("k1", 0, START + 5)
    assert await store.accounts.use_passkey("k1", 0, START + 6), "a synced one does not count"
    assert not await store.accounts.use_passkey("k2", 0, START + 6), "one that counted does"
    assert not await store.accounts.use_passkey("k2", 5, START + 6)
    assert sorted(await asyncio.gather(*(store.accounts.use_passkey("k2", 6, START + 7) for _ in range(4)))) == [False] * 3 + [True]
    assert not await store.accounts.use_passkey("k9", 1, START)
    assert await store.accounts.passkeys(MIA) == [replace(PHONE, used_at=START + 6), replace(LAPTOP, counter=6, used_at=START + 7)]
