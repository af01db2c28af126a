"""The whole flow of one process over a store, with providers whose behaviour is scripted and a clock that a test moves."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field, fields
from functools import partial
from typing import Any

import msgspec
import structlog

from inbox.connector import BotAction, BotTurn, Connector, Health, InboundMessage, Item, RawDelivery, Tools
from inbox.core import commands as c
from inbox.core.acknowledgement import Acknowledgement
from inbox.core.agent import Agent, Role
from inbox.core.conversation import Conversation
from inbox.core.ids import AgentId, ChannelId, ConversationId, MessageId, TeamId, digest, message_id
from inbox.core.message import Address, DeliveryState, Message
from inbox.core.permissions import Actor
from inbox.core.policies import Policy, Targets
from inbox.flow import channels as running
from inbox.flow.accounts import save_agent
from inbox.flow.bots import Bots
from inbox.flow.catalog import Catalog
from inbox.flow.channels import Channels
from inbox.flow.committer import Committer
from inbox.flow.composing import Composer
from inbox.flow.conversations import Conversations, Outcome
from inbox.flow.departures import Departures
from inbox.flow.desks import Desks
from inbox.flow.directory import Directory
from inbox.flow.feed import Change, Feed
from inbox.flow.indexing import Indexer
from inbox.flow.intake import Intake
from inbox.flow.jobs import Jobs
from inbox.flow.outbox import Outbox
from inbox.flow.people import People
from inbox.flow.promises import PromiseBook
from inbox.flow.recounting import Recounting
from inbox.flow.returns import Returns
from inbox.flow.router import Router
from inbox.flow.staff import Staff
from inbox.flow.surveying import Surveys
from inbox.flow.telling import Telling
from inbox.flow.timers import Act, Timers
from inbox.flow.traffic import Traffic
from inbox.flow.unseen import Unseen
from inbox.flow.watermarks import Watermarks
from inbox.ports import Journal
from inbox.records import AGENTS, CONVERSATIONS, MESSAGES, ChannelRecord
from inbox.testing.builders import an_agent
from inbox.testing.clock import ManualClock, settle
from inbox.testing.memory_records import MemoryCursor
from inbox.testing.memory_store import MemoryStore
from inbox.testing.recording_connector import Provider, RecordingBot, RecordingChat, RecordingConnector
from tests.eventually import eventually
from tests.store.conftest import Store

log = structlog.get_logger(__name__)

KEY, MINUTE = b"k" * 32, 60_000
MAIL, CHAT, BOT = ChannelId("mail"), ChannelId("chat"), ChannelId("robot")
ANNA, BOB = Address("email", "anna@example.org", "Anna Schmidt"), Address("email", "bob@example.net", "Bob")
VISITOR = Address("visitor", "v1")
POLICY = Policy("gold", targets=Targets(first_response=60 * MINUTE, next_response=30 * MINUTE))
CLASSES: Mapping[str, type[Connector]] = {c.name: c for c in (RecordingConnector, RecordingChat, RecordingBot)}


def _set() -> asyncio.Event:
    event = asyncio.Event()
    event.set()
    return event


@dataclass
class World:
    """What is outside the service and survives it: the providers, the bot's mind, and who is at his desk."""

    mail: Provider = field(default_factory=Provider)
    chat: Provider = field(default_factory=Provider)
    bot: deque[Sequence[BotAction] | Exception] = field(default_factory=deque)
    turns: list[BotTurn] = field(default_factory=list)
    bot_awake: asyncio.Event = field(default_factory=_set)
    online: set[AgentId] = field(default_factory=set)
    acknowledgement: Acknowledgement | None = None


class InProcess:
    """``intake.Parser`` without a process of its own."""

    async def parse(self, connector: type[Connector], raw: RawDelivery) -> Sequence[Item]:
        """Here and now."""
        return connector.parse(raw)


