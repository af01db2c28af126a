"""Saved replies: shared ones kept by supervisors and admins, everybody's own seen by nobody else."""

from __future__ import annotations

from typing import Any

import pytest

from inbox.core.saved_replies import MAX_TEXT, MOST_FILES, MOST_OWN, SavedReply
from inbox.records import SAVED_REPLIES
from tests.api.test_drafts import uploaded
from tests.api.world import World

NEW: dict[str, Any] = {"name": "Refund", "text": "Dear {{customer.first_name}}, we sent it back.", "folder": "Money"}


async def test_a_shared_reply_is_everybodys_and_kept_by_supervisors(world: World) -> None:
    sue, mia = await world.log_in("sue"), await world.log_in("mia")
    made = await (await sue.ask("POST", "/saved-replies", json=NEW)).json()
    assert {k: made[k] for k in ("name", "text", "folder", "version", "personal")} == {**NEW, "version": 1, "personal": False}
    assert [r["id"] for r in await mia.get("/saved-replies")] == [made["id"]]
    for method, path, body in (
        ("POST", "/saved-replies", NEW),
        ("PUT", f"/saved-replies/{made['id']}", {**NEW, "version": 1}),
        ("PUT", f"/saved-replies/{made['id']}", {**NEW, "version": 1, "personal": True}),
        ("DELETE", f"/saved-replies/{made['id']}", None),
    ):
        assert (await mia.ask(method, path, json=body)).status == 403, (method, path)
    changed = await sue.ask("PUT", f"/saved-replies/{made['id']}", json={**NEW, "version": 1, "name": "Refunds"})
    assert (await changed.json())["version"] == 2
    assert (await sue.ask("PUT", f"/saved-replies/{made['id']}", json={**NEW, "version": 1})).status == 409
    assert (await sue.ask("DELETE", f"/saved-replies/{made['id']}")).status == 204
    assert await mia.get("/saved-replies") == []


async def test_an_own_reply_is_as_if_it_were_not_there_for_others(world: World) -> None:
    mia, ben, ada = [await world.log_in(who) for who in ("mia", "ben", "ada")]
    made = await (await mia.ask("POST", "/saved-replies", json={**NEW, "personal": True})).json()
    assert made["personal"] is True
    assert [r["id"] for r in await mia.get("/saved-replies")] == [made["id"]]
    for other in (ben, ada):
        assert await other.get("/saved-replies") == []
        body = {**NEW, "version": 1, "personal": True}
        assert (await other.ask("PUT", f"/saved-replies/{made['id']}", json=body)).status == 404
        assert (await other.ask("DELETE", f"/saved-replies/{made['id']}")).status == 404
    assert (await mia.ask("PUT", f"/saved-replies/{made['id']}", json={**NEW, "version": 1})).status == 403
    assert (await mia.ask("DELETE", f"/saved-replies/{made['id']}")).status == 204


@pytest.mark.parametrize(("changes", "status"), [({"text": "x" * MAX_TEXT}, 201), ({"text": "x" * (MAX_TEXT + 1)}, 422)])
async def test_a_text_may_be_very_long_but_not_longer(world: World, changes: dict[str, Any], status: int) -> None:
    mia = await world.log_in("mia")
    assert (await mia.ask("POST", "/saved-replies", json={**NEW, "personal": True, **changes})).status == status


@pytest.mark.parametrize(("changes", "field"), [({"name": " "}, "name"), ({"text": " \n"}, "text")])
async def test_nothing_empty_is_kept(world: World, changes: dict[str, Any], field: str) -> None:
    mia = await world.log_in("mia")
    answer = await mia.ask("POST", "/saved-replies", json={**NEW, "personal": True, **changes})
    assert (answer.status, (await answer.json())["field"]) == (422, field)


async def test_nobody_collects_more_than_he_can_look_through(world: World) -> None:
    mia = await world.log_in("mia")
    for n in range(MOST_OWN):
        world.memory.tables.of(SAVED_REPLIES)[f"r{n}"] = SavedReply(f"r{n}", f"No {n}", "x", owner="mia")  # type: ignore[arg-type]  # an id
    answer = await mia.ask("POST", "/saved-replies", json={**NEW, "personal": True})
    assert answer.status == 422
    assert "remove one first" in (await answer.json())["detail"]
    assert (await mia.ask("PUT", "/saved-replies/r1", json={**NEW, "version": 1, "personal": True})).status == 200


async def test_a_reply_brings_its_files_as_copies_of_whoever_uses_it(world: World) -> None:
    sue, mia = await world.log_in("sue"), await world.log_in("mia")
    file = await uploaded(sue, "terms.pdf")
    made = await (await sue.ask("POST", "/saved-replies", json={**NEW, "files": [file]})).json()
    assert [(f["id"], f["name"]) for f in made["files"]] == [(file, "terms.pdf")]
    assert (await mia.ask("GET", f"/files/{file}")).status == 200, "shown in the preview"
    use = f"/saved-replies/{made['id']}/use"
    used = await (await mia.ask("POST", use, headers={"Idempotency-Key": "one"})).json()
    assert await (await mia.ask("POST", use, headers={"Idempotency-Key": "one"})).json() == used
    copy = used["files"][0]
    assert copy["id"] != file
    for files, status in (([file], 422), ([copy["id"]], 201)):
        body = {"kind": "reply", "text": "Here they are.", "client_id": f"x{status}", "files": files, "seen": "r-own"}
        answer = await mia.ask("POST", "/conversations/c-own/messages", json=body)
        assert answer.status == status, await answer.text()
    assert await sue.get("/saved-replies/uses") == [{"id": made["id"], "uses": 1, "last_at": world.clock.now()}]
    assert (await mia.ask("POST", use)).status == 201
    assert [row["uses"] for row in await mia.get("/saved-replies/uses")] == [2]
    assert (await sue.ask("DELETE", f"/saved-replies/{made['id']}")).status == 204
    assert await sue.get("/saved-replies/uses") == []
    assert (await mia.ask("GET", f"/files/{file}")).status == 404
    assert (await mia.ask("GET", f"/files/{copy['id']}")).status == 200, "what was sent stays"


async def test_files_of_a_reply_are_ones_own_few_and_small(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    mia, sue = await world.log_in("mia"), await world.log_in("sue")
    own, sues = await uploaded(mia, "a.pdf"), await uploaded(sue, "b.pdf")
    for files in ([sues], ["f-own"], ["none"], [f"x{n}" for n in range(MOST_FILES + 1)]):
        answer = await mia.ask("POST", "/saved-replies", json={**NEW, "personal": True, "files": files})
        assert (answer.status, (await answer.json())["field"].partition("[")[0]) == (422, "files")
    monkeypatch.setattr("inbox.core.saved_replies.MAX_FILES", 1)
    answer = await mia.ask("POST", "/saved-replies", json={**NEW, "personal": True, "files": [own]})
    assert (answer.status, (await answer.json())["field"]) == (422, "files")
    monkeypatch.undo()
    made = await (await mia.ask("POST", "/saved-replies", json={**NEW, "personal": True, "files": [own]})).json()
    for path in (f"/files/{own}", f"/saved-replies/{made['id']}/use"):
        assert (await sue.ask("GET" if "files" in path else "POST", path)).status == 404, "another's own"
    assert await sue.get("/saved-replies/uses") == []
    kept = await mia.ask("PUT", f"/saved-replies/{made['id']}", json={**NEW, "personal": True, "version": 1, "files": [own]})
    assert kept.status == 200, await kept.text()
