"""Who has no window in sight is told by his phone: once, what he may see, and only where he is logged in. On both stores."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from inbox.core import commands as c
from inbox.core.agent import Availability
from inbox.core.errors import Invalid, NotFound, Rejected, TryLater
from inbox.core.ids import AgentId, ConversationId
from inbox.core.permissions import Actor
from inbox.core.pushing import MOST_DEVICES, Device, PushMessage, device_id
from inbox.flow.accounts import ChangeAgent
from inbox.flow.pushing import FIRST_LOOK_MS, GIVE_UP_MS, NEXT_LOOK_MS, Browsers, Pusher
from tests.flow.beside import running
from tests.flow.house import House

MIA, MAX = AgentId("mia"), AgentId("max")


class Service:
    """A push service that answers as the test says."""

    def __init__(self) -> None:
        self.got: list[tuple[str, PushMessage]] = []
        self.answers: list[Exception] = []

    async def push(self, device: Device, message: PushMessage) -> None:
        if self.answers:
            raise self.answers.pop(0)
        self.got.append((device.endpoint, message))


class World:
    """Two agents; what they see, where they are logged in, and what their phones got."""

    def __init__(self, house: House) -> None:
        self.house, self.service = house, Service()
        self.in_sight: set[AgentId] = set()
        self.asked = 0
        self.logins = {"login-1"}
        self.browsers = Browsers(house.committer, house.directory, "BKey")
        self.pusher = self._pusher(house)

    def _pusher(self, house: House) -> Pusher:
        async def logins(agent: AgentId) -> frozenset[str]:
            return frozenset(self.logins)

        pusher = Pusher(house.committer, house.store.queries, house.directory, house.clock, self.service, self.sees, logins)
        house.feed.listen(pusher.heard)
        return pusher

    def sees(self, agent: AgentId) -> bool:
        """Whether he has a window in sight."""
        self.asked += 1
        return agent in self.in_sight

    def another(self) -> Pusher:
        """A second server's."""
        return self._pusher(self.house)

    async def device(self, agent: AgentId = MIA, name: str = "phone", **more: object) -> Device:
        endpoint = f"https://push.example.net/{name}"
        device = Device(device_id(endpoint), endpoint, "key", "secret", "login-1", "Phone", self.house.clock.now(), **more)  # type: ignore[arg-type]  # fields by name
        await self.browsers.save(agent, device)
        return device

    async def assigned(self, to: Actor, by: Actor) -> ConversationId:
        """A mail that a colleague gives to somebody."""
        mail = await self.house.write("Where is it?", key=f"k{self.house.clock.now()}")
        await self.house.do(by, c.Assign(mail.conversation, agent=AgentId(to.id)))
        await self.house.rest()
        return mail.conversation


@pytest.fixture
async def world(unrouted: House) -> AsyncIterator[World]:
    world = World(unrouted)
    async with running(world.pusher):
        yield world


async def two(world: World) -> tuple[Actor, Actor]:
    return await world.house.hire("mia", online=False), await world.house.hire("max", online=False)


async def looked(world: World, times: int = 1) -> None:
    await world.house.pass_time(FIRST_LOOK_MS + (times - 1) * NEXT_LOOK_MS + 10)


async def came(world: World, count: int = 1) -> list[tuple[str, PushMessage]]:
    """What the phones got, once it is so many; a database takes its own time."""
    await world.house.until(lambda: len(world.service.got) >= count, f"{count} pushed")
    assert len(world.service.got) == count
    return world.service.got


async def test_who_is_away_is_told_without_content(world: World) -> None:
    mia, max_ = await two(world)
    await world.device()
    id = await world.assigned(mia, max_)
    assert world.service.got == [], "who reads it at once needs no push"
    await looked(world)
    ((_, told),) = await came(world)
    assert (told.kind, told.number, told.body) == ("assigned", (await world.house.conversation(id)).number, "")


async def test_who_wants_it_is_told_who_and_what(world: World) -> None:
    mia, max_ = await two(world)
    await world.device(content=True)
    await world.assigned(mia, max_)
    await looked(world)
    ((_, told),) = await came(world)
    assert "Anna Schmidt" in told.body
    assert "My order" in told.body


