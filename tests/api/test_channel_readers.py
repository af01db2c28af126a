"""A channel that only some teams read, over the API: every call about a conversation, lists, search and counts, and who may set it."""

from __future__ import annotations

from typing import Any

import pytest
from aiohttp import ClientResponse
from msgspec.structs import replace

from inbox.api.call import Call
from inbox.core.ids import ChannelId
from inbox.records import CONVERSATIONS
from tests.api.test_access import CLOSED, FOREIGN, GATED, ask, name
from tests.api.world import Browser, World


async def name_readers(ada: Browser, *teams: str) -> ClientResponse:
    """Set who reads the channel `ours`."""
    row = next(row for row in await ada.get("/channels") if row["id"] == "ours")
    return await ada.ask("PATCH", "/channels/ours", json={"version": row["version"], "readers": list(teams)})


async def furnish(world: World, **changes: Any) -> Browser:
    """The other conversation is of no team now, on a channel of its own; an admin is logged in."""
    table = world.memory.tables.of(CONVERSATIONS)
    changes = {"team": None, "assignee": None, **changes}
    table["c-foreign"] = replace(table["c-foreign"], channel=ChannelId("ours"), **changes)
    return await world.log_in("ada")


@pytest.mark.parametrize("call", GATED, ids=name)
async def test_what_is_not_read_is_as_if_it_were_not_there(world: World, call: Call) -> None:
    ada = await furnish(world)
    mia = await world.log_in("mia")
    assert (await name_readers(ada, "sales")).status == 200
    foreign, absent = await ask(mia, call, "foreign"), await ask(mia, call, "absent")
    assert (foreign.status, absent.status) == (404, 404)
    assert await foreign.read() == await absent.read()
    assert (await ask(ada, call, "foreign")).status not in (401, 403, 404)


async def test_no_answer_names_what_is_not_read_and_all_do_again_once_it_is(world: World) -> None:
    ada = await furnish(world)
    mia = await world.log_in("mia")
    before = await named_by(mia)
    assert {"list", "search", "counts"} <= before
    assert (await name_readers(ada, "sales")).status == 200
    assert await named_by(mia) == set()
    assert (await name_readers(ada, "sales", "support")).status == 200
    assert await named_by(mia) == before


async def named_by(browser: Browser) -> set[str]:
    """The calls of which an answer names the other conversation; its counts tell of it as well."""
    found = set()
    for call in CLOSED:
        if call.method == "GET":
            text = (await (await ask(browser, call, "own")).read()).decode("latin-1")
            found |= {call.name} if [word for word in FOREIGN if word in text] else set()
    if "c-foreign" in [row["id"] for row in (await browser.get("/conversations", params={"view": "all"}))["rows"]]:
        found.add("list")
    if (await browser.get("/counts"))["counts"]["all"] > 1:
        found.add("counts")
    return found


async def test_who_is_given_one_sees_it(world: World) -> None:
    ada = await furnish(world)
    mia = await world.log_in("mia")
    assert (await name_readers(ada, "sales")).status == 200
    assert (await mia.ask("GET", "/conversations/c-foreign")).status == 404
    assert (await ada.ask("PATCH", "/conversations/c-foreign", json={"assignee": "mia"})).status == 200
    assert (await mia.ask("GET", "/conversations/c-foreign")).status == 200


async def test_readers_are_teams_that_are_there_and_hold_the_channels_own(world: World) -> None:
    ada = await furnish(world)
    assert (await (await name_readers(ada, "nobody")).json())["field"] == "readers"
    row = next(row for row in await ada.get("/channels") if row["id"] == "ours")
    both = {"version": row["version"], "team": "support", "readers": ["sales"]}
    refused = await ada.ask("PATCH", "/channels/ours", json=both)
    assert (refused.status, (await refused.json())["field"]) == (422, "readers")
    assert (await name_readers(ada, "sales")).status == 200
    sue = await world.log_in("sue")
    assert (await sue.ask("PATCH", "/channels/ours", json={"version": 2, "readers": []})).status == 403
    assert (await ada.ask("DELETE", "/teams/sales")).status == 409


async def test_nobody_begins_one_where_he_reads_none(world: World) -> None:
    ada = await furnish(world)
    assert (await name_readers(ada, "sales")).status == 200
    mia = await world.log_in("mia")
    call = next(call for call in CLOSED if call.name == "start_conversation")
    answer = await ask(mia, call, "own", channel="ours")
    assert (answer.status, (await answer.json())["reason"]) == (403, "not_visible")
