"""A draft comes back whole: with its files, recipients, subject and the message it passes on."""

from __future__ import annotations

from typing import Any

from aiohttp import FormData

from inbox.core.ids import ConversationId, MessageId
from inbox.records import MESSAGES, Batch, Put
from inbox.testing.builders import a_message
from tests.api.world import Browser, World

FORWARD = "/conversations/c-own/drafts/forward"
CARL = {"kind": "email", "value": "carl@example.org", "name": "Carl"}


async def uploaded(browser: Browser, name: str) -> str:
    """The id of a fresh upload."""
    form = FormData()
    form.add_field("file", b"inside", filename=name, content_type="text/plain")
    answer = await browser.ask("POST", "/uploads", data=form, headers={"Idempotency-Key": name})
    return str((await answer.json())["id"])


async def drafts(browser: Browser) -> list[dict[str, Any]]:
    """Those in the conversation, as a second device gets them."""
    return list((await browser.get("/conversations/c-own"))["drafts"])


async def test_another_device_gets_all_of_a_draft(world: World) -> None:
    mia, on_the_phone = await world.log_in("mia"), await world.log_in("mia")
    file = await uploaded(mia, "list.txt")
    body = {"text": "see below", "to": [CARL], "cc": [], "bcc": [CARL], "files": [file], "subject": "Fwd: order", "message": "m-own"}
    saved = await (await mia.ask("PUT", FORWARD, json=body)).json()
    (draft,) = await drafts(on_the_phone)
    assert draft == saved
    assert (draft["to"], draft["cc"], draft["bcc"], draft["subject"]) == ([CARL], [], [CARL], "Fwd: order")
    assert draft["files"] == [{"id": file, "name": "list.txt", "type": "text/plain", "size": 6}]
    assert (draft["message"]["id"], draft["message"]["author_name"]) == ("m-own", "Anna Schmidt")
    assert draft["message"]["text"]


async def test_recipients_that_were_taken_out_stay_out(world: World) -> None:
    mia = await world.log_in("mia")
    await mia.ask("PUT", FORWARD, json={"text": "x"})
    assert (await drafts(mia))[0]["to"] is None
    await mia.ask("PUT", FORWARD, json={"text": "x", "to": [], "base": 1})
    assert (await drafts(mia))[0]["to"] == []


async def test_a_draft_shows_no_message_of_another_conversation(world: World) -> None:
    mia = await world.log_in("mia")
    for foreign in ("m-foreign", "nobody"):
        answer = await mia.ask("PUT", FORWARD, json={"text": "x", "message": foreign})
        assert (answer.status, (await answer.json())["field"]) == (422, "message")
    assert (await mia.ask("PUT", FORWARD, json={"text": "x", "message": "m-own"})).status == 200
    moved = await world.store.queries.message(MessageId("m-own"))
    elsewhere = a_message("m-own", conversation=ConversationId("c-foreign"), version=moved.version + 1)
    await world.store.journal.commit(Batch(puts=[Put(MESSAGES, elsewhere, moved.version)]))
    assert (await drafts(mia))[0]["message"] is None


async def test_a_file_that_was_sent_meanwhile_is_left_out(world: World) -> None:
    mia = await world.log_in("mia")
    file = await uploaded(mia, "list.txt")
    await mia.ask("PUT", "/conversations/c-own/drafts/note", json={"text": "x", "files": [file]})
    sent = await mia.ask("POST", "/conversations/c-own/messages", json={"kind": "note", "text": "y", "client_id": "n", "files": [file]})
    assert sent.status == 201
    assert (await drafts(mia))[0]["files"] == []
