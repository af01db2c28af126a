"""A channel's approved templates: who may see them, who may have them fetched, and how they are sent."""

from __future__ import annotations

import pytest

from inbox.core.errors import NeedsLogin
from inbox.core.ids import ChannelId
from inbox.core.templates import Template, TemplateButton
from inbox.testing.recording_connector import RecordingConnector
from tests.api.world import World

HELLO = Template("hello", "en", "Hello {{name}}", category="utility", buttons=(TemplateButton("url", "Track", "https://t.example/{{1}}"),))


def approve(world: World, *approved: Template) -> None:
    chat = world.parts.channels.running[ChannelId("chat")].connector
    assert isinstance(chat, RecordingConnector)
    chat.provider.templates = list(approved)


async def test_an_admin_fetches_them_and_an_agent_begins_a_conversation_with_one(world: World) -> None:
    approve(world, HELLO)
    ada, mia = await world.log_in("ada"), await world.log_in("mia")
    assert await mia.get("/channels/chat/templates") == {"rows": [], "fetched_at": None, "problem": ""}
    fetched = await ada.ask("POST", "/channels/chat/templates/fetch")
    assert fetched.status == 200, await fetched.text()
    listed = await mia.get("/channels/chat/templates")
    assert listed == await fetched.json()
    assert listed["fetched_at"] == world.clock.now()
    [row] = listed["rows"]
    assert (row["name"], row["language"], row["category"], row["body"]) == ("hello", "en", "utility", "Hello {{name}}")
    assert row["slots"] == [
        {"key": "body.name", "place": "body", "name": "name"},
        {"key": "button.0", "place": "button", "name": "0"},
    ]
    chosen = {"template": row["id"], "values": {"body.name": "Lena", "button.0": "77"}}
    body = {"channel": "chat", "to": [{"kind": "visitor", "value": "v9"}], "text": "", "client_id": "n", "template": chosen}
    made = await mia.ask("POST", "/conversations", json=body, headers={"Idempotency-Key": "k"})
    assert made.status == 201, await made.text()
    message = (await made.json())["message"]
    assert (message["text"], message["cards"]) == ("Hello Lena", [{"kind": "template", "title": "hello (en)", "text": "Track"}])
    chosen["values"].pop("body.name")
    refused = await mia.ask("POST", "/conversations", json={**body, "client_id": "m"})
    assert (refused.status, (await refused.json())["field"]) == (422, "template.body.name")


async def test_agents_and_supervisors_do_not_have_them_fetched(world: World) -> None:
    for who in ("mia", "sue"):
        assert (await (await world.log_in(who)).ask("POST", "/channels/chat/templates/fetch")).status == 403


@pytest.mark.parametrize("channel", ["mail", "nowhere"])
async def test_where_there_are_none_is_no_list(world: World, channel: str) -> None:
    ada = await world.log_in("ada")
    assert (await ada.ask("GET", f"/channels/{channel}/templates")).status == 404
    assert (await ada.ask("POST", f"/channels/{channel}/templates/fetch")).status == 404


async def test_what_stands_in_the_way_is_said(world: World) -> None:
    chat = world.parts.channels.running[ChannelId("chat")].connector
    assert isinstance(chat, RecordingConnector)
    chat.provider.templates = NeedsLogin("The token is old.")
    ada = await world.log_in("ada")
    fetched = await ada.ask("POST", "/channels/chat/templates/fetch")
    assert (await fetched.json())["problem"] == "The provider refused: The token is old."


async def test_a_note_has_no_template(world: World) -> None:
    mia = await world.log_in("mia")
    body = {"kind": "note", "text": "x", "client_id": "n", "template": {"template": "t"}}
    refused = await mia.ask("POST", "/conversations/c-own/messages", json=body)
    assert (refused.status, (await refused.json())["field"]) == (422, "template")


async def test_words_are_previewed_as_the_channel_would_send_them(world: World) -> None:
    mia = await world.log_in("mia")
    answer = await mia.ask("POST", "/channels/chat/preview", json={"text": " **Hello** "})
    assert (answer.status, await answer.json()) == (200, {"text": "**Hello**", "markup": True})
    assert (await mia.ask("POST", "/channels/nobody/preview", json={"text": "x"})).status == 404
