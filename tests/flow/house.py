"""The whole flow of one process over a store, with providers whose behaviour is scripted and a clock that a test moves."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from typing import Any

import msgspec
import structlog
from msgspec import Struct

from inbox.connector import BotAction, BotTurn, Connector, Cursor, Health, InboundMessage, Item, RawDelivery, Tools
from inbox.core import commands as c
from inbox.core import sla
from inbox.core.agent import Agent, Role
from inbox.core.conversation import Conversation
from inbox.core.ids import AgentId, ChannelId, ConversationId, MessageId, TeamId, delivery_id, digest, message_id
from inbox.core.message import Address, Message
from inbox.core.permissions import Actor, actor_of
from inbox.flow import channels as running
from inbox.flow.accounts import save_agent
from inbox.flow.bots import Bots
from inbox.flow.channels import Channels
from inbox.flow.committer import Committer
from inbox.flow.composing import Composer
from inbox.flow.conversations import Conversations, Outcome
from inbox.flow.departures import Departures
from inbox.flow.directory import Directory
from inbox.flow.feed import Change, Feed
from inbox.flow.indexing import Indexer
from inbox.flow.intake import Intake
from inbox.flow.outbox import Outbox
from inbox.flow.people import People
from inbox.flow.router import Router
from inbox.flow.staff import Staff
from inbox.flow.timers import Timers
from inbox.flow.traffic import Traffic
from inbox.flow.unseen import Unseen
from inbox.ports import Journal
from inbox.records import AGENTS, CONVERSATIONS, MESSAGES, ChannelRecord
from inbox.testing.builders import an_agent
from inbox.testing.clock import ManualClock, settle
from inbox.testing.memory_store import MemoryStore
from inbox.testing.recording_connector import Provider, RecordingBot, RecordingChat, RecordingConnector
from tests.eventually import eventually
from tests.store.conftest import Store

log = structlog.get_logger(__name__)

KEY = b"k" * 32
MINUTE = 60_000
MAIL, CHAT, BOT = ChannelId("mail"), ChannelId("chat"), ChannelId("robot")
ANNA = Address("email", "anna@example.org", "Anna Schmidt")
BOB = Address("email", "bob@example.net", "Bob")
VISITOR = Address("visitor", "v1")
POLICY = sla.Policy("gold", first_response=60 * MINUTE, next_response=30 * MINUTE)
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


class NoCursor(Cursor):
    """The recording connectors keep no place."""

    async def load(self, name: str) -> dict[str, Any]:
        """Nothing."""
        return {}

    async def save(self, name: str, value: Mapping[str, Any]) -> None:
        """Nowhere."""


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
        self.came = asyncio.Event()
        self.gone: set[ChannelId] = set()
        """Channels that are not running at present."""
        self.channels = self._channels(bot, deadline_s)
        self.feed = Feed(store.journal, store.queries, pause=_no_pause)
        self.directory = Directory(store.queries)
        self.committer = Committer(store.journal, self.feed, self.clock, lambda *parts: digest(KEY, *parts), self.channels.facts, name)
        self.conversations = Conversations(self.committer, store.queries, store.files, (KEY,))
        self.people = People(self.committer)
        find = self._find
        self.intake = Intake(store.ledger, store.files, self.committer, InProcess(), find, self.clock, (KEY,))
        self.router = Router(self.committer, store.queries, lambda: frozenset(self.world.online), self.came)
        self.departures = Departures(self.committer, store.queries, self.directory)
        self.staff = Staff(self.committer)
        acts = {
            "bot": Bots(self.conversations, store.queries, self.directory, find, pause=_no_pause, deadline_s=deadline_s).turn,
            "mail": Unseen(self.committer, store.queries, self.channels.facts).copy,
        }
        self.timers = Timers(self.committer, store.queries, self.clock, acts, self.late.append)
        self.traffic = Traffic(self.clock, find, lambda channel, health: self.health.append((channel, health)))
        self.outbox = Outbox(
            self.committer, store.queries, self.clock, find, Composer(store.queries, self.directory, (KEY,)), lambda: 0.0, self.traffic
        )
        self.indexer = Indexer(store.journal, store.queries, store.search, self.clock, pause=_no_pause)
        steps = (self.departures.heard, self.router.heard, self.timers.heard, self.outbox.heard, self.indexer.heard)
        for listener in (self.directory.heard, self.heard.extend, *steps):
            self.feed.listen(listener)
        self.broken: list[Exception] = []
        self._loops: asyncio.Future[Any] | None = None

    def _channels(self, bot: bool, deadline_s: float) -> Channels:
        records = [
            ChannelRecord(MAIL, RecordingConnector.name, "Mail"),
            ChannelRecord(CHAT, RecordingChat.name, "Chat", bot=BOT if bot else None),
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
        return Tools(self.clock.now, self.store.files.open, NoCursor(), lambda health: None)

    @asynccontextmanager
    async def running(self, *, without: Sequence[str] = ()) -> AsyncIterator[House]:
        """Run every loop but those named; ``kill`` ends them in the middle of whatever they do."""
        await self.feed.start()
        loops: dict[str, Callable[[], Awaitable[None]]] = {
            "feed": self.feed.follow,
            "committer": self.committer.run,
            "intake": self.intake.run,
            "router": self.router.run,
            "departures": self.departures.run,
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
        return actor_of(agent)

    def comes(self, *agents: str) -> None:
        """These agents take new conversations from now on."""
        self.world.online |= {AgentId(a) for a in agents}
        self.came.set()

    def goes(self, *agents: str) -> None:
        """These do not any more."""
        self.world.online -= {AgentId(a) for a in agents}

    async def reply(self, actor: Actor, conversation: ConversationId, text: str = "On its way.", **fields: Any) -> Message:
        """An answer as it was queued; sent over others' unseen answers unless ``seen`` is given."""
        fields.setdefault("anyway", "seen" not in fields)
        outcome = await self.do(actor, c.Reply(conversation, fields.pop("client_id", digest(text, str(self.clock.now()))), text, **fields))
        assert outcome.message is not None
        return outcome.message

    async def sent(self, message: Message) -> Message:
        """The message once its attempts of this instant are over."""
        await self.pass_time(10)
        return await self.message(message.id)

    async def do(self, actor: Actor, command: c.Command, key: str = "") -> Outcome:
        """Carry out a command."""
        return await self.conversations.execute(actor, command, key)

    # What is stored

    async def message(self, id: MessageId) -> Message:
        """A message once it is stored."""
        await self.until(lambda: load(self.store.journal, MESSAGES, id), f"message {id}")
        found: Message = (await load(self.store.journal, MESSAGES, id))[id]
        return found

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
    return Store(m.journal, m.queries, m.ledger, m.files, m.own, m.search, m.accounts, m.directory, m.presence, m.retention)


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


def raw_of(item: Item, channel: ChannelId = MAIL, key: str = "k") -> tuple[Any, RawDelivery]:
    """A delivery and its id in the ledger."""
    raw = RawDelivery(channel, key, msgspec.json.encode([item]), 0)
    return delivery_id(channel, key), raw


def changed(before: Struct, after: Struct) -> set[str]:
    """The names of the fields that differ."""
    return {f for f in before.__struct_fields__ if getattr(before, f) != getattr(after, f)}


ROBOT = AgentId(BOT)
BOT_ACTOR = Actor(ROBOT, Role.BOT)
TEAM = TeamId("support")


async def _no_pause(seconds: float) -> None:
    await asyncio.sleep(0)
