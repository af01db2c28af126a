"""Every view that is read by a list of its own, narrowed by every other condition, for every kind of reader, against the rules."""

from __future__ import annotations

from random import Random
from typing import Any

import pytest
from msgspec.structs import replace

from inbox.core.conversation import Category, Conversation, Mention, Priority
from inbox.core.ids import AgentId, ChannelId, CustomerId, MessageId, QueueId, TeamId
from inbox.core.permissions import Scope
from inbox.core.views import ACTIVE, ME, NOBODY, Sort, View
from inbox.store.client import Database
from inbox.store.documents import encoded
from inbox.store.queries import MongoQueries
from inbox.testing.builders import a_conversation
from inbox.testing.clock import START
from tests.store.conftest import in_memory
from tests.store.test_contract_views import AGENTS, LATE_CLOCK, SOON_CLOCK, TEAMS, check

LISTED: dict[str, dict[str, Any]] = {
    "mine": {"assignee": ME},
    "his": {"assignee": "tom"},
    "free": {"assignee": NOBODY, "bot": False},
    "with a bot": {"bot": True},
    "in the queue": {"queued": True, "sort": Sort.WAITING},
    "unanswered": {"categories": (Category.OPEN,), "sort": Sort.WAITING},
    "pressing": {"sla": "pressing", "sort": Sort.DUE},
    "late": {"sla": "late"},
    "mentioned": {"mentioned": True},
    "followed": {"followed": True},
    "planned": {"scheduled": True},
    "tagged": {"tags": ("a",)},
    "of a customer": {"customer": CustomerId("anna")},
    "of a channel": {"channel": ChannelId("mail")},
    "everything": {},
}
"""Views that are read by a list of their own, and what else they can be narrowed by at the same time."""
NARROWED: dict[str, dict[str, Any]] = {
    "by nothing": {},
    "by team": {"team": TEAMS[0]},
    "by a team of others": {"team": TEAMS[1]},
    "by no team": {"team": TeamId(NOBODY)},
    "by channel": {"channel": ChannelId("chat")},
    "by priority": {"priority": Priority.HIGH},
    "by tag": {"tags": ("b",)},
    "by customer": {"customer": CustomerId("ben")},
    "by queue": {"queue": QueueId("q1")},
    "by lateness": {"sla": "soon"},
    "by order": {"sort": Sort.DUE},
}
READERS = [
    Scope(all=True),
    Scope(agent=AGENTS[0], teams=(TEAMS[0],)),
    Scope(agent=AGENTS[0], teamless=True, barred=(ChannelId("mail"),)),
    Scope(agent=AGENTS[0]),
]


def every_kind() -> list[Conversation]:
    """So many and so mixed that no condition of a view could be forgotten unseen."""
    chance = Random(7)
    return [
        replace(
            a_conversation(f"c{n:03}", number=n, updated_at=START + n),
            category=chance.choice([Category.OPEN, Category.OPEN, *Category]),
            assignee=chance.choice([None, *AGENTS]),
            bot=chance.choice([None, None, AgentId("echo")]),
            team=chance.choice([None, *TEAMS]),
            tags=chance.choice([(), ("a",), ("b",), ("a", "b")]),
            sla=chance.choice([(), LATE_CLOCK, SOON_CLOCK]),
            queue=chance.choice([None, QueueId("q1")]),
            mentions=chance.choice([(), (Mention(AGENTS[0], MessageId("n")),)]),
            followers=chance.choice([(), (AGENTS[0],)]),
            scheduled=chance.choice([(), (MessageId("planned"),)]),
            channel=chance.choice([ChannelId("mail"), ChannelId("chat")]),
            customer=chance.choice([CustomerId("anna"), CustomerId("ben")]),
            priority=chance.choice(list(Priority)),
            waiting_since=chance.choice([None, START + n]),
            queued_at=chance.choice([None, START + n]),
            sort_due=chance.choice([None, START + n]),
        )
        for n in range(240)
    ]


@pytest.mark.parametrize("narrowed", NARROWED.values(), ids=NARROWED)
async def test_a_view_with_a_list_of_its_own_holds_to_every_other_condition(mongo: Database, narrowed: dict[str, Any]) -> None:
    stored = every_kind()
    await mongo["conversations"].insert_many([encoded(c) for c in stored])
    store = in_memory()
    object.__setattr__(store, "queries", MongoQueries(mongo))
    for listed in LISTED.values():
        for scope in READERS:
            await check(store, stored, View("custom", **{"categories": ACTIVE, **listed, **narrowed}), scope, 200)