async def test_what_is_put_off_holds_up_nothing_new(world: World) -> None:
    mia, max_ = await two(world)
    await world.device()
    world.in_sight.add(MIA)
    await world.assigned(mia, max_)
    await looked(world)
    await world.house.until(lambda: world.asked, "put off")
    world.in_sight.clear()
    later = await world.assigned(mia, max_)
    await looked(world)
    ((_, told),) = await came(world)
    assert told.number == (await world.house.conversation(later)).number


async def test_a_window_in_sight_is_enough_and_later_it_is_not(world: World) -> None:
    mia, max_ = await two(world)
    await world.device()
    world.in_sight.add(MIA)
    await world.assigned(mia, max_)
    await looked(world)
    assert world.service.got == []
    world.in_sight.clear()
    await world.house.pass_time(NEXT_LOOK_MS + 10)
    await came(world)
    world.in_sight.add(MIA)
    await world.assigned(mia, max_)
    await world.house.pass_time(GIVE_UP_MS + NEXT_LOOK_MS)
    world.in_sight.clear()
    await world.house.pass_time(NEXT_LOOK_MS)
    assert len(world.service.got) == 1


async def test_what_was_read_or_is_no_business_of_his_is_not_pushed(world: World) -> None:
    mia, max_ = await two(world)
    await world.device()
    id = await world.assigned(mia, max_)
    await world.house.store.notices.mark_of(MIA, None, world.house.clock.now(), world.house.clock.now())
    await looked(world)
    assert world.service.got == []
    await world.house.committer.submit(ChangeAgent(mia, MIA, {"availability": Availability.AWAY}))
    await world.assigned(mia, max_)
    await looked(world)
    assert world.service.got == [], "who has set himself away is left alone"
    await world.house.committer.submit(ChangeAgent(mia, MIA, {"availability": Availability.ONLINE, "active": False}))
    await world.assigned(max_, mia)
    await looked(world)
    assert world.service.got == []
    assert id


async def test_only_kinds_he_chose(world: World) -> None:
    mia, max_ = await two(world)
    await world.device(kinds=("mention",))
    await world.assigned(mia, max_)
    await looked(world)
    assert world.service.got == []
    with pytest.raises(Invalid):
        await world.device(kinds=("made up",))


async def test_a_login_that_is_over_ends_its_device(world: World) -> None:
    mia, max_ = await two(world)
    await world.device()
    world.logins.clear()
    await world.assigned(mia, max_)
    await looked(world)
    await world.house.until(lambda: _none(world), "the device is gone")
    assert world.service.got == []


async def _none(world: World) -> bool:
    return await world.browsers.of(MIA) == ()


async def test_a_subscription_that_is_over_is_dropped_and_a_busy_service_asked_again(world: World) -> None:
    mia, max_ = await two(world)
    await world.device()
    world.service.answers = [TryLater("http_503", 2_000), Rejected("gone")]
    await world.assigned(mia, max_)
    await looked(world)
    await world.house.until(lambda: len(world.service.answers) == 1, "asked once")
    assert len(await world.browsers.of(MIA)) == 1
    await world.house.pass_time(3_000)
    await world.house.until(lambda: _none(world), "the device is gone")
    assert world.service.got == []


async def test_two_servers_tell_once(world: World) -> None:
    mia, max_ = await two(world)
    await world.device()
    async with running(world.another()):
        await world.assigned(mia, max_)
        await looked(world)
        await came(world)
        await looked(world, 2)
        await came(world)


async def test_a_browser_belongs_to_who_used_it_last_and_devices_are_few(world: World) -> None:
    await two(world)
    device = await world.device()
    await world.device(MAX)
    assert await world.browsers.of(MIA) == ()
    assert len(await world.browsers.of(MAX)) == 1
    with pytest.raises(NotFound):
        await world.browsers.drop(MIA, device.id)
    await world.browsers.drop(MAX, device.id)
    assert await world.browsers.of(MAX) == ()
    for n in range(MOST_DEVICES + 2):
        await world.device(name=f"phone-{n}")
    assert [d.endpoint[-2:] for d in await world.browsers.of(MIA)][:2] == ["11", "10"]
    assert len(await world.browsers.of(MIA)) == MOST_DEVICES
