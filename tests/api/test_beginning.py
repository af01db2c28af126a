"""The first steps of a new workspace, as the guide on the screen shows them."""

from __future__ import annotations

from inbox.core.ids import AgentId
from inbox.records import AGENTS
from tests.api.world import World


async def test_the_first_answer_is_noticed(world: World) -> None:
    ada = await world.log_in("ada")
    assert await ada.get("/beginning") == {"channel": True, "colleague": True, "answered": False}
    note = {"kind": "note", "text": "Who takes this?", "client_id": "n"}
    assert (await ada.ask("POST", "/conversations/c-own/messages", json=note)).status == 201
    assert not (await ada.get("/beginning"))["answered"], "a note is no answer"
    reply = {"kind": "reply", "text": "Hello", "client_id": "r"}
    assert (await ada.ask("POST", "/conversations/c-own/messages", json=reply)).status == 201
    assert (await ada.get("/beginning"))["answered"]


async def test_a_lone_admin_has_a_colleague_to_invite(world: World) -> None:
    ada = await world.log_in("ada")
    for who in ("sue", "mia", "ben"):
        version = world.memory.tables.of(AGENTS)[AgentId(who)].version
        assert (await ada.ask("PATCH", f"/accounts/{who}", json={"version": version, "active": False})).status == 200
    assert await ada.get("/beginning") == {"channel": True, "colleague": False, "answered": False}


async def test_it_is_for_who_looks_after_channels(world: World) -> None:
    assert (await (await world.log_in("sue")).ask("GET", "/beginning")).status == 403
