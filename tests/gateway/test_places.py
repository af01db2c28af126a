"""Whose place in a queue may be another now: told once a second at most, whatever moved."""

from __future__ import annotations

import pytest

from inbox.core.conversation import Category, Priority
from inbox.core.events import Event, EventType, Facets
from inbox.core.ids import ChannelId, CustomerId, QueueId
from inbox.core.message import Author
from inbox.gateway import protocol as p
from inbox.gateway.places import EVERY_MS, moved
from tests.gateway.live_tab import Tab
from tests.gateway.live_world import World


def at(queue: str | None, *, queued: bool = True, priority: Priority = Priority.NORMAL) -> Facets:
    return Facets(
        Category.OPEN, ChannelId("mail"), CustomerId("c"), queue=QueueId(queue) if queue else None, queued=queued, priority=priority
    )


@pytest.mark.parametrize(
    ("before", "after", "queues"),
    [
        (None, at("a"), {"a"}),
        (at("a"), at("a", queued=False), {"a"}),
        (at("a"), at("b"), {"a", "b"}),
        (at("a"), at("a", priority=Priority.URGENT), {"a"}),
        (at(None), at(None, queued=False), {""}),
        (at("a"), at("a"), set()),
        (at("a", queued=False), at("b", queued=False), set()),
        (None, None, set()),
    ],
)
def test_who_stands_elsewhere(before: Facets | None, after: Facets | None, queues: set[str]) -> None:
    assert moved(Event(EventType.QUEUED, 1, Author("system", ""), before=before, after=after)) == queues


async def test_screens_hear_of_it_at_once_and_of_a_burst_once_more(world: World) -> None:
    tab = await Tab(world, "sue", p.SubscribeView("list", "all")).connect()
    await tab.calm()
    tab.heard.clear()

    async def told() -> list[str]:
        frames = await tab.read()
        return [frame.id for frame in frames if isinstance(frame, p.Reload) and frame.what == "places"]

    await world.conversation("c1", queued_at=1, queue="a")
    assert await told() == ["a"]
    for n in range(2, 6):
        await world.conversation(f"c{n}", queued_at=n, queue="a")
    assert await told() == []
    await world.clock.advance(EVERY_MS)
    assert await told() == ["a"]
