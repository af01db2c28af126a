"""Which browsers an account is told on, and what a message gives away."""

from __future__ import annotations

import pytest

from inbox.core.errors import Invalid
from inbox.core.ids import AgentId, ConversationId
from inbox.core.message import Author
from inbox.core.notifications import Notification
from inbox.core.pushing import LONGEST_BODY, MOST_DEVICES, Device, Devices, device_id, message_for, with_device, without
from inbox.testing.builders import a_conversation

MIA = AgentId("mia")
TOLD = Notification("n", MIA, "assigned", 1, ConversationId("c1"), Author("agent", "max"))


def device(name: str = "phone", *, content: bool = False, kinds: tuple[str, ...] = ("assigned",)) -> Device:
    return Device(device_id(name), name, "key", "secret", "login", "Phone", 1, content=content, kinds=kinds)


def test_the_newest_is_first_the_same_is_changed_and_the_oldest_goes() -> None:
    held = Devices(MIA)
    for n in range(MOST_DEVICES + 1):
        held = with_device(held, device(f"p{n}"))
    assert [d.endpoint for d in held.devices] == [f"p{n}" for n in range(MOST_DEVICES, 0, -1)]
    held = with_device(held, device("p1", content=True))
    assert (held.devices[0].endpoint, held.devices[0].content, len(held.devices)) == ("p1", True, MOST_DEVICES)
    assert "p1" not in [d.endpoint for d in without(held, device_id("p1")).devices]


def test_a_kind_there_is_not_is_refused() -> None:
    with pytest.raises(Invalid):
        with_device(Devices(MIA), device(kinds=("assigned", "made up")))


def test_nothing_of_the_content_unless_it_is_wanted() -> None:
    c = a_conversation(subject="My secret order")
    bare = message_for(device(), TOLD, c, "Anna Schmidt")
    assert (bare.kind, bare.number, bare.tag, bare.body) == ("assigned", c.number, c.id, "")
    assert message_for(device(content=True), TOLD, c, "Anna Schmidt").body == f"#{c.number} Anna Schmidt My secret order"
    assert len(message_for(device(content=True), TOLD, a_conversation(subject="x" * 500), "A").body) == LONGEST_BODY
