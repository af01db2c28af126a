"""Pictures of the people and bots who answer: one's own, and for admins everybody's."""

from __future__ import annotations

import secrets
from typing import Any

from inbox.api import show
from inbox.api import staff_structs as st
from inbox.api import structs as s
from inbox.api.audit import note
from inbox.api.parts import Signed
from inbox.core.errors import Invalid
from inbox.core.faces import Face, objection
from inbox.core.ids import AgentId


async def set_face(asked: Signed[st.SetFace]) -> s.AgentRow:
    """Raises ``Invalid`` for what is no small JPEG, ``Denied`` for somebody else's."""
    if why := objection(asked.body.picture):
        raise Invalid("picture", why)
    agent = AgentId(asked.path["id"])
    return await _set(asked, agent, Face(secrets.token_hex(16), agent, asked.body.picture))


async def remove_face(asked: Signed[None]) -> s.AgentRow:
    """His initials are shown from now on; harmless when they are already."""
    return await _set(asked, AgentId(asked.path["id"]), None)


async def _set(asked: Signed[Any], agent: AgentId, face: Face | None) -> s.AgentRow:
    changed = await asked.parts.faces.set(asked.actor, agent, face)
    if agent != asked.actor.id:
        await note(asked, "face_removed" if face is None else "face_set", agent)
    return show.agent(asked.parts, changed)
