"""Faces over the API, and for whoever was told where they are."""

from __future__ import annotations

from base64 import b64encode
from typing import Any

import pytest

from tests.api.world import Browser, World
from tests.faces import a_face


async def seen(browser: Browser, id: str) -> str:
    found: list[dict[str, Any]] = await browser.get("/agents")
    return str(next(row["face"] for row in found if row["id"] == id))


def given(picture: bytes) -> dict[str, str]:
    return {"picture": b64encode(picture).decode()}


async def test_a_face_is_there_for_everybody_until_it_is_replaced_or_removed(world: World) -> None:
    mia, ada = await world.log_in("mia"), await world.log_in("ada")
    answer = await mia.ask("PUT", "/agents/mia/face", json=given(a_face()))
    assert answer.status == 200, await answer.text()
    first = (await answer.json())["face"]
    assert await seen(ada, "mia") == first
    shown = await world.anonymous().ask("GET", f"//faces/{first}")
    assert (shown.status, shown.content_type, await shown.read()) == (200, "image/jpeg", a_face())
    assert shown.headers["Cross-Origin-Resource-Policy"] == "cross-origin"
    assert "immutable" in shown.headers["Cache-Control"]
    assert "sandbox" in shown.headers["Content-Security-Policy"]
    await ada.ask("PUT", "/agents/mia/face", json=given(a_face(weight=9)))
    second = await seen(mia, "mia")
    assert second != first
    assert (await world.anonymous().ask("GET", f"//faces/{first}")).status == 404
    for _ in range(2):
        assert (await mia.ask("DELETE", "/agents/mia/face")).status == 200
    assert await seen(ada, "mia") == ""
    assert (await world.anonymous().ask("GET", f"//faces/{second}")).status == 404


@pytest.mark.parametrize(
    ("body", "field"),
    [
        (given(b"GIF89a"), "picture"),
        (given(a_face(4000, 4000)), "picture"),
        (given(a_face(weight=100_000)), "picture"),
        ({"picture": "no base64!"}, "picture"),
        ({}, "picture"),
    ],
)
async def test_what_is_no_small_picture_is_refused_in_words(world: World, body: Any, field: str) -> None:
    mia = await world.log_in("mia")
    answer = await mia.ask("PUT", "/agents/mia/face", json=body)
    found = await answer.json()
    assert (answer.status, found["field"]) == (422, field), found
    assert await seen(mia, "mia") == ""


async def test_nobody_elses(world: World) -> None:
    mia = await world.log_in("mia")
    for method, body in (("PUT", given(a_face())), ("DELETE", None)):
        assert (await mia.ask(method, "/agents/ada/face", json=body)).status == 403
