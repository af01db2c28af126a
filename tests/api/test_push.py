"""A person's own browsers that are told: listed, changed and removed by him, and by no program."""

from __future__ import annotations

from tests.api.requests import BODIES
from tests.api.world import World


async def test_a_browser_is_set_up_changed_and_removed(world: World) -> None:
    mia, max_ = await world.log_in("mia"), await world.log_in("sue")
    empty = await (await mia.ask("GET", "/me/push")).json()
    assert (empty["devices"], bool(empty["key"])) == ([], True)
    body = BODIES["save_device"]()
    made = await (await mia.ask("PUT", "/me/push/devices", json=body)).json()
    (row,) = made["devices"]
    assert (row["current"], row["content"], row["kinds"]) == (True, False, ["assigned", "mention"])
    assert body["endpoint"] not in str(made), "an address that takes messages is shown to nobody"
    again = await (await mia.ask("PUT", "/me/push/devices", json={**body, "content": True})).json()
    assert [(one["id"], one["content"]) for one in again["devices"]] == [(row["id"], True)]
    assert (await (await max_.ask("GET", "/me/push")).json())["devices"] == []
    assert (await max_.ask("DELETE", f"/me/push/devices/{row['id']}")).status == 404
    assert (await mia.ask("DELETE", f"/me/push/devices/{row['id']}")).status == 204
    assert (await (await mia.ask("GET", "/me/push")).json())["devices"] == []


async def test_other_addresses_and_kinds_are_refused(world: World) -> None:
    mia = await world.log_in("mia")
    body = BODIES["save_device"]()
    for wrong in (
        {"endpoint": "http://push.example.net/x"},
        {"endpoint": "javascript:alert(1)"},
        {"kinds": ["made up"]},
        {"p256dh": "not base64 !"},
    ):
        assert (await mia.ask("PUT", "/me/push/devices", json=body | wrong)).status in (400, 422), wrong
