"""Channels that are made, changed, paused and removed while the service runs."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, ClassVar

import pytest
from msgspec.structs import replace

from inbox.connector import Connector, Deliver
from inbox.core.agent import Role
from inbox.core.errors import CannotStart, Conflict, Invalid, NeedsLogin
from inbox.core.events import EventType
from inbox.core.ids import AgentId, ChannelId, digest
from inbox.core.message import Address, DeliveryState
from inbox.core.permissions import Actor
from inbox.flow import channels as running
from inbox.flow.channels import Broken, Channels, Entry, Removed, Running
from inbox.flow.receivers import Receivers
from inbox.flow.registry import discover
from inbox.flow.reloading import Reloading
from inbox.flow.resuming import Resume
from inbox.flow.setups import Setup, Setups
from inbox.records import CHANNELS, WORKSPACE, ChannelRecord
from inbox.testing.clock import ManualClock
from inbox.testing.recording_connector import HANGS, RecordingBot, RecordingChat, RecordingConnector, raises
from tests.flow.house import CLASSES, MAIL, POLICY, House
from tests.store.conftest import in_memory

ADA = Actor(AgentId("ada"), Role.ADMIN)
SHOP = ChannelId("shop")


class Pulling(RecordingChat):
    """Holds a port of which there is one only, as a listener does; a secret ``broken`` cannot be used."""

    name: ClassVar[str] = "pulling"
    ports: ClassVar[dict[str, str]] = {}
    closed: ClassVar[list[str]] = []

    def __init__(self, channel: ChannelId, settings: Any, tools: Any) -> None:
        if settings.secret == "broken":
            raise CannotStart("the key is gone", "enter it anew")
        super().__init__(channel, settings, tools)

    async def receive(self, deliver: Deliver) -> None:
        assert self.settings.address not in self.ports, "the port is taken"
        self.ports[self.settings.address] = self.settings.secret
        try:
            await asyncio.Event().wait()
        finally:
            del self.ports[self.settings.address]

    async def close(self) -> None:
        self.closed.append(self.settings.secret)


KINDS: dict[str, type[Connector]] = {**CLASSES, Pulling.name: Pulling, "email": discover()["email"]}
TAKEN = (("the service", "127.0.0.1", 8080),)


class Server(House):
    """One server whose channels follow their records."""

    def __init__(self, store: Any = None, name: str = "house") -> None:
        super().__init__(store or in_memory(), ManualClock(), name=name)
        self.became: list[Entry] = []
        self.receivers = Receivers({}, self.intake.accept, lambda channel, health: None, lambda: 0.0)
        self.resume = Resume(self.committer.submit, self.store.queries, self.clock)
        known = self.store.queries.channels
        self.setups = Setups(self.committer, KINDS, _same, _same, self._tools, lambda *parts: digest("calls", *parts), known, TAKEN)
        self.reloading = Reloading(
            self.channels,
            self.store.queries,
            self.receivers,
            lambda record: running.stand(record, KINDS, _same, self._tools, POLICY),
            frozenset({MAIL}),
            (self._resume, self._note),
        )
        self.feed.listen(self.reloading.heard)

    @asynccontextmanager
    async def working(self) -> AsyncIterator[Server]:
        """Every loop, those of channels too."""
        Pulling.ports.clear()
        Pulling.closed.clear()
        async with self.running(), asyncio.TaskGroup() as tasks:
            loops = [tasks.create_task(loop()) for loop in (self.receivers.run, self.reloading.run, self.resume.run)]
            try:
                yield self
            finally:
                for loop in loops:
                    loop.cancel()

    async def _resume(self, entry: Entry) -> None:
        self.traffic.forget(entry.record.id)
        self.outbox.resumed(entry.record.id)
        self.resume.ask(entry.record.id)

    async def _note(self, entry: Entry) -> None:
        self.became.append(entry)

    async def save(self, id: ChannelId = SHOP, connector: str = Pulling.name, **fields: Any) -> ChannelRecord:
        """A channel as an admin saves it."""
        before = await self.stored(id)
        settings = {"address": "shop@example.com", "secret": fields.pop("secret", "first")}
        return await self.setups.save(ADA, Setup(id, connector, "Shop", settings=settings, **fields), before)

    async def stored(self, id: ChannelId) -> ChannelRecord | None:
        return next((record for record in await self.store.queries.channels() if record.id == id), None)

    async def now(self, id: ChannelId, kind: type[Any]) -> Any:
        """What the channel is in this process, once it is of this kind and of the version that is stored."""

        async def ask() -> Any:
            here, record = self.channels.entries.get(id), await self.stored(id)
            return here if isinstance(here, kind) and record is not None and here.record.version == record.version else None

        return await self.until(ask, f"{id} as {kind.__name__}")


def _same(value: str, channel: str, field: str) -> str:
    return value


async def test_a_new_channel_receives_and_sends_at_once() -> None:
    async with Server().working() as server:
        await server.save()
        await server.now(SHOP, Running)
        await server.until(lambda: Pulling.ports == {"shop@example.com": "first"})
        question = await server.write(channel=SHOP, key="q1")
        mia = await server.hire("mia")
        answer = await server.sent(await server.reply(mia, question.conversation))
        assert answer.delivery is not None
        assert answer.delivery.state is DeliveryState.SENT
        assert [entry.record.id for entry in server.became] == [SHOP]


async def test_a_changed_channel_lets_its_port_go_before_it_takes_it_again() -> None:
    async with Server().working() as server:
        await server.save()
        await server.until(lambda: Pulling.ports == {"shop@example.com": "first"})
        old = server.channels.find(SHOP)
        await server.save(secret="second")
        await server.until(lambda: Pulling.ports == {"shop@example.com": "second"})
        assert server.channels.find(SHOP) is not old
        await server.until(lambda: Pulling.closed == ["first"])


async def test_what_is_being_sent_is_finished_by_the_connector_that_began_it() -> None:
    async with Server().working() as server:
        await server.save()
        await server.now(SHOP, Running)
        old = server.channels.find(SHOP)
        assert isinstance(old, Pulling)
        old.provider.will(HANGS)
        mia, question = await server.hire("mia"), await server.write(channel=SHOP, key="q1")
        await server.reply(mia, question.conversation)
        await server.pass_time(10)
        await server.until(lambda: old.provider.hanging == 1)
        await server.save(secret="second")
        await server.until(lambda: Pulling.ports == {"shop@example.com": "second"})
        assert Pulling.closed == []
        old.provider.release()
        await server.until(lambda: Pulling.closed == ["first"])


async def test_a_paused_channel_takes_nothing_and_its_answers_wait() -> None:
    async with Server().working() as server:
        await server.save()
        await server.now(SHOP, Running)
        mia, question = await server.hire("mia"), await server.write(channel=SHOP, key="q1")
        await server.save(paused=True)
        paused = await server.now(SHOP, Running)
        await server.until(lambda: Pulling.ports == {})
        answer = await server.sent(await server.reply(mia, question.conversation))
        await server.pass_time(60 * 60 * 1000)
        answer = await server.message(answer.id)
        assert answer.delivery is not None
        assert (answer.delivery.state, answer.delivery.attempts) == (DeliveryState.PENDING, 0)
        assert paused.connector.provider.asked == []
        await server.save()
        again = await server.now(SHOP, Running)
        answer = await server.sent(answer)
        assert answer.delivery is not None
        assert answer.delivery.state is DeliveryState.SENT
        assert [message.id for message in again.connector.provider.accepted] == [answer.id]


async def test_answers_that_wait_for_a_password_leave_when_it_is_corrected() -> None:
    async with Server().working() as server:
        await server.save(secret="wrong")
        shop = (await server.now(SHOP, Running)).connector
        shop.provider.will(*[raises(NeedsLogin("535 bad password"))] * 9)
        mia = await server.hire("mia", capacity=50)
        questions = [await server.write(channel=SHOP, key=f"q{n}", sender=Address("visitor", f"v{n}")) for n in range(9)]
        answers = [await server.reply(mia, q.conversation, "here", client_id=q.id) for q in questions]
        await server.pass_time(100)
        waiting = [(await server.message(a.id)).delivery for a in answers]
        assert {d.state for d in waiting if d} <= {DeliveryState.PENDING}
        await server.save(secret="right")
        await server.until(lambda: server.became and server.channels.find(SHOP) is not shop)
        await server.pass_time(2_000)
        sent = [(await server.message(a.id)).delivery for a in answers]
        assert {d.state for d in sent if d} == {DeliveryState.SENT}


async def test_a_removed_channel_is_known_by_name_only_and_comes_back() -> None:
    async with Server().working() as server:
        await server.save()
        await server.now(SHOP, Running)
        await server.setups.remove(ADA, SHOP)
        await server.now(SHOP, Removed)
        assert SHOP not in server.channels.facts()
        assert Pulling.ports == {}
        await server.save()
        await server.now(SHOP, Running)


async def test_one_that_cannot_be_built_is_told_and_disturbs_no_other() -> None:
    async with Server().working() as server:
        await server.save(secret="broken")
        broken = await server.now(SHOP, Broken)
        assert (broken.problem, broken.remedy) == ("the key is gone", "enter it anew")
        standing = server.channels.lights.standing(SHOP)
        assert (standing.ok, standing.problem) == (False, "the key is gone")
        await server.write(channel=MAIL)
        await server.save(secret="mended")
        await server.now(SHOP, Running)
        assert server.channels.lights.standing(SHOP).ok


async def test_two_servers_become_the_same() -> None:
    one = Server()
    other = Server(one.store, "other")
    async with one.working(), other.working():
        await one.save()
        await other.now(SHOP, Running)
        await other.save(secret="second")
        seen = await one.now(SHOP, Running)
        assert seen.connector.settings.secret == "second"


async def test_what_was_changed_while_nobody_listened_holds_after_the_start() -> None:
    """A process that is killed after the commit and before it did anything about it."""
    gone = Server()
    async with gone.running():
        await gone.save()
    assert SHOP not in gone.channels.entries
    async with Server(gone.store, "next").working() as server:
        await server.now(SHOP, Running)


async def test_the_settings_file_stands_above_every_record() -> None:
    async with Server().working() as server:
        record = ChannelRecord(MAIL, RecordingConnector.name, "Theirs", managed=WORKSPACE, version=7)
        await server.store.directory.save_channel(record)
        await server.save()
        await server.now(SHOP, Running)
        assert server.channels.entries[MAIL].record.name == "Mail"


async def test_of_two_who_save_what_they_saw_one_is_refused() -> None:
    async with Server().working() as server:
        await server.save()
        before = await server.stored(SHOP)
        both = [server.setups.save(ADA, Setup(SHOP, Pulling.name, name, settings={}), before) for name in ("One", "Two")]
        ends = await asyncio.gather(*both, return_exceptions=True)
        assert sorted(type(end).__name__ for end in ends) == [ChannelRecord.__name__, Conflict.__name__]
        assert [e.event.type for e in server.heard].count(EventType.CHANNEL_CHANGED) == 2


@pytest.mark.parametrize("gone", ["paused", "removed"])
async def test_a_bot_that_is_not_at_work_is_not_asked_first(gone: str) -> None:
    channels = Channels({})
    robot = ChannelRecord(ChannelId("robot"), RecordingBot.name, "Robot", managed=WORKSPACE)
    shop = ChannelRecord(SHOP, RecordingConnector.name, "Shop", bot="robot", managed=WORKSPACE)
    server = Server()

    def put(record: ChannelRecord) -> None:
        channels.put(running.stand(record, KINDS, _same, server._tools, None))

    put(shop)
    assert channels.facts()[SHOP].bot is None
    put(robot)
    assert channels.facts()[SHOP].bot == "robot"
    put(replace(robot, paused=True) if gone == "paused" else replace(robot, enabled=False))
    assert channels.facts()[SHOP].bot is None


def test_channels_are_a_noun_of_the_journal() -> None:
    """Else a change of one could be committed without the entry that tells of it."""
    assert CHANNELS.type is ChannelRecord


async def test_two_channels_do_not_listen_on_one_port() -> None:
    async with Server().working() as server:

        async def save(id: str, port: int, host: str = "127.0.0.1", **fields: Any) -> ChannelRecord:
            settings = {"address": f"{id}@example.com", "listener": {"host": host, "port": port}}
            setup = Setup(ChannelId(id), "email", id, settings=settings, **fields)
            return await server.setups.save(ADA, setup, await server.stored(ChannelId(id)))

        with pytest.raises(Invalid, match="the service listens there already"):
            await save("one", 8080)
        await save("one", 2525, paused=True)
        with pytest.raises(Invalid, match="one listens there already"):
            await save("two", 2525, "0.0.0.0")
        await save("one", 2525, "localhost", paused=True)
        await save("two", 2526, paused=True)
        await server.setups.remove(ADA, ChannelId("one"))
        await save("three", 2525, paused=True)
