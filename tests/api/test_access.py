"""Who may reach what: every call times every role times own, foreign and absent objects, made from the contract."""

from __future__ import annotations

from typing import Any

import pytest
from aiohttp import ClientResponse, FormData

from inbox.api.call import Call
from inbox.api.contract import CALLS
from inbox.records import MESSAGES, StoredFile
from inbox.testing.clock import START
from tests.api.requests import BODIES, QUERIES, is_about_a_conversation, path_of
from tests.api.world import PNG, Browser, World

CLOSED = [call for call in CALLS if not call.open]
GATED = [call for call in CALLS if is_about_a_conversation(call)]
FOREIGN = ("c-foreign", "m-foreign", "r-foreign", "f-foreign", "raw of foreign", "Hello from foreign")


def name(call: Call) -> str:
    """The test's id."""
    return call.name


async def ask(browser: Browser, call: Call, side: str, **changes: Any) -> ClientResponse:
    """The call as it would be right, for an object of this side."""
    more: dict[str, Any] = {}
    if call.body is not None:
        more["json"] = BODIES[call.name]() | changes
    if call.name == "move_messages":
        more["json"]["messages"] = [f"m-{side}"]
    if call.form:
        more["data"] = FormData()
        more["data"].add_field("file", PNG, filename="a.png", content_type="image/png")
    return await browser.ask(call.method, path_of(call, side), params=QUERIES.get(call.name, {}), **more)


def test_the_matrix_has_no_empty_cell() -> None:
    assert {call.name for call in CALLS if call.body is not None} == set(BODIES)
    assert {call.name for call in CALLS if "{id}" in call.path} == {c.name for c in GATED} | {
        "get_customer",
        "edit_customer",
        "add_identity",
        "edit_account",
        "get_consent",
        "make_link",
        "withdraw_invitation",
        "set_availability",
        "set_face",
        "remove_face",
        "end_session",
        "drop_device",
        "reset_factor",
        "end_token",
        "end_sign_in",
        "rename_passkey",
        "remove_passkey",
        "rename_team",
        "delete_team",
        "unblock_sender",
        "get_job",
        "cancel_job",
        "undo_job",
        "list_templates",
        "fetch_templates",
        "preview_text",
        "edit_channel",
        "remove_channel",
        "edit_saved_reply",
        "use_saved_reply",
        "delete_saved_reply",
        "edit_queue",
        "edit_view",
        "delete_view",
        "delete_queue",
        "edit_calendar",
        "delete_calendar",
        "edit_sla_policy",
        "delete_sla_policy",
        "edit_survey",
        "delete_survey",
        "edit_break_reason",
        "edit_alert",
        "delete_alert",
        "edit_webhook",
        "delete_webhook",
        "test_webhook",
        "delete_break_reason",
        "edit_attribute",
        "delete_attribute",
        "edit_segment",
        "delete_segment",
        "edit_tag",
        "retag",
        "edit_role",
        "delete_role",
        "replace_role",
        "get_repair",
        "undo_repair",
        "find_candidates",
        "merge_customers",
        "part_customers",
    }


@pytest.mark.parametrize("call", CLOSED, ids=name)
async def test_nobody_reaches_anything_without_a_session(world: World, call: Call) -> None:
    for browser in (world.anonymous(), Browser(world, cookie="x" * 43), Browser(world, cookie="{'$gt':''}")):
        answer = await ask(browser, call, "own")
        assert answer.status == 401, call.name
        assert "own" not in await answer.text()


@pytest.mark.parametrize("call", GATED, ids=name)
async def test_a_foreign_object_is_as_if_it_were_not_there(world: World, call: Call) -> None:
    mia = await world.log_in("mia")
    foreign, absent = await ask(mia, call, "foreign"), await ask(mia, call, "absent")
    assert (foreign.status, absent.status) == (404, 404)
    assert await foreign.read() == await absent.read()
    assert {k for k in foreign.headers if k != "Date"} == {k for k in absent.headers if k != "Date"}


@pytest.mark.parametrize("who", ["ada", "sue", "mia"])
@pytest.mark.parametrize("call", GATED, ids=name)
async def test_who_may_see_it_reaches_it(world: World, call: Call, who: str) -> None:
    """Otherwise the test above would be green for calls that never work. A reply that was never sent cannot be retried."""
    browser = await world.log_in(who)
    answer = await ask(browser, call, "own")
    assert answer.status in {
        "retry_message": (409, 422),
        "edit_message": (422,),  # as a mail cannot be changed
        "withdraw_message": (422,),
        "react_to_message": (422,),
        "send_message_now": (200, 409),
        "answer_offer": (409,),
        "merge_conversations": (422,),  # the only other conversation of this world is foreign to some: it is merged into itself
    }.get(call.name, (200, 201, 204)), await answer.text()


