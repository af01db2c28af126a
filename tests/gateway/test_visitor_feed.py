"""A visitor's panel shows all of his conversation that is his: the chat, and what went by mail from and to his proved address."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import msgspec
import pytest
from msgspec.structs import replace

from inbox.core.agent import Agent, Role
from inbox.core.conversation import Category
from inbox.core.customer import identity_id
from inbox.core.errors import TryLater
from inbox.core.events import Event, EventType, facets
from inbox.core.ids import AgentId, ChannelId, ConversationId, MessageId
from inbox.core.message import Address, Author, Delivery, DeliveryState, Message
from inbox.core.visitor import VisitorId
from inbox.flow.desks import Desks
from inbox.flow.directory import Directory
from inbox.flow.feed import Change
from inbox.flow.placing import open_key
from inbox.flow.router import Standing
from inbox.flow.working import ChannelFacts
from inbox.gateway import visitor_feed
from inbox.gateway.visitor_feed import InFront, JournalVisitorFeed, Standings, Whereabouts
from inbox.gateway.visitor_protocol import Online, PlaceInLine
from inbox.gateway.visitors import Outgoing, Visitors
from inbox.records import AGENTS, CONVERSATIONS, CUSTOMERS, IDENTITIES, MESSAGES, THREAD_KEYS, Batch, Put, ThreadKey
from inbox.testing.builders import ANNA, CUSTOMER, a_conversation, a_customer, a_message, a_note, a_reply, an_identity
from inbox.testing.clock import START, settle
from inbox.testing.memory_store import MemoryStore
from tests.eventually import eventually

SHOP, MAIL, VISITOR = ChannelId("shop"), ChannelId("mail"), VisitorId("v1")
BROWSER = Address("webchat", VISITOR)
FACTS = {
    SHOP: ChannelFacts(SHOP, "webchat", SHOP, conversational=True, live=True),
    MAIL: ChannelFacts(MAIL, "email", "", reply_keys=True),
}
SENT = Delivery(DeliveryState.SENT)
STRANGER = Address("email", "stranger@example.org")

THREAD: dict[str, Message] = {
    "chat": a_message("chat", channel=SHOP, sender=BROWSER, text="Hello?"),
    "answer": a_reply("answer", channel=SHOP, to=(BROWSER,), delivery=SENT),
    "copy": a_reply("copy", to=(ANNA,), automatic="unseen-copy", delivery=SENT),
    "mailed": a_message("mailed", text="By mail now\n\n> It left", fresh=11),
    "answered": a_reply("answered", to=(ANNA,), delivery=SENT, text="And so do we"),
    "unsent": a_reply("unsent", to=(ANNA,)),
    "note": a_note("note"),
    "forward": a_reply("forward", to=(ANNA,), delivery=SENT, forwards=MessageId("chat")),
    "stranger": a_message("stranger", sender=STRANGER, author=Author("customer", "other")),
    "joined": a_message("joined", new_participant=True),
    "to others": a_reply("to others", to=(STRANGER,), delivery=SENT),
}
CHAT = ["chat", "answer"]
ALL_OF_HIS = [*CHAT, "mailed", "answered"]


class Listening:
    """A tab that notes what it is told."""

    def __init__(self) -> None:
        self.out = Outgoing()
        self.heard: list[str] = []

    @property
    def front(self) -> None:
        return None

    def agent_typing(self, name: str, on: bool) -> None:
        return None

    def changed(self, message: Message) -> None:
        """Note it."""
        self.heard.append(message.id)


async def a_feed(
    visitors: Visitors | None = None,
    browser_of: str = CUSTOMER,
    standing: Standings = lambda conversation: None,
    there: Callable[[], frozenset[AgentId]] = frozenset[AgentId],
    store: MemoryStore | None = None,
    directory: Directory | None = None,
    in_front: InFront = lambda conversation, customer, page: None,
    **identity: Any,
) -> JournalVisitorFeed:
    """A conversation that began in the chat and went on by mail; ``identity`` changes what is known of the mail address.

    ``there``: who takes new conversations.
    """
    store = store or MemoryStore()
    messages = [replace(m, arrived_at=START + n) for n, m in enumerate(THREAD.values())]
    browser = an_identity(VISITOR, kind="webchat", scope=SHOP, customer=browser_of)
    key = open_key(SHOP, identity_id("webchat", SHOP, VISITOR))
    puts = [Put(MESSAGES, m, None) for m in messages]
    puts += [Put(CONVERSATIONS, a_conversation(channel=SHOP), None), Put(CUSTOMERS, a_customer(), None), Put(IDENTITIES, browser, None)]
    puts += [Put(AGENTS, Agent(AgentId("sam"), "Sam", "sam@shop.example", Role.AGENT), None)]
    puts += [Put(IDENTITIES, an_identity(**({"verified": True} | identity)), None)]
    puts += [Put(THREAD_KEYS, ThreadKey(key, "open", ConversationId("c1")), None)]
    await store.journal.commit(Batch(puts=puts))
    directory = directory or Directory(store.queries)
    return JournalVisitorFeed(
        store.journal,
        store.queries,
        directory,
        Desks(directory),
        visitors or Visitors(),
        Whereabouts(),
        lambda: FACTS,
        there,
        lambda conversation, customer, on: None,
        in_front,
        standing,
    )


async def shown(feed: JournalVisitorFeed, limit: int = 50) -> list[str]:
    """Ids of what the panel gets."""
    return [m.id for m in (await feed.thread(SHOP, VISITOR, limit)).messages]


async def test_what_went_by_mail_is_in_the_panel_too() -> None:
    assert await shown(await a_feed()) == ALL_OF_HIS
    assert await shown(await a_feed(), limit=2) == ALL_OF_HIS[-2:]


async def test_an_address_that_nobody_proved_shows_nothing() -> None:
    assert await shown(await a_feed(verified=False, how="stated")) == CHAT


async def test_a_browser_that_belongs_to_another_person_sees_no_mail() -> None:
    assert await shown(await a_feed(browser_of="other")) == CHAT
    assert (await (await a_feed()).thread(SHOP, VisitorId("v2"), 50)).messages == ()


async def test_a_mail_that_comes_while_he_looks_is_told_to_his_tabs() -> None:
    visitors, tab = Visitors(), Listening()
    feed = await a_feed(visitors)
    visitors.join(SHOP, VISITOR, tab)
    await feed.thread(SHOP, VISITOR, 50)
    mail = THREAD["mailed"]
    event = Event(EventType.MESSAGE_RECEIVED, START, Author("system"), conversation=mail.conversation, message=mail.id)
    running = asyncio.get_running_loop().create_task(feed.run())
    feed.heard([Change(event, a_conversation(), mail)])
    await settle()
    running.cancel()
    assert tab.heard == ["mailed"]


async def test_he_is_seen_at_the_conversation_he_is_in_also_when_it_begins_or_becomes_another() -> None:
    told: list[tuple[str, str | None]] = []
    feed = await a_feed(in_front=lambda conversation, customer, page: told.append((conversation, page)))
    feed.visitor_here(SHOP, VISITOR, "https://shop.example/cart")
    assert told == [], "nobody knows yet where he writes"
    await feed.thread(SHOP, VISITOR, 50)
    await feed.thread(SHOP, VISITOR, 50)
    assert told == [("c1", "https://shop.example/cart")]
    line = replace(THREAD["chat"], id=MessageId("anew"), conversation=ConversationId("c2"))
    event = Event(EventType.MESSAGE_RECEIVED, START, Author("system"), conversation=line.conversation, message=line.id)
    running = asyncio.get_running_loop().create_task(feed.run())
    feed.heard([Change(event, a_conversation("c2", channel=SHOP), line)])
    await settle()
    assert told[1:] == [("c1", None), ("c2", "https://shop.example/cart")]
    receipt = Event(EventType.MESSAGE_CHANGED, START, Author("system"), conversation=ConversationId("c1"), message=MessageId("answer"))
    feed.heard([Change(receipt, a_conversation(channel=SHOP, category=Category.RESOLVED), THREAD["answer"])])
    await settle()
    running.cancel()
    assert told[3:] == [], "a receipt in a thread that is over takes him nowhere"
    feed.visitor_here(SHOP, VISITOR, None)
    assert told[3:] == [("c2", None)]


async def test_who_is_in_front_leaves_where_he_was_seen_however_many_came_since(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(visitor_feed, "KEPT", 2)
    told: list[tuple[str, str | None]] = []
    feed = await a_feed(in_front=lambda conversation, customer, page: told.append((conversation, page)))
    await feed.thread(SHOP, VISITOR, 50)
    feed.visitor_here(SHOP, VISITOR, "https://shop.example/cart")
    running = asyncio.get_running_loop().create_task(feed.run())
    for n in range(4):
        who = replace(BROWSER, value=f"other{n}")
        line = replace(THREAD["chat"], id=MessageId(f"m{n}"), conversation=ConversationId(f"o{n}"), sender=who)
        event = Event(EventType.MESSAGE_RECEIVED, START, Author("system"), conversation=line.conversation, message=line.id)
        feed.heard([Change(event, a_conversation(f"o{n}", channel=SHOP), line)])
    await settle()
    running.cancel()
    feed.visitor_here(SHOP, VISITOR, "https://shop.example/pay")
    feed.visitor_here(SHOP, VISITOR, None)
    assert told == [("c1", "https://shop.example/cart"), ("c1", "https://shop.example/pay"), ("c1", None)]


async def test_what_came_while_the_database_was_away_is_told_when_it_is_back() -> None:
    visitors, tab, store = Visitors(), Listening(), MemoryStore()
    directory = Directory(store.queries)
    feed = await a_feed(visitors, store=store, directory=directory)
    visitors.join(SHOP, VISITOR, tab)
    await feed.thread(SHOP, VISITOR, 50)
    running = asyncio.get_running_loop().create_task(feed.run())
    await settle()
    store.away = True
    mail = THREAD["mailed"]
    event = Event(EventType.MESSAGE_RECEIVED, START, Author("system"), conversation=mail.conversation, message=mail.id)
    agent_changed = Change(Event(EventType.AGENT_CHANGED, START, Author("system")))
    directory.heard([agent_changed])
    feed.heard([agent_changed, Change(event, a_conversation(), mail)])
    with pytest.raises(TryLater):
        await running
    store.away = False
    running = asyncio.get_running_loop().create_task(feed.run())
    await settle()
    running.cancel()
    assert tab.heard == ["mailed"]


async def frames(tab: Listening) -> list[PlaceInLine | Online]:
    """What it was told since the last look."""
    return [msgspec.json.decode(await tab.out.next() or b"", type=PlaceInLine | Online) for _ in range(len(tab.out))]


async def told(tab: Listening) -> list[tuple[int | None, int | None]]:
    """The places among them."""
    return [(frame.position, frame.minutes) for frame in await frames(tab) if isinstance(frame, PlaceInLine)]


async def test_who_waits_is_told_his_place_whenever_it_is_another() -> None:
    visitors, tab = Visitors(), Listening()
    standings = {ConversationId("c1"): Standing(3, 5, 4 * 60_000 - 1)}
    feed = await a_feed(visitors, standing=standings.get, there=lambda: frozenset({AgentId("sam")}))
    visitors.join(SHOP, VISITOR, tab)
    await read(feed)
    feed.tell_places()
    assert await told(tab) == [], "nobody knows yet which conversation is his"
    await feed.thread(SHOP, VISITOR, 50)
    for _ in range(2):
        feed.tell_places()
    standings[ConversationId("c1")] = Standing(1, 5, None)
    second = Listening()
    visitors.join(SHOP, VISITOR, second)
    feed.tell_places()
    del standings[ConversationId("c1")]
    feed.tell_places()
    assert await told(tab) == [(3, 4), (1, None), (None, None)]
    assert await told(second) == [(1, None), (None, None)]


async def read(feed: JournalVisitorFeed) -> None:
    """Until it knows who there is."""
    running = asyncio.get_running_loop().create_task(feed.run())
    await settle()
    running.cancel()


async def test_no_time_is_promised_while_nobody_is_there() -> None:
    visitors, tab = Visitors(), Listening()
    there = {AgentId("sam")}
    feed = await a_feed(visitors, standing=lambda id: Standing(1, 5, 2 * 60_000), there=lambda: frozenset(there))
    visitors.join(SHOP, VISITOR, tab)
    await feed.thread(SHOP, VISITOR, 50)
    async with asyncio.TaskGroup() as tasks:
        loops = [tasks.create_task(feed.run()), tasks.create_task(feed.follow_places())]
        await eventually(lambda: len(tab.out))
        assert (await told(tab))[-1] == (1, 2)
        there.clear()
        feed.heard([Change(Event(EventType.AGENT_CHANGED, START, Author("system")))])
        await eventually(lambda: len(tab.out))
        assert await told(tab) == [(1, None)], "he has his place; how long it takes nobody can tell"
        for loop in loops:
            loop.cancel()


async def test_a_move_in_the_queue_is_told_by_itself() -> None:
    visitors, tab = Visitors(), Listening()
    standings = {ConversationId("c1"): Standing(2, 2, None)}
    feed = await a_feed(visitors, standing=standings.get)
    visitors.join(SHOP, VISITOR, tab)
    await feed.thread(SHOP, VISITOR, 50)
    async with asyncio.TaskGroup() as tasks:
        loops = [tasks.create_task(feed.run()), tasks.create_task(feed.follow_places())]
        await settle()
        assert await told(tab) == [(2, None)]
        standings[ConversationId("c1")] = Standing(1, 1, None)
        another = facets(a_conversation("c9", queued_at=1))
        feed.heard([Change(Event(EventType.ASSIGNED, START, Author("system"), before=another, after=replace(another, queued=False)))])
        await eventually(lambda: len(tab.out))
        assert await told(tab) == [(1, None)]
        for loop in loops:
            loop.cancel()
