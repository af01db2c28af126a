"""Faces go with their accounts, in one commit."""

from __future__ import annotations

import pytest

from inbox.core.agent import Role
from inbox.core.errors import Denied, NotFound
from inbox.core.events import EventType
from inbox.core.faces import Face
from inbox.core.ids import AgentId
from inbox.flow.faces import Faces
from tests.faces import a_face
from tests.flow.house import House
from tests.store.conftest import Store

FIRST, SECOND = (Face(letter * 32, AgentId("mia"), a_face(weight=n)) for n, letter in enumerate("ab"))


async def test_a_face_takes_the_place_of_the_one_before_and_is_told_of(any_store: Store) -> None:
    async with House(any_store).running() as house:
        faces = Faces(house.committer, house.store.journal)
        mia = await house.hire("mia", capacity=3)
        assert (await faces.set(mia, mia.id, FIRST)).face == FIRST.id
        found = await faces.find(FIRST.id)
        assert found is not None
        assert found.picture == FIRST.picture
        await faces.set(mia, mia.id, SECOND)
        assert await faces.find(FIRST.id) is None
        assert await faces.find(SECOND.id) is not None
        assert (await faces.set(mia, mia.id, None)).capacity == 3
        assert await faces.find(SECOND.id) is None
        await house.rest()
        assert [x.event.agent for x in house.heard if x.event.type is EventType.AGENT_CHANGED] == ["mia"] * 4


async def test_of_others_only_who_looks_after_them_changes_it(any_store: Store) -> None:
    async with House(any_store).running() as house:
        faces = Faces(house.committer, house.store.journal)
        mia, boss, lead = await house.hire("mia"), await house.hire("ada", role=Role.ADMIN), await house.hire("sue", role=Role.SUPERVISOR)
        for other in (lead, await house.hire("ben")):
            with pytest.raises(Denied):
                await faces.set(other, mia.id, FIRST)
        await faces.set(boss, mia.id, FIRST)
        await faces.set(mia, mia.id, None)
        with pytest.raises(NotFound):
            await faces.set(boss, AgentId("nobody"), FIRST)