class House:
    """One process of the service; its loops run inside ``async with house.running():``."""

    def __init__(
        self,
        store: Store,
        clock: ManualClock | None = None,
        world: World | None = None,
        name: str = "one",
        *,
        bot: bool = False,
        deadline_s: float = 5.0,
    ) -> None:
        """``bot``: the chat is given to a bot first. ``deadline_s``: how long a provider or a bot may take."""
        self.store = store
        self.clock = clock or ManualClock()
        self.world = world or World()
        self.heard: list[Change] = []
        self.late: list[int] = []
        self.health: list[tuple[ChannelId, Health]] = []
        self.came, self.went = asyncio.Event(), asyncio.Event()
        self.gone: set[ChannelId] = set()
        """Channels that are not running at present."""
        self.channels = self._channels(bot, deadline_s)
        self.feed = Feed(store.journal, store.queries, pause=_no_pause)
        self.directory = Directory(store.queries)
        self._decide(name)
        self.conversations = Conversations(self.committer, store.queries, store.files, (KEY,))
        self.people, self.staff = People(self.committer), Staff(self.committer)
        self.surveys = Surveys(self.committer, store.queries, (KEY,), "https://inbox.example")
        self.intake = Intake(store.ledger, store.files, self.committer, InProcess(), self._find, self.clock, (KEY,), self.marks)
        self.router = self._router()
        self.telling = Telling(self.committer, store.queries, self.desks, self.clock, self.router.line.position)
        self.departures, self.returns = Departures(self.committer, store.queries, self.directory), self._returns()
        self.moved: list[tuple[Any, ...]] = []
        self.jobs = Jobs(self.committer, store.journal, store.queries, store.own, self.directory, self.clock, (KEY,), name, self._marked)
        self.timers = Timers(self.committer, store.queries, self.clock, self._acts(deadline_s), self.late.append)
        self.traffic = Traffic(self.clock, self._find, lambda channel, health: self.health.append((channel, health)))
        self.outbox = Outbox(
            self.committer,
            store.queries,
            self.clock,
            self._find,
            Composer(store.queries, self.directory, (KEY,), self.surveys.address),
            lambda: 0.0,
            self.traffic,
            paused=self.channels.paused,
            hold=self.channels.hold,
        )
        self.indexer = Indexer(store.journal, store.queries, store.search, self.clock, pause=_no_pause)
        self._listen()
        self.broken: list[Exception] = []
        self._loops: asyncio.Future[Any] | None = None

    def _listen(self) -> None:
        """In the order of the service; what is heard is noted after all of them."""
        first = (self.directory, self.desks, self.promises, self.recounting, self.traffic, self.jobs, self.departures, self.returns)
        for step in (*first, self.router, self.telling, self.timers, self.outbox, self.indexer):
            self.feed.listen(step.heard)
        self.feed.listen(self.heard.extend)

    def _marked(self, *moved: Any) -> None:
        self.moved.append(moved)

    def _decide(self, name: str) -> None:
        """The committer, what it decides by, and what lists of that are changed with."""
        self.desks, self.promises = Desks(self.directory), PromiseBook(self.store.queries)
        self.committer = self._committer(name)
        self.catalog, self.marks = Catalog(self.committer), Watermarks(self.committer, self.store.queries)
        self.recounting = Recounting(self.committer, self.store.queries, self.promises, self.clock, name)

    def _committer(self, name: str) -> Committer:
        facts, derive = self.channels.facts, partial(digest, KEY)
        return Committer(self.store.journal, self.feed, self.clock, derive, facts, name, desk=self.desks.at, promises=self.promises.current)

    def _router(self) -> Router:
        online, facts = self.world.online, self.channels.facts
        return Router(self.committer, self.store.queries, lambda: frozenset(online), self.came, self.clock, facts, self.desks)

    def _returns(self) -> Returns:
        online, facts = self.world.online, self.channels.facts
        who, events = lambda: frozenset(online), (self.went, self.came)
        return Returns(self.committer, self.store.queries, self.directory, self.desks, facts, self.clock, who, *events)

    def _acts(self, deadline_s: float) -> Mapping[str, Act]:
        queries = self.store.queries
        bots = Bots(self.conversations, queries, self.directory, self._find, pause=_no_pause, deadline_s=deadline_s)
        return {"bot": bots.turn, "mail": Unseen(self.committer, queries, self.channels.facts).copy}

    def _channels(self, bot: bool, deadline_s: float) -> Channels:
        said = self.world.acknowledgement
        records = [
            ChannelRecord(MAIL, RecordingConnector.name, "Mail", acknowledgement=said),
            ChannelRecord(CHAT, RecordingChat.name, "Chat", bot=BOT if bot else None, acknowledgement=said),
            ChannelRecord(BOT, RecordingBot.name, "Robot"),
        ]
        built = running.build(records, CLASSES, lambda value, channel, name: value, self._tools, POLICY)
        for id, provider in ((MAIL, self.world.mail), (CHAT, self.world.chat)):
            connector = built[id].connector
            assert isinstance(connector, RecordingConnector)
            connector.provider, provider.patience = provider, deadline_s
        robot = built[BOT].connector
        assert isinstance(robot, RecordingBot)
        robot.script, robot.turns, robot.awake = self.world.bot, self.world.turns, self.world.bot_awake
        return Channels(built)

    def _find(self, channel: ChannelId) -> Connector | None:
        return None if channel in self.gone else self.channels.find(channel)

    def _tools(self, channel: ChannelId) -> Tools:
        return Tools(self.clock.now, self.store.files.open, MemoryCursor(), lambda health: None)

    @asynccontextmanager
    async def running(self, *, without: Sequence[str] = ()) -> AsyncIterator[House]:
        """Run every loop but those named; ``kill`` ends them in the middle of whatever they do."""
        await self.feed.start()
        await self.desks.refresh()
        await self.promises.refresh()
        loops: dict[str, Callable[[], Awaitable[None]]] = {
            "feed": self.feed.follow,
            "committer": self.committer.run,
            "intake": self.intake.run,
            "router": self.router.run,
            "departures": self.departures.run,
            "returns": self.returns.run,
            "telling": self.telling.run,
            "jobs": self.jobs.run,
            "promises": self.promises.run,
            "recounting": self.recounting.run,
            "timers": self.timers.run,
            "outbox": self.outbox.run,
            "indexer": self.indexer.run,
        }
        self._loops = asyncio.gather(*(self._run(loop) for name, loop in loops.items() if name not in without), return_exceptions=True)
        try:
            yield self
        finally:
            self.kill()
            with suppress(asyncio.CancelledError):
                await self._loops
        assert self.broken == [], "a loop ended in an error"

    async def _run(self, loop: Callable[[], Awaitable[None]]) -> None:
        try:
            await loop()
        except Exception as bug:
            log.exception("loop_failed")
            self.broken.append(bug)

    def kill(self) -> None:
        """The process is gone; what it held in memory is lost."""
        if self._loops is not None:
            self._loops.cancel()

    # Waiting

    async def until(self, ask: Callable[[], Any], what: str = "") -> Any:
        """The first truthy answer, awaited where it has to be; fails the test after some seconds."""
        await settle()
        return await eventually(ask, what=what)

    async def rest(self) -> None:
        """Returns when nothing of what was begun is left to do at this instant."""
        for _ in range(4):
            await settle(100)
            await self.intake.drain()
            await self.committer.drain()

    async def pass_time(self, milliseconds: int) -> None:
        """Move the clock and let everything happen that falls due."""
        await self.clock.advance(milliseconds)
        await self.rest()

    # What customers do

    async def deliver(self, *items: Item, channel: ChannelId = MAIL, key: str = "") -> RawDelivery:
        """Hand over one delivery with these items; returned once it is acknowledged."""
        return await self.deliver_bytes(msgspec.json.encode(list(items)), channel=channel, key=key)

    async def deliver_bytes(self, body: bytes, *, channel: ChannelId = MAIL, key: str = "") -> RawDelivery:
        """Hand over one delivery as it is; returned once it is acknowledged."""
        raw = RawDelivery(channel, key or digest(body), body, self.clock.now())
        await self.intake.accept(raw)
        return raw

    async def write(self, text: str = "Where is my order?", *, key: str = "", channel: ChannelId = MAIL, **fields: Any) -> Message:
        """A customer writes; his message once it is placed. Anna by mail unless said otherwise."""
        item = a_mail(text, key=key, **fields) if channel == MAIL else a_line(text, key=key, **fields)
        await self.deliver(item, channel=channel)
        return await self.message(message_id(channel, item.key))

    # What agents do

    async def hire(self, id: str, *, online: bool = True, **fields: Any) -> Actor:
        """An account; at his desk unless said otherwise."""
        agent = await save_agent(self.committer, an_agent(id, **fields))
        if online:
            self.comes(agent.id)
        return Actor(agent.id, agent.role, agent.teams, agent.active)

    def comes(self, *agents: str) -> None:
        """These agents take new conversations from now on."""
        self.world.online |= {AgentId(a) for a in agents}
        self.came.set()
        self.went.set()

    def goes(self, *agents: str) -> None:
        """These do not any more."""
        self.world.online -= {AgentId(a) for a in agents}
        self.went.set()

    async def reply(self, actor: Actor, conversation: ConversationId, text: str = "On its way.", **fields: Any) -> Message:
        """An answer as it was queued; sent over others' unseen answers unless ``seen`` is given."""
        fields.setdefault("anyway", "seen" not in fields)
        outcome = await self.do(actor, c.Reply(conversation, fields.pop("client_id", digest(text, str(self.clock.now()))), text, **fields))
        assert outcome.message is not None
        return outcome.message

    async def begun(self, message: Message) -> Message:
        """The message as its attempts of this instant stand, which may be under way."""
        await self.pass_time(10)
        return await self.message(message.id)

    async def sent(self, message: Message) -> Message:
        """The message once its attempts of this instant are over."""
        await self.begun(message)
        over: Message = await self.until(lambda: self._tried(message.id), f"the attempt at {message.id} is over")
        return over

    async def _tried(self, id: MessageId) -> Message | None:
        found = await self.message(id)
        return None if found.delivery and found.delivery.state is DeliveryState.SENDING else found

    async def do(self, actor: Actor, command: c.Command, key: str = "") -> Outcome:
        """Carry out a command."""
        return await self.conversations.execute(actor, command, key)

    # What is stored

    async def message(self, id: MessageId) -> Message:
        """A message once it is stored."""
        found: Mapping[str, Message] = await self.until(lambda: load(self.store.journal, MESSAGES, id), f"message {id}")
        return found[id]

    async def conversation(self, id: ConversationId) -> Conversation:
        """A conversation as it is stored."""
        found = await self.store.queries.conversation(id)
        assert found is not None
        return found

    async def agent(self, id: str) -> Agent:
        """An account as it is stored."""
        found: Agent = (await load(self.store.journal, AGENTS, id))[id]
        return found

    async def thread(self, id: ConversationId) -> list[str]:
        """The texts of a conversation, oldest first."""
        return [m.text for m in reversed(await self.store.queries.timeline(id, None, 1000))]


