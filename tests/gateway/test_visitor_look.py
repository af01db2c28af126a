"""What the owner of a chat decides reaches its visitors: who is named, what the page says of them, when somebody is back."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from connectors.webchat import WebchatConnector
from inbox.connector import InboundMessage
from inbox.core.widget import WidgetSettings
from inbox.gateway import visitor_protocol as p
from tests.gateway.visitor_world import SAM, SHOP, World


@pytest.mark.parametrize(("agents", "shown", "face"), [("faces", "Sam", "f" * 32), ("names", "Sam", ""), ("nobody", "Ask us", "")])
async def test_agents_are_shown_as_the_channel_says(agents: str, shown: str, face: str) -> None:
    world = World(WidgetSettings(title="Ask us", agents=agents))  # type: ignore[arg-type]  # one of its three words
    tab, _ = await world.writer()
    me = world.visitor_of(tab)
    world.answer(me)
    row = tab.one(p.MessageChanged).row
    assert (row.name, row.face) == (shown, face)
    world.visitors.agent_typing(SHOP, me, "Sam", True)
    assert tab.one(p.SomebodyTypes).name == shown


async def test_without_a_picture_the_initial_stands_for_somebody() -> None:
    world = World(WidgetSettings())
    world.feed.accounts[SAM.id] = replace(world.feed.accounts[SAM.id], face="")
    tab, _ = await world.writer()
    world.answer(world.visitor_of(tab))
    assert tab.one(p.MessageChanged).row.face == "S"


async def test_what_the_page_says_goes_with_the_next_line() -> None:
    world = World()
    tab, _ = await world.writer()
    await tab.send("about", attributes={"plan": "gold", "email": "not@claimed.example"})
    await tab.send("say", client_id="line-0001", text="Hello", email="ada@example.org")
    [message] = [i for raw in world.deliveries.all for i in WebchatConnector.parse(raw) if isinstance(i, InboundMessage)]
    assert message.attributes["plan"] == "gold"
    assert message.attributes["email"] == "ada@example.org", "what he typed outranks what the page says"


@pytest.mark.parametrize("attributes", [{"": "x"}, {"a$b": "x"}, {"a": "x" * 201}, {f"a{n}": "" for n in range(21)}])
async def test_attributes_are_bounded(attributes: dict[str, str]) -> None:
    world = World()
    tab, _ = await world.writer()
    await tab.send("about", attributes=attributes)
    assert tab.one(p.Refused).code == "malformed"


async def test_outside_of_business_hours_a_tab_learns_when_somebody_is_back() -> None:
    world = World()
    world.feed.closed_until = 1_800_000_000_000
    tab = await world.opened()
    assert (tab.ready.online, tab.ready.back) == (False, 1_800_000_000_000)
    world.visitors.online_changed(SHOP, p.Online(True))
    assert tab.one(p.Online).back is None
