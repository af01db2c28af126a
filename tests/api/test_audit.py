"""The audit record: for supervisors and admins, page by page, filtered, and as a table."""

from __future__ import annotations

import csv
import io
from typing import Any

import pytest

from inbox.admission import AuditEntry
from inbox.testing.clock import START
from tests.api.world import Browser, World


async def lines(world: World, count: int) -> None:
    """Every third is Ben's, every second a team's."""
    for n in range(count):
        actor, action = ("ben" if n % 3 == 0 else "ada"), ("team_created" if n % 2 else "agent_changed")
        await world.store.accounts.audit(AuditEntry(f"id{n:05}", START - 10_000_000 + n // 4, actor, action, "mia", "192.0.2.1"))


async def every(browser: Browser, **query: str) -> list[dict[str, Any]]:
    """All pages."""
    rows: list[dict[str, Any]] = []
    after: str | None = ""
    while after is not None:
        page = await browser.get("/audit", params={**query, "limit": "40", **({"after": after} if after else {})})
        rows += page["rows"]
        after = page["next"]
    return rows


async def test_every_line_comes_once_newest_first(world: World) -> None:
    await lines(world, 250)
    sue = await world.log_in("sue")
    rows = await every(sue, until=str(START - 1000))
    assert [row["id"] for row in rows] == [f"id{n:05}" for n in reversed(range(250))]
    assert (rows[0]["actor_name"], rows[0]["target_name"]) == ("Ben", "Mia")


async def test_it_is_filtered_by_person_action_and_time(world: World) -> None:
    await lines(world, 60)
    ada = await world.log_in("ada")
    assert {row["actor"] for row in await every(ada, actor="ben")} == {"ben"}
    both = await every(ada, actor="ben", action="team_created")
    assert [row["id"] for row in both] == [f"id{n:05}" for n in reversed(range(60)) if n % 3 == 0 and n % 2]
    some = await every(ada, since=str(START - 10_000_000 + 2), until=str(START - 10_000_000 + 4))
    assert len(some) == 8
    assert await ada.get("/audit/actions") == ["agent_changed", "logged_in", "team_created"]


async def test_what_was_made_changed_and_removed_is_told_by_name(world: World) -> None:
    ada = await world.log_in("ada")
    made = await (await ada.ask("POST", "/break-reasons", json={"name": "Lunch", "version": 0})).json()
    path = f"/break-reasons/{made['id']}"
    await ada.ask("PUT", path, json={"name": "Late lunch", "version": made["version"]})
    await ada.ask("DELETE", path)
    told = {row["action"]: row["data"]["name"] for row in await every(ada) if row["target"] == made["id"]}
    assert told == {"break_reason_created": "Lunch", "break_reason_changed": "Late lunch", "break_reason_deleted": "Late lunch"}


async def test_the_table_has_every_line_and_no_formula_and_its_making_is_written_down(world: World) -> None:
    await lines(world, 2500)
    await world.store.accounts.audit(AuditEntry("evil", START - 5, "ada", "=1+1", "@cmd", data={"name": 'a "quote", a line\nand more'}))
    ada = await world.log_in("ada")
    answer = await ada.ask("GET", "/audit/export", params={"until": str(START + 1)})
    assert answer.status == 200
    assert answer.headers["Content-Disposition"].startswith("attachment")
    table = list(csv.DictReader(io.StringIO((await answer.read()).decode())))
    assert len(table) == 2500 + 1 + 2, "the lines, the login, the export itself"
    evil = next(line for line in table if "1+1" in line["action"])
    assert (evil["action"], evil["what_id"]) == ("'=1+1", "'@cmd")
    assert (await every(ada, action="audit_exported"))[0]["data"] == {"which": f"until={START + 1}"}
    narrow = await ada.ask("GET", "/audit/export", params={"actor": "ben", "action": "team_created"})
    assert len((await narrow.text()).splitlines()) == 1 + sum(n % 3 == 0 and n % 2 == 1 for n in range(2500))


@pytest.mark.parametrize("path", ["/audit", "/audit/actions", "/audit/export"])
async def test_agents_do_not_read_it(world: World, path: str) -> None:
    assert (await (await world.log_in("mia")).ask("GET", path)).status == 403


@pytest.mark.parametrize("query", [{"since": "x"}, {"until": "-1"}, {"after": "x"}, {"actor": "{'$ne': 1}"}])
async def test_odd_questions_find_nothing(world: World, query: dict[str, str]) -> None:
    answer = await (await world.log_in("sue")).ask("GET", "/audit", params=query)
    assert answer.status == 422 or (await answer.json())["rows"] == []
