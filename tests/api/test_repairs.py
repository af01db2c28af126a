"""Merging and moving over HTTP: what a reader gets, who may, and read marks that stay right."""

from __future__ import annotations

from typing import Any

from inbox.core.ids import AgentId, TeamId
from inbox.records import CONVERSATIONS, MESSAGES, Batch, Put
from inbox.testing.builders import a_conversation, a_message
from tests.api.world import Browser, World


async def a_second(world: World) -> None:
    """Another conversation of Mia's, with two messages."""
    second = a_conversation("c-second", number=7, assignee=AgentId("mia"), team=TeamId("support"), messages=2, inbound=2)
    messages = [a_message(f"s{n}", conversation=second.id, arrived_at=10**12 + n, text=f"line {n}") for n in range(2)]
    await world.memory.journal.commit(Batch(puts=[Put(CONVERSATIONS, second, None), *(Put(MESSAGES, m, None) for m in messages)]))


async def post(browser: Browser, path: str, body: Any = None, status: int = 201) -> Any:
    answer = await browser.ask("POST", path, **({} if body is None else {"json": body}))
    assert answer.status == status, await answer.text()
    return await answer.json()


async def test_a_merge_is_shown_looked_at_and_undone_and_unread_numbers_stay_right(world: World) -> None:
    await a_second(world)
    mia = await world.log_in("mia")
    assert (await mia.ask("PUT", "/conversations/c-second/read", json={"message": "s0"})).status == 200
    await world.clock.advance(10)
    made = await post(mia, "/conversations/7/merge", {"into": "#1"})
    assert (made["conversation"]["id"], made["conversation"]["messages"], made["conversation"]["absorbed"]) == ("c-own", 4, ["c-second"])
    repair = made["repair"]
    assert {name: repair[name] for name in ("kind", "number", "into_number", "messages", "since", "undone_at")} == {
        "kind": "merge",
        "number": 7,
        "into_number": 1,
        "messages": 2,
        "since": 0,
        "undone_at": None,
    }
    detail = await mia.get("/conversations/7")
    assert detail["row"]["number"] == 1
    assert {item["id"] for item in detail["timeline"]["items"] if item["t"] == "message"} == {"m-own", "r-own", "s0", "s1"}
    assert (detail["row"]["inbound"], detail["read"]) == (3, 1)
    newest = max((i for i in detail["timeline"]["items"] if i["t"] == "message"), key=lambda i: (i["arrived_at"], i["id"]))
    assert (await mia.ask("PUT", "/conversations/1/read", json={"message": newest["id"]})).status == 200
    assert (await mia.get("/conversations/1"))["read"] == 3
    assert await mia.get(f"/repairs/{repair['id']}") == repair
    undone = await post(mia, f"/repairs/{repair['id']}/undo")
    assert (undone["conversation"]["number"], undone["conversation"]["messages"]) == (1, 2)
    assert undone["repair"]["undone_by"] == "mia"
    for number, inbound in ((1, 1), (7, 2)):
        detail = await mia.get(f"/conversations/{number}")
        assert (detail["row"]["inbound"], detail["read"]) == (inbound, inbound)


async def test_messages_are_split_off_and_moved_once_for_a_key(world: World) -> None:
    await a_second(world)
    mia = await world.log_in("mia")
    headers = {"Idempotency-Key": "move"}
    answers = [await mia.ask("POST", "/conversations/7/move", json={"messages": ["s1"]}, headers=headers) for _ in range(2)]
    rows = [await answer.json() for answer in answers]
    assert rows[0]["repair"]["id"] == rows[1]["repair"]["id"]
    assert rows[0]["conversation"]["messages"] == 1
    assert (await mia.get("/conversations/7"))["row"]["messages"] == 1
    back = await post(mia, f"/repairs/{rows[0]['repair']['id']}/undo")
    assert (back["conversation"]["number"], back["conversation"]["messages"]) == (7, 2)


async def test_who_may_not_see_both_is_told_nothing(world: World) -> None:
    await a_second(world)
    mia, ben = await world.log_in("mia"), await world.log_in("ben")
    assert (await mia.ask("POST", "/conversations/7/merge", json={"into": "c-foreign"})).status == 404
    assert (await ben.ask("POST", "/conversations/c-foreign/merge", json={"into": "7"})).status == 404
    assert (await mia.ask("POST", "/conversations/7/merge", json={"into": "7"})).status == 422
    made = await post(mia, "/conversations/7/merge", {"into": "1"})
    assert (await ben.ask("GET", f"/repairs/{made['repair']['id']}")).status == 404
    assert (await ben.ask("POST", f"/repairs/{made['repair']['id']}/undo")).status == 404
