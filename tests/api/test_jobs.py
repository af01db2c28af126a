"""Changes in bulk over HTTP."""

from __future__ import annotations

import pytest

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
