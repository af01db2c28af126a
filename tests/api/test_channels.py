"""Channels as an admin finds, tries out, makes, changes and removes them."""

from __future__ import annotations

from typing import Any

import pytest

from inbox.connector import Health
from inbox.core.errors import NeedsLogin
from inbox.core.events import EventType
from inbox.core.oauth import OAuthClient
from inbox.records import ChannelRecord
from inbox.testing.recording import RecordingConnector
from tests.api.requests import BODIES
from tests.api.world import Browser, World

NEW = BODIES["create_channel"]()
TRIAL = BODIES["test_channel"]()
SECRET = "the secret of ours"
CALLS = [
    ("GET", "/connectors", None),
    ("GET", "/channels", None),
    ("POST", "/channels", NEW),
    ("POST", "/channels/test", TRIAL),
    ("PATCH", "/channels/ours", {"version": 1, "paused": True}),
    ("DELETE", "/channels/ours", None),
]


def stored(world: World, id: str) -> ChannelRecord:
    return world.memory.tables.channels[id]


def told(world: World) -> list[object]:
    return [e.data["channel"] for e in world.memory.tables.events.values() if e.type is EventType.CHANNEL_CHANGED]


async def edit(browser: Browser, id: str, **changes: Any) -> tuple[int, dict[str, Any]]:
    answer = await browser.ask("PATCH", f"/channels/{id}", json=changes)
    return answer.status, await answer.json()


@pytest.fixture
def probes(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """The settings that were tried out; the last entry of ``ends`` on the class says how it ends."""
    seen: list[Any] = []

    async def probe(self: RecordingConnector) -> Health:
        seen.append(self.settings)
        if self.settings.secret == "wrong":
            raise NeedsLogin("535 bad password")
        return Health(True)

    monkeypatch.setattr(RecordingConnector, "probe", probe)
    return seen


@pytest.mark.parametrize("who", ["sue", "mia"])
@pytest.mark.parametrize(("method", "path", "body"), CALLS)
async def test_only_admins_see_and_change_settings(world: World, who: str, method: str, path: str, body: Any) -> None:
    answer = await (await world.log_in(who)).ask(method, path, json=body)
    assert (answer.status, (await answer.json())["reason"]) == (403, "role")
    assert told(world) == []


async def test_what_there_can_be_comes_with_its_form(world: World) -> None:
    rows = {row["name"]: row for row in await (await world.log_in("ada")).get("/connectors")}
    mailbox = rows["recording"]
    assert (mailbox["role"], mailbox["webhook"], mailbox["kind"], mailbox["first"]) == ("channel", True, "email", True)
    assert mailbox["form"]["properties"]["address"] == {"type": "string", "default": "help@example.com", "title": "Address"}
    assert mailbox["form"]["properties"]["secret"] == {"type": "string", "title": "Secret", "writeOnly": True}
    assert (rows["recording_bot"]["role"], rows["recording_bot"]["webhook"], rows["recording_bot"]["first"]) == ("bot", False, False)


async def test_secrets_are_never_told(world: World, probes: list[Any]) -> None:
    ada = await world.log_in("ada")
    await ada.ask("POST", "/channels", json=NEW)
    answer = await ada.ask("GET", "/channels")
    text = await answer.text()
    assert "another secret" not in text
    assert SECRET not in text
    rows = {row["id"]: row for row in await answer.json()}
    assert rows["second"]["secrets"] == rows["ours"]["secrets"] == ["secret"]
    assert rows["second"]["settings"] == {"address": "second@example.com"}
    assert rows["second"]["webhook"] == "http://inbox.example/hooks/recording/second"
    assert (rows["mail"]["managed"], rows["ours"]["managed"]) == ("file", "workspace")


async def test_a_new_channel_is_sealed_told_and_audited(world: World, probes: list[Any]) -> None:
    ada = await world.log_in("ada")
    answer = await ada.ask("POST", "/channels", json=NEW)
    assert answer.status == 201, await answer.text()
    record = stored(world, "second")
    assert record.settings == {"address": "second@example.com"}
    assert record.secrets["secret"].startswith("sealed:second:secret:")
    assert (record.team, record.managed, record.version) == ("support", "workspace", 1)
    assert told(world) == ["second"]
    assert [probe.secret for probe in probes] == ["another secret"]
    (line,) = [line for line in await world.store.accounts.audited(None, 9) if line.action != "logged_in"]
    assert (line.actor, line.action, line.target) == ("ada", "channel_created", "second")


async def test_the_same_key_makes_one_channel(world: World, probes: list[Any]) -> None:
    ada = await world.log_in("ada")
    key = {"Idempotency-Key": "once"}
    first, again = [await ada.ask("POST", "/channels", json=NEW, headers=key) for _ in range(2)]
    assert (first.status, again.status) == (201, 201)
    assert await first.json() == await again.json()
    other = await ada.ask("POST", "/channels", json={**NEW, "settings": {"secret": "a third one"}}, headers=key)
    assert (other.status, (await other.json())["code"]) == (422, "idempotency_mismatch")
    taken = await ada.ask("POST", "/channels", json=NEW)
    assert taken.status == 409
    assert told(world) == ["second"]


async def test_what_does_not_work_is_stored_only_on_demand(world: World, probes: list[Any]) -> None:
    ada = await world.log_in("ada")
    wrong = {**NEW, "settings": {"secret": "wrong"}}
    refused = await ada.ask("POST", "/channels", json=wrong)
    problem = await refused.json()
    assert (refused.status, problem["code"]) == (422, "not_working")
    assert "535 bad password" in problem["detail"]
    assert "second" not in world.memory.tables.channels
    assert (await ada.ask("POST", "/channels", json={**wrong, "anyway": True})).status == 201


async def test_a_channel_that_only_lacks_a_consent_is_saved_so_that_it_can_be_given(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    client = OAuthClient("Example", "https://login.example/a", "https://login.example/t", "id", "secret", ("mail",), "help@example.com")
    said = {"health": Health(False, "Nobody has signed in at Example yet.", "Open /oauth/start/trial.")}

    async def probe(self: RecordingConnector) -> Health:
        return said["health"]

    monkeypatch.setattr(RecordingConnector, "consent", lambda self: client)
    monkeypatch.setattr(RecordingConnector, "probe", probe)
    ada = await world.log_in("ada")
    trial = await (await ada.ask("POST", "/channels/test", json=TRIAL)).json()
    assert (trial["ok"], trial["consent"], trial["remedy"]) == (False, True, "Save this channel, then sign in at Example.")
    said["health"] = Health(False, "mail.example cannot be reached.", "Check that it runs.")
    trial = await (await ada.ask("POST", "/channels/test", json=TRIAL)).json()
    assert (trial["consent"], trial["remedy"]) == (False, "Check that it runs.")
    assert (await ada.ask("POST", "/channels", json=NEW)).status == 422
    said["health"] = Health(False, "Nobody has signed in at Example yet.", "Open /oauth/start/second.")
    answer = await ada.ask("POST", "/channels", json=NEW)
    assert (answer.status, (await answer.json())["consent"]) == (201, True)


async def test_an_empty_secret_stays_unless_it_is_to_be_forgotten(world: World, probes: list[Any]) -> None:
    ada = await world.log_in("ada")
    status, row = await edit(ada, "ours", version=1, settings={"secret": "", "address": "new@example.com"})
    assert (status, row["version"], row["settings"]) == (200, 2, {"address": "new@example.com"})
    assert probes[-1].secret == SECRET
    status, row = await edit(ada, "ours", version=2, settings={"address": "new@example.com"}, forget=["secret"])
    assert (status, row["secrets"], stored(world, "ours").secrets) == (200, [], {})
    assert probes[-1].secret == "open sesame"  # the default of the connector


async def test_settings_are_tried_out_and_not_stored(world: World, probes: list[Any]) -> None:
    ada = await world.log_in("ada")
    for given, ok in ((TRIAL, True), ({**TRIAL, "settings": {}}, True), ({**TRIAL, "settings": {"secret": "wrong"}}, False)):
        answer = await ada.ask("POST", "/channels/test", json=given)
        assert (await answer.json())["ok"] is ok
    assert [probe.secret for probe in probes] == ["a secret", SECRET, "wrong"]
    assert told(world) == []


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"settings": {"adress": "x"}}, "settings.adress"),
        ({"settings": {"address": 7}}, "settings.address"),
        ({"settings": {"address": {"$gt": ""}}}, "settings.address"),
        ({"connector": "fax"}, "connector"),
        ({"team": "nobody"}, "team"),
        ({"bot": "ours"}, "bot"),
        ({"bot": "nobody"}, "bot"),
        ({"id": "Not an id"}, "id"),
        ({"name": ""}, "name"),
    ],
    ids=str,
)
async def test_mistakes_are_named_by_their_field(world: World, probes: list[Any], changes: dict[str, Any], field: str) -> None:
    answer = await (await world.log_in("ada")).ask("POST", "/channels", json={**NEW, **changes})
    assert (answer.status, (await answer.json())["field"]) == (422, field)
    assert told(world) == []


