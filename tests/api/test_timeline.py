"""Threads page by page: backwards, forwards and around a message, without gaps or repetitions, for whom may read them."""

from __future__ import annotations

from typing import Any

import pytest

from inbox.core.events import EventType
from inbox.core.ids import AgentId, ConversationId
from inbox.core.message import Author
from inbox.records import CONVERSATIONS, MESSAGES
from inbox.testing.builders import a_message, a_note, an_event
from inbox.testing.clock import START
from tests.api.world import Browser, World

OWN = ConversationId("c-own")


def a_mixed_thread(world: World) -> list[str]:
    """The ids of messages and quiet lines of a conversation, several of everything within one millisecond."""
    tables = world.memory.tables
    wanted = ["m-own", "r-own"]
    for n in range(30):
        at = START + 10 + n // 3
        if n % 2:
            message = a_message(f"x{n:02}", conversation=OWN, arrived_at=at, at=at)
            tables.of(MESSAGES)[message.id] = message
            wanted.append(message.id)
        else:
            about = tables.of(CONVERSATIONS)[OWN]
            tables.events[7, n + 1] = an_event(n + 1, about=about, o=7, at=at, type=EventType.STATUS_CHANGED)
            tables.events[8, n + 1] = an_event(n + 1, about=about, o=8, at=at, type=EventType.MESSAGE_RECEIVED)
            wanted.append(f"7-{n + 1}")
    return wanted


async def read_on(mia: Browser, page: dict[str, Any], way: str, limit: int) -> list[Any]:
    """All items that follow a page, ``before`` it or ``after`` it."""
    items: list[Any] = []
    while page[way] is not None:
        page = await mia.get("/conversations/c-own/timeline", params={"later" if way == "after" else way: page[way], "limit": str(limit)})
        items = [*page["items"], *items] if way == "before" else [*items, *page["items"]]
    return items


@pytest.mark.parametrize("limit", [1, 4, 100])
async def test_a_thread_is_read_backwards_to_its_beginning_with_messages_and_lines_merged(world: World, limit: int) -> None:
    wanted = a_mixed_thread(world)
    mia = await world.log_in("mia")
    page = await mia.get("/conversations/c-own/timeline", params={"limit": str(limit)})
    assert page["after"] is None, "there is nothing newer"
    items = await read_on(mia, page, "before", limit) + page["items"]
    assert sorted(item["id"] for item in items) == sorted(wanted)
    assert [i.get("arrived_at", i["at"]) for i in items] == sorted(i.get("arrived_at", i["at"]) for i in items)


@pytest.mark.parametrize("limit", [1, 4, 100])
@pytest.mark.parametrize("id", ["m-own", "x15", "x29"])
async def test_a_thread_is_read_both_ways_from_any_message(world: World, id: str, limit: int) -> None:
    a_mixed_thread(world)
    mia = await world.log_in("mia")
    whole = (await mia.get("/conversations/c-own/timeline", params={"limit": "100"}))["items"]
    page = await mia.get("/conversations/c-own/timeline", params={"around": id, "limit": str(max(2, limit))})
    assert id in [item["id"] for item in page["items"]]
    items = await read_on(mia, page, "before", limit) + page["items"] + await read_on(mia, page, "after", limit)
    assert [item["id"] for item in items] == [item["id"] for item in whole]


async def test_around_a_message_of_elsewhere_there_is_nothing(world: World) -> None:
    mia, sue = await world.log_in("mia"), await world.log_in("sue")
    for who in (mia, sue):
        for id in ("m-foreign", "none"):
            assert (await who.ask("GET", f"/conversations/c-own/timeline?around={id}")).status == 404


async def test_a_whisper_is_in_nobody_elses_thread_whichever_way_it_is_read(world: World) -> None:
    whisper = a_note("w1", conversation=OWN, arrived_at=START + 100, whisper=AgentId("ben"), author=Author("agent", "sue"))
    world.memory.tables.of(MESSAGES)[whisper.id] = whisper
    mia, sue = await world.log_in("mia"), await world.log_in("sue")
    assert (await mia.ask("GET", "/conversations/c-own/timeline?around=w1")).status == 404
    first = await mia.get("/conversations/c-own/timeline", params={"around": "m-own"})
    assert "w1" not in [item["id"] for item in first["items"]]
    assert [item["id"] for item in (await sue.get("/conversations/c-own/timeline", params={"around": "w1"}))["items"]][-1] == "w1"


async def test_a_transcript_has_what_the_customer_knows_and_notes_only_when_asked(world: World) -> None:
    tables = world.memory.tables
    gone = a_message("gone", conversation=OWN, arrived_at=START + 50, deleted_at=START + 60)
    secret = a_note("w1", conversation=OWN, arrived_at=START + 100, whisper=AgentId("ben"), author=Author("agent", "sue"))
    for message in (a_note("n1", conversation=OWN, arrived_at=START + 40), gone, secret):
        tables.of(MESSAGES)[message.id] = message
    mia = await world.log_in("mia")

    async def ids(**query: str) -> list[str]:
        page = await mia.get("/conversations/c-own/transcript", params={"limit": "2", **query})
        items = page["items"]
        while page["after"] is not None:
            page = await mia.get("/conversations/c-own/transcript", params={"limit": "2", "later": page["after"], **query})
            items += page["items"]
        return [item["id"] for item in items]

    assert await ids() == ["m-own", "r-own"]
    assert await ids(notes="1") == ["m-own", "r-own", "n1"], "and nobody takes along what he may not hear"
    assert (await mia.ask("GET", "/conversations/c-own/transcript?notes=yes")).status == 422
    taken = [(e.actor, e.target, e.data["notes"]) for e in await world.parts.accounts.audited(None, 10) if e.action == "transcript_taken"]
    assert sorted(taken) == [("mia", "c-own", "no"), ("mia", "c-own", "yes")], "once each, not once a page"
