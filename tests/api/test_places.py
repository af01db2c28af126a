"""Queues, teams and channels have views of their own."""

import pytest

from tests.api.world import World


@pytest.mark.parametrize(
    ("view", "found"),
    [
        ("team:support", {"c-own"}),
        ("team:sales", {"c-foreign"}),
        ("channel:mail", {"c-own", "c-foreign"}),
        ("team:nobody", None),
        ("channel:nobody", None),
        ("queue:nobody", None),
        ("spam:mail", None),
    ],
)
async def test_teams_and_channels_have_views(world: World, view: str, found: set[str] | None) -> None:
    sue = await world.log_in("sue")
    answer = await sue.ask("GET", "/conversations", params={"view": view})
    assert answer.status == (422 if found is None else 200)
    if found is not None:
        assert {row["id"] for row in (await answer.json())["rows"]} == found
        mia = await world.log_in("mia")
        assert {row["id"] for row in (await mia.get("/conversations", params={"view": view}))["rows"]} == found & {"c-own"}