async def test_whoever_saw_an_older_version_is_refused(world: World, probes: list[Any]) -> None:
    ada = await world.log_in("ada")
    assert (await edit(ada, "ours", version=1, paused=True))[0] == 200
    assert stored(world, "ours").paused
    assert (await edit(ada, "ours", version=1, name="Theirs"))[0] == 409
    assert (await edit(ada, "nowhere", version=1, name="Theirs"))[0] == 404
    assert probes == []  # who only pauses does not wait for a provider


async def test_the_settings_file_keeps_its_channels(world: World, probes: list[Any]) -> None:
    ada = await world.log_in("ada")
    status, problem = await edit(ada, "mail", version=1, name="Mine now")
    assert status == 409
    assert "settings file" in problem["detail"]
    assert (await ada.ask("DELETE", "/channels/mail")).status == 409
    assert (await ada.ask("POST", "/channels", json={**NEW, "id": "mail"})).status == 409
    assert stored(world, "mail").name == "Mail"


async def test_a_removed_channel_can_come_back(world: World, probes: list[Any]) -> None:
    ada = await world.log_in("ada")
    for _ in range(2):
        assert (await ada.ask("DELETE", "/channels/ours")).status == 204
    assert not stored(world, "ours").enabled
    assert told(world) == ["ours"]
    (row,) = [row for row in await ada.get("/channels") if row["id"] == "ours"]
    assert (row["enabled"], row["healthy"]) == (False, False)
    assert (await edit(ada, "ours", version=2, name="x"))[0] == 409
    status, row = await edit(ada, "ours", version=2, enabled=True)
    assert (status, row["enabled"], row["secrets"]) == (200, True, ["secret"])
