"""A provider fetches the one file it was given an address for, for an hour."""

from __future__ import annotations

from inbox.core.ids import FileId
from inbox.core.links import LINK_MS, file_link
from tests.api.world import LINK_KEY, PNG, World


async def test_a_linked_file_is_given_out_without_login_and_is_never_run(world: World) -> None:
    link = file_link(LINK_KEY, FileId("f-own"), world.clock.now() + LINK_MS)
    answer = await world.client.get(f"/media/{link}/photo.png")
    assert answer.status == 200
    assert await answer.read() == PNG
    assert answer.headers["Content-Type"] == "image/png"
    assert answer.headers["Content-Disposition"].startswith("attachment")
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert (await world.client.head(f"/media/{link}/photo.png")).headers["Content-Length"] == str(len(PNG))


async def test_an_old_a_changed_and_a_strange_link_lead_nowhere(world: World) -> None:
    good = file_link(LINK_KEY, FileId("f-own"), world.clock.now() + LINK_MS)
    foreign = file_link(b"x" * 32, FileId("f-own"), world.clock.now() + LINK_MS)
    for link in (good.replace("f-own", "f-foreign"), f"{good}0", "f-own", "a.b.c", foreign):
        assert (await world.client.get(f"/media/{link}/photo.png")).status == 404, link
    world.clock.set(world.clock.now() + LINK_MS)
    assert (await world.client.get(f"/media/{good}/photo.png")).status == 404