def stored_in(m: MemoryStore) -> Store:
    """The ports of a store in memory that the test keeps, to take it away."""
    return Store(*(getattr(m, port.name) for port in fields(Store)))


async def load(journal: Journal, noun: Any, *ids: str) -> Mapping[str, Any]:
    """Stored values by id."""
    found = await journal.load({noun: frozenset(ids)})
    return found[noun]


async def assigned(house: House, id: ConversationId) -> str | None:
    """Who holds it, once somebody does."""
    return (await load(house.store.journal, CONVERSATIONS, id))[id].assignee  # type: ignore[no-any-return]  # values of any noun


def a_mail(text: str = "Where is my order?", *, key: str = "", sender: Address = ANNA, **fields: Any) -> InboundMessage:
    """A mail; its Message-ID is its key."""
    key = key or digest("mail", text, sender.value)[:12]
    return InboundMessage(key=key, sender=sender, text=text, **({"external_id": f"<{key}@x>", "subject": "My order"} | fields))


def a_line(text: str = "Hello?", *, key: str = "", sender: Address = VISITOR, **fields: Any) -> InboundMessage:
    """A line of a visitor."""
    return InboundMessage(key=key or digest("line", text, sender.value)[:12], sender=sender, text=text, authenticated=True, **fields)


def ids(*mails: InboundMessage) -> tuple[str, ...]:
    """What a later mail would put into References, nearest first."""
    return tuple(m.external_id for m in reversed(mails))


ROBOT, TEAM = AgentId(BOT), TeamId("support")
BOT_ACTOR = Actor(ROBOT, Role.BOT)


async def _no_pause(seconds: float) -> None:
    await asyncio.sleep(0)