@pytest.mark.parametrize("who", ["ada", "sue"])
@pytest.mark.parametrize("call", GATED, ids=name)
async def test_supervisors_reach_every_team(world: World, call: Call, who: str) -> None:
    browser = await world.log_in(who)
    assert (await ask(browser, call, "foreign")).status not in (401, 403, 404)


@pytest.mark.parametrize("call", CLOSED, ids=name)
async def test_no_answer_names_what_its_reader_may_not_see(world: World, call: Call) -> None:
    mia = await world.log_in("mia")
    text = (await (await ask(mia, call, "own")).read()).decode("latin-1")
    assert not [word for word in FOREIGN if word in text]


@pytest.mark.parametrize("who", ["off", "bot", "nobody"])
async def test_accounts_that_are_off_or_of_bots_cannot_log_in(world: World, who: str) -> None:
    answer = await world.anonymous().ask("POST", "/session", json={"email": f"{who}@example.com", "password": "correct horse battery"})
    assert answer.status == 401


@pytest.mark.parametrize(
    ("call", "changes"),
    [
        ("mark_read", {"message": "m-foreign"}),
        ("mark_read", {"message": "m-absent"}),
        ("save_draft", {"files": ["f-foreign"]}),
        ("save_draft", {"files": ["f-own"]}),
        ("send_message", {"files": ["f-foreign"], "client_id": "x"}),
        ("send_message", {"files": ["f-own"], "client_id": "x"}),
        ("start_conversation", {"files": ["f-foreign"], "client_id": "x"}),
        ("start_conversation", {"customer": "nobody", "client_id": "x"}),
        ("start_conversation", {"channel": "nowhere", "client_id": "x"}),
        ("edit_conversation", {"assignee": "nobody"}),
        ("edit_conversation", {"bot": "mia"}),
    ],
)
async def test_a_body_refers_only_to_what_belongs_there(world: World, call: str, changes: dict[str, Any]) -> None:
    mia = await world.log_in("mia")
    answer = await ask(mia, next(c for c in CALLS if c.name == call), "own", **changes)
    assert answer.status == 422, await answer.text()
    assert (await answer.json())["field"] in changes


async def test_a_foreign_message_cannot_be_forwarded_out_of_an_own_conversation(world: World) -> None:
    mia = await world.log_in("mia")
    body = {"kind": "forward", "text": "", "client_id": "x", "message": "m-foreign", "to": [{"kind": "email", "value": "x@example.org"}]}
    answer = await mia.ask("POST", "/conversations/c-own/messages", json=body)
    assert answer.status == 404
    assert len(world.memory.tables.of(MESSAGES)) == 4


async def test_numbers_are_no_second_way_in(world: World) -> None:
    mia, sue = await world.log_in("mia"), await world.log_in("sue")
    assert (await mia.get("/conversations/1"))["row"]["id"] == "c-own"
    assert (await mia.get("/conversations/%231"))["row"]["id"] == "c-own"
    assert (await mia.ask("GET", "/conversations/2")).status == 404
    assert (await sue.get("/conversations/2"))["row"]["id"] == "c-foreign"


async def test_access_ends_with_the_team_while_a_session_goes_on(world: World) -> None:
    mia, ada = await world.log_in("mia"), await world.log_in("ada")
    assert (await mia.ask("GET", "/conversations/c-own")).status == 200
    changed = await ada.ask("PATCH", "/conversations/c-own", json={"team": "sales", "assignee": "ben"})
    assert changed.status == 200, await changed.text()
    for path in ("/conversations/c-own", "/messages/m-own/html", "/messages/m-own/raw", "/files/f-own", "/conversations/c-own/timeline"):
        assert (await mia.ask("GET", path)).status == 404, path


async def test_an_upload_is_its_owners_until_a_message_names_it(world: World) -> None:
    mia, sue = await world.log_in("mia"), await world.log_in("sue")
    await world.store.files.store(StoredFile("up", "a.txt", "text/plain", 1, "agent:mia", START), b"x")
    assert (await mia.ask("GET", "/files/up")).status == 200
    assert (await sue.ask("GET", "/files/up")).status == 404


async def test_a_visitors_upload_is_nobodys_until_its_message_is_there(world: World) -> None:
    await world.store.files.store(StoredFile("up", "a.txt", "text/plain", 1, "visitor:mia", START), b"x")
    for who in ("mia", "ada"):
        assert (await (await world.log_in(who)).ask("GET", "/files/up")).status == 404
