"""A visitor's panel shows all of his conversation that is his: the chat, and what went by mail from and to his proved address."""

from __future__ import annotations

import asyncio
from typing import Any

from msgspec.structs import replace

from inbox.core.customer import identity_id
from inbox.core.events import Event, EventType
from inbox.core.ids import AgentId, ChannelId, ConversationId, MessageId
from inbox.core.message import Address, Author, Delivery, DeliveryState, Message
from inbox.core.visitor import VisitorId
from inbox.flow.directory import Directory
from inbox.flow.feed import Change
from inbox.flow.placing import open_key
from inbox.flow.working import ChannelFacts
from inbox.gateway.visitor_feed import JournalVisitorFeed, Whereabouts
from inbox.gateway.visitors import Outgoing, Visitors
from inbox.records import CONVERSATIONS, CUSTOMERS, IDENTITIES, MESSAGES, THREAD_KEYS, Batch, Put, ThreadKey
from inbox.testing.builders import ANNA, CUSTOMER, a_conversation, a_customer, a_message, a_note, a_reply, an_identity
from inbox.testing.clock import START, settle
from inbox.testing.memory_store import MemoryStore

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

    def changed(self, message: Message) -> None:
        """Note it."""
        self.heard.append(message.id)


async def a_feed(visitors: Visitors | None = None, browser_of: str = CUSTOMER, **identity: Any) -> JournalVisitorFeed:
    """A conversation that began in the chat and went on by mail; ``identity`` changes what is known of the mail address."""
    store = MemoryStore()
    messages = [replace(m, arrived_at=START + n) for n, m in enumerate(THREAD.values())]
    browser = an_identity(VISITOR, kind="webchat", scope=SHOP, customer=browser_of)
    key = open_key(SHOP, identity_id("webchat", SHOP, VISITOR))
    puts = [Put(MESSAGES, m, None) for m in messages]
    puts += [Put(CONVERSATIONS, a_conversation(channel=SHOP), None), Put(CUSTOMERS, a_customer(), None), Put(IDENTITIES, browser, None)]
    puts += [Put(IDENTITIES, an_identity(**({"verified": True} | identity)), None)]
    puts += [Put(THREAD_KEYS, ThreadKey(key, "open", ConversationId("c1")), None)]
    await store.journal.commit(Batch(puts=puts))
    directory = Directory(store.queries)
    return JournalVisitorFeed(
        store.journal,
        store.queries,
        directory,
        visitors or Visitors(),
        Whereabouts(),
        lambda: FACTS,
        frozenset[AgentId],
        lambda conversation, customer, on: None,
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
