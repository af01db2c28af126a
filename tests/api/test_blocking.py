"""Blocked senders over HTTP: from the thread, by hand, listed, let in again; each step in the audit."""

from __future__ import annotations

import pytest

from inbox.core.events import EventType
from inbox.records import BLOCKS, IDENTITIES
from inbox.testing.builders import an_identity
from tests.api.world import World

EVE = {"kind": "email", "value": "eve@spam.example"}


async def test_a_participant_is_blocked_listed_shown_with_the_person_and_let_in_again(world: World) -> None:
    mia = await world.log_in("mia")
    body = {"kind": "email", "value": "anna@example.org", "why": "phishing"}
    answer = await mia.ask("POST", "/conversations/c-own/block", json=body)
    assert answer.status == 201, await answer.text()
    made = await answer.json()
    assert made["conversation"]["category"] == "spam"
    row = made["block"]
    assert {k: row[k] for k in ("kind", "value", "domain", "why", "by", "by_name", "stopped", "last_at")} == {
        "kind": "email",
        "value": "anna@example.org",
        "domain": False,
        "why": "phishing",
        "by": "mia",
        "by_name": "Mia",
        "stopped": 0,
        "last_at": None,
    }
    assert await mia.get("/blocked-senders") == {"rows": [row], "next": None}
    assert (await mia.get("/customers/anna"))["blocks"] == [row]
    assert (await mia.ask("DELETE", f"/blocked-senders/{row['id']}")).status == 204
    assert (await mia.ask("DELETE", f"/blocked-senders/{row['id']}")).status == 404
    assert await mia.get("/blocked-senders") == {"rows": [], "next": None}
    assert (await mia.get("/customers/anna"))["blocks"] == []
    audit = {(line.actor, line.action, line.target) for line in await world.memory.accounts.audited(None, 10)}
    assert {("mia", "sender_blocked", row["id"]), ("mia", "sender_unblocked", row["id"])} <= audit
    told = [e.type for e in world.memory.tables.events.values()]
    assert EventType.SENDER_BLOCKED in told
    assert EventType.SENDER_UNBLOCKED in told


async def test_a_domain_shows_with_everybody_who_writes_from_it(world: World) -> None:
    sue = await world.log_in("sue")
    answer = await sue.ask("POST", "/blocked-senders", json={"kind": "email", "value": "example.org", "domain": True})
    assert answer.status == 201, await answer.text()
    row = await answer.json()
    assert (row["value"], row["domain"]) == ("@example.org", True)
    assert (await sue.get("/customers/anna"))["blocks"] == [row]


async def test_the_same_key_blocks_once(world: World) -> None:
    mia = await world.log_in("mia")
    rows = [await (await mia.ask("POST", "/blocked-senders", json=EVE, headers={"Idempotency-Key": "k"})).json() for _ in range(2)]
    assert rows[0] == rows[1]
    assert len(world.memory.tables.of(BLOCKS)) == 1
    other = await mia.ask("POST", "/blocked-senders", json=EVE | {"value": "b@spam.example"}, headers={"Idempotency-Key": "k"})
    assert other.status == 422


@pytest.mark.parametrize(
    ("value", "domain", "says"),
    [
        ("mia@example.com", False, "your own house"),
        ("example.com", True, "your own house"),
        ("gmail.com", True, "very many people"),
        ("nobody", False, "not a mail address"),
    ],
)
async def test_what_cannot_be_blocked_is_said_in_words(world: World, value: str, domain: bool, says: str) -> None:
    mia = await world.log_in("mia")
    answer = await mia.ask("POST", "/blocked-senders", json={"kind": "email", "value": value, "domain": domain})
    assert answer.status == 422
    problem = await answer.json()
    assert (problem["field"], says in problem["detail"]) == ("value", True)


async def test_nobody_blocks_in_a_conversation_whom_it_does_not_hold(world: World) -> None:
    mia = await world.log_in("mia")
    world.memory.tables.of(IDENTITIES)["eve"] = an_identity("eve@spam.example")
    answer = await mia.ask("POST", "/conversations/c-own/block", json=EVE)
    assert (answer.status, (await answer.json())["field"]) == (422, "value")
    assert world.memory.tables.of(BLOCKS) == {}
