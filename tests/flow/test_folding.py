"""The journal becomes figures behind everybody's back: once, whatever stops in between and however many servers fold."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from datetime import UTC, date, datetime

from inbox.core.errors import Unavailable
from inbox.core.facts import Folded
from inbox.core.reports import Asked, Period
from inbox.flow.folding import Folder, Measure
from inbox.testing.clock import settle
from tests.flow.house import CHAT, House, a_line
from tests.store.conftest import Store, in_memory


async def no_pause(seconds: float) -> None:
    await asyncio.sleep(0)


async def in_utc() -> Measure:
    return Measure()


@asynccontextmanager
async def folding(house: House, *more: Folder) -> AsyncIterator[Folder]:
    """A folder that follows the house, beside others."""
    folder = Folder(house.store.journal, house.store.facts, house.clock, in_utc, no_pause)
    house.feed.listen(folder.heard)
    tasks = [asyncio.create_task(one.run()) for one in (folder, *more)]  # noqa: TID251  ended below
    yield folder
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


def today(house: House) -> Asked:
    day = datetime.fromtimestamp(house.clock.now() / 1000, UTC).date()
    return Asked(Period(date(day.year, 1, 1), day))


async def counted(house: House, what: str) -> int:
    for _ in range(50):
        await settle()
        heads = await house.store.journal.heads()
        if await house.store.facts.position() == heads:
            break
    sums = await house.store.facts.sums(today(house))
    return sums[""].counts.get(what, 0) if sums else 0


async def test_what_happens_is_counted(house: House) -> None:
    mia = await house.hire("mia")
    async with folding(house) as folder:
        await house.deliver(a_line("hello"), channel=CHAT)
        await house.rest()
        assert await counted(house, "started") == 1
        assert await counted(house, "waited") == 1
        assert folder.lag() == 0
    assert mia.id


async def test_several_servers_count_everything_once(any_store: Store) -> None:
    async with House(any_store).running() as house:
        other = Folder(any_store.journal, any_store.facts, house.clock, in_utc, no_pause)
        house.feed.listen(other.heard)
        async with folding(house, other):
            for n in range(5):
                await house.deliver(a_line(f"hello {n}"), channel=CHAT)
            await house.rest()
            assert await counted(house, "received") == 5


async def test_what_was_missed_while_the_database_was_away_is_counted_afterwards() -> None:
    store = in_memory()
    async with House(store).running() as house, folding(house):
        refused = iter([Unavailable("away"), Unavailable("away")])
        fold = store.facts.fold

        async def failing(folded: Folded, before: Mapping[int, int], after: Mapping[int, int]) -> None:
            if (error := next(refused, None)) is not None:
                raise error
            await fold(folded, before, after)

        store.facts.fold = failing  # type: ignore[method-assign]  # a database that fails twice
        await house.deliver(a_line("hello"), channel=CHAT)
        await house.rest()
        assert await counted(house, "received") == 1
