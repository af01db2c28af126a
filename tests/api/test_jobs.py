"""Changes in bulk over HTTP."""

from __future__ import annotations

import pytest

from inbox.api.handlers import conversations
from inbox.core.ids import AgentId
from inbox.records import CONVERSATIONS
from inbox.testing.builders import a_conversation
from tests.api.world import World


async def test_begun_watched_stopped_and_listed_by_its_owner_alone(world: World) -> None:
    mia, ben = await world.log_in("mia"), await world.log_in("ben")
    answer = await mia.ask("POST", "/jobs", json={"view": "mine", "change": {"priority": "high", "read": True}})
    assert answer.status == 201, await answer.text()
    job = await answer.json()
    assert (job["state"], job["total"], job["change"]["priority"], job["change"]["read"]) == ("running", 1, "high", True)
    assert "assignee" not in job["change"]
    assert await mia.get("/jobs") == [await mia.get(f"/jobs/{job['id']}")]
    assert await ben.get("/jobs") == []
    for method, path in (("GET", ""), ("POST", "/cancel"), ("POST", "/undo")):
        assert (await ben.ask(method, f"/jobs/{job['id']}{path}")).status == 404
    assert (await mia.ask("POST", f"/jobs/{job['id']}/undo")).status == 409
    cancelled = await mia.ask("POST", f"/jobs/{job['id']}/cancel")
    assert (await cancelled.json())["state"] == "cancelled"
    undo = await mia.ask("POST", f"/jobs/{job['id']}/undo")
    assert (undo.status, (await undo.json())["undo_of"]) == (201, job["id"])


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"change": {"priority": "high"}}, "view"),
        ({"change": {"priority": "high"}, "view": "mine", "conversations": ["c-own"]}, "view"),
        ({"change": {"priority": "high"}, "view": "nowhere"}, "view"),
        ({"change": {}, "view": "mine"}, "change"),
        ({"change": {"assignee": "echo"}, "view": "mine"}, "assignee"),
        ({"change": {"status": "snoozed"}, "view": "mine"}, "until"),
        ({"change": {"status": "gone"}, "view": "mine"}, "change.status"),
    ],
)
async def test_what_makes_no_sense_is_refused_by_name(world: World, body: dict[str, object], field: str) -> None:
    mia = await world.log_in("mia")
    answer = await mia.ask("POST", "/jobs", json=body)
    assert (answer.status, (await answer.json())["field"]) == (422, field)


async def test_a_list_is_counted_as_far_as_its_reader_may_see_it(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    stored = world.memory.tables.of(CONVERSATIONS)
    for n in range(7):
        c = a_conversation(f"c{n}", number=100 + n, assignee=AgentId("mia"), tags=("refund",) if n < 5 else ())
        stored[c.id] = c
    mia, ben = await world.log_in("mia"), await world.log_in("ben")
    refunds = {"view": "all", "filter": "tag:refund"}
    assert await mia.get("/conversations/count", params=refunds) == {"count": 5, "more": False}
    assert await mia.get("/conversations/count", params={"view": "mine"}) == {"count": 8, "more": False}
    assert await ben.get("/conversations/count", params={**refunds, "view": "mine"}) == {"count": 0, "more": False}
    job = await mia.ask("POST", "/jobs", json={**refunds, "change": {"priority": "high"}})
    assert (await job.json())["total"] == 5
    monkeypatch.setattr(conversations, "COUNTED", 4)
    assert await mia.get("/conversations/count", params=refunds) == {"count": 4, "more": True}
    for wrong in ({"view": "nowhere"}, {"view": "all", "filter": "nonsense"}):
        assert (await mia.ask("GET", "/conversations/count", params=wrong)).status == 422
