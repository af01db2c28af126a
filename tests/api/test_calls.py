"""Phone calls over HTTP: into a conversation and as the beginning of one, once however often it is asked."""

from __future__ import annotations

from typing import Any

import pytest

from inbox.records import CONVERSATIONS, IDENTITIES, MESSAGES
from tests.api.requests import BODIES
from tests.api.world import World


def body(name: str, **changes: Any) -> dict[str, Any]:
    return {**BODIES[name](), **changes}


async def test_a_call_stands_in_its_conversation_and_its_number_with_the_customer(world: World) -> None:
    mia = await world.log_in("mia")
    before = (await mia.get("/conversations/c-own"))["row"]
    answer = await mia.ask("POST", "/conversations/c-own/calls", json=body("log_call"))
    assert answer.status == 201, await answer.text()
    made = await answer.json()
    assert made["message"]["kind"] == "call"
    assert made["message"]["call"] == {
        "number": "+4930123456",
        "direction": "out",
        "outcome": "answered",
        "started_at": 0,
        "seconds": 125,
        "recording": "https://calls.example/1",
    }
    row = made["conversation"]
    assert (row["category"], row["inbound"], row["messages"]) == ("waiting", before["inbound"], before["messages"] + 1)
    assert (row["last"]["content"], row["last"]["preview"]) == ("call", "Wants a refund")
    identities = {i["value"]: (i.get("verified", False), i.get("how")) for i in (await mia.get("/customers/anna"))["identities"]}
    assert identities["+4930123456"] == (False, "entered")
    again = await (await mia.ask("POST", "/conversations/c-own/calls", json=body("log_call"))).json()
    assert (again["duplicate"], again["message"]["id"]) == (True, made["message"]["id"])
    page = (await mia.get("/conversations/c-own/timeline"))["items"]
    assert made["message"]["id"] in [item["id"] for item in page if item["t"] == "message"]


async def test_a_call_of_a_stranger_begins_a_conversation_that_is_done(world: World) -> None:
    mia = await world.log_in("mia")
    made = await (await mia.ask("POST", "/calls", json=body("start_call", channel=""))).json()
    row = made["conversation"]
    assert (row["category"], row["channel"], row["assignee"], row["subject"]) == ("resolved", "phone", "mia", "A call")
    person = await mia.get(f"/customers/{row['customer']['id']}")
    assert [(i["kind"], i["value"]) for i in person["identities"]] == [("phone", "+4930123457")]
    second = await (await mia.ask("POST", "/calls", json=body("start_call", client_id="other"))).json()
    assert second["conversation"]["customer"]["id"] == person["id"]
    assert second["conversation"]["id"] != row["id"]
    assert len(world.memory.tables.of(IDENTITIES)) == 2


async def test_nothing_can_be_written_by_a_channel_that_only_keeps_calls(world: World) -> None:
    mia = await world.log_in("mia")
    made = await (await mia.ask("POST", "/calls", json=body("start_call", resolved=False))).json()
    answer = await mia.ask(
        "POST",
        f"/conversations/{made['conversation']['id']}/messages",
        json={"kind": "reply", "text": "Hello", "client_id": "r1"},
    )
    assert answer.status == 422
    assert "only keeps calls" in (await answer.json())["detail"]
    note = {"kind": "note", "text": "He will call again", "client_id": "n1"}
    assert (await mia.ask("POST", f"/conversations/{made['conversation']['id']}/messages", json=note)).status == 201


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"number": "12"}, "number"),
        ({"recording": "http://calls.example"}, "recording"),
        ({"outcome": "busy"}, "seconds"),
        ({"started_at": 2**52}, "started_at"),
    ],
)
async def test_what_is_wrong_is_said_at_its_field_and_nothing_is_kept(world: World, changes: dict[str, Any], field: str) -> None:
    mia = await world.log_in("mia")
    before = len(world.memory.tables.of(MESSAGES))
    answer = await mia.ask("POST", "/conversations/c-own/calls", json=body("log_call", **changes))
    assert (answer.status, (await answer.json())["field"]) == (422, field)
    assert len(world.memory.tables.of(MESSAGES)) == before


async def test_a_call_begins_nothing_on_another_kind_of_channel(world: World) -> None:
    mia = await world.log_in("mia")
    before = len(world.memory.tables.of(CONVERSATIONS))
    for channel in ("mail", "nowhere"):
        answer = await mia.ask("POST", "/calls", json=body("start_call", channel=channel))
        assert (answer.status, (await answer.json())["field"]) == (422, "channel")
    assert len(world.memory.tables.of(CONVERSATIONS)) == before
