"""Visitors: one per secret, one per user of the host site, counted by where they come from."""

from __future__ import annotations

import asyncio

import pytest

from inbox.core.errors import Conflict
from inbox.core.ids import ChannelId
from inbox.core.visitor import Visitor, VisitorId
from inbox.gateway.visitors import VisitorStore
from inbox.store.client import Database
from inbox.store.visitors import MongoVisitors
from inbox.testing.clock import START
from inbox.testing.visitors import MemoryVisitors

CHAT, SHOP = ChannelId("chat"), ChannelId("shop")


@pytest.fixture(params=["memory", "mongodb"])
def visitors(request: pytest.FixtureRequest) -> VisitorStore:
    """Both stores of visitors, empty."""
    if request.param == "memory":
        return MemoryVisitors()
    mongo: Database = request.getfixturevalue("mongo")
    return MongoVisitors(mongo)


def a_visitor(id: str = "v1", **changes: object) -> Visitor:
    """Somebody who wrote by chat."""
    given: dict[str, object] = {"channel": CHAT, "secret": f"hash of {id}", "created_at": START, "ip": "h1"}
    return Visitor(id=VisitorId(id), **(given | changes))  # type: ignore[arg-type]  # names are those of the struct


async def test_a_secret_opens_its_own_channel_only(visitors: VisitorStore) -> None:
    created = await visitors.create(a_visitor())
    assert await visitors.by_secret(CHAT, "hash of v1") == created == a_visitor()
    assert await visitors.by_secret(SHOP, "hash of v1") is None
    assert await visitors.by_secret(CHAT, "") is None


async def test_a_user_of_the_host_site_has_one_visitor_whoever_comes_first(visitors: VisitorStore) -> None:
    tabs = await asyncio.gather(*(visitors.create(a_visitor(f"v{i}", subject="user-7")) for i in range(5)))
    assert len({v.id for v in tabs}) == 1
    assert await visitors.by_subject(CHAT, "user-7") == tabs[0]
    assert await visitors.by_subject(SHOP, "user-7") is None
    assert (await visitors.create(a_visitor("s1", channel=SHOP, subject="user-7"))).id == "s1"
    for i in (10, 11):
        await visitors.create(a_visitor(f"v{i}"))
    assert await visitors.by_subject(CHAT, "") is None


async def test_binding_happens_once(visitors: VisitorStore) -> None:
    await visitors.create(a_visitor("v1"))
    await visitors.create(a_visitor("v2"))
    assert await visitors.bind(VisitorId("v1"), "user-7") == a_visitor("v1", subject="user-7")
    assert await visitors.bind(VisitorId("v1"), "user-8") is None
    assert await visitors.bind(VisitorId("v2"), "user-7") is None
    assert await visitors.bind(VisitorId("none"), "user-9") is None
    assert (await visitors.create(a_visitor("v3", subject="user-7"))).id == "v1"


async def test_newcomers_from_one_address_are_counted(visitors: VisitorStore) -> None:
    for id, at, changes in (
        ("a", START + 3, {}),
        ("b", START + 1, {}),
        ("c", START + 2, {"subject": "user"}),
        ("d", START, {}),
        ("e", START + 2, {"ip": "h2"}),
        ("f", START + 2, {"channel": SHOP}),
    ):
        await visitors.create(a_visitor(id, created_at=at, **changes))
    assert await visitors.count_from(CHAT, "h1", START, 10) == [START + 1, START + 3]
    assert await visitors.count_from(CHAT, "h1", START, 1) == [START + 1]


async def test_a_secret_is_nobody_elses(mongo: Database) -> None:
    visitors = MongoVisitors(mongo)
    await visitors.create(a_visitor("v1", secret="same"))
    with pytest.raises(Conflict):
        await visitors.create(a_visitor("v2", secret="same"))
