"""A channel that names the teams who read it: who is given its conversations, by itself and by hand."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from inbox.core import commands as c
from inbox.core.agent import Role
from inbox.core.errors import Denied, Invalid
from inbox.core.events import Event, EventType
from inbox.core.ids import AgentId, TeamId
from inbox.core.message import Author
from inbox.flow.committer import Rank
from inbox.flow.working import Layer
from inbox.records import CHANNELS, ChannelRecord
from inbox.testing.builders import a_team
from tests.flow.house import MAIL, House

LEGAL, SALES = TeamId("legal"), TeamId("sales")


class Name:
    """Commit who reads the mail, as an admin's change does."""

    rank, size, group = Rank.COMMAND, 300, str(MAIL)

    def __init__(self, *teams: TeamId) -> None:
        self.teams = teams

    def decide(self, layer: Layer) -> None:
        layer.need((CHANNELS, (MAIL,)))
        before = layer.get(CHANNELS, MAIL) or ChannelRecord(MAIL, "recording", "Mail")
        layer.put(CHANNELS, replace(before, readers=self.teams))
        layer.event(Event(EventType.CHANNEL_CHANGED, layer.now, Author("system"), data={"channel": MAIL}))


async def test_what_comes_is_given_by_itself_only_to_who_reads_the_channel(house: House) -> None:
    await house.hire("sam", teams=(SALES,))
    await house.committer.submit(Name(LEGAL))
    question = await house.write("secret", key="secret")
    await house.rest()
    waits = await house.conversation(question.conversation)
    assert waits.assignee is None
    assert waits.why_waiting is not None
    assert waits.why_waiting.code == "nobody_online"
    await house.hire("lea", teams=(LEGAL,))
    await house.rest()
    assert (await house.conversation(question.conversation)).assignee == "lea"


async def test_what_waits_is_given_out_when_the_channel_is_opened(house: House) -> None:
    await house.hire("sam", teams=(SALES,))
    await house.committer.submit(Name(LEGAL))
    question = await house.write("secret", key="secret")
    await house.rest()
    assert (await house.conversation(question.conversation)).assignee is None
    await house.committer.submit(Name())
    await house.rest()
    assert (await house.conversation(question.conversation)).assignee == "sam"


async def test_it_is_not_given_to_a_team_that_would_not_see_it(house: House) -> None:
    for team in (LEGAL, SALES):
        await house.store.directory.save_team(a_team(team))
    sue = await house.hire("sue", role=Role.SUPERVISOR, online=False)
    question = await house.write("secret", key="secret")
    await house.committer.submit(Name(LEGAL))
    with pytest.raises(Invalid) as wrong:
        await house.do(sue, c.Assign(question.conversation, team=SALES))
    assert wrong.value.field == "team"
    await house.do(sue, c.Assign(question.conversation, AgentId("sue"), LEGAL))
    assert (await house.conversation(question.conversation)).team == LEGAL


async def test_nobody_writes_first_by_a_channel_he_does_not_read(house: House) -> None:
    await house.committer.submit(Name(LEGAL))
    await house.hire("sam", teams=(SALES,), online=False)
    sam = await house.directory.actor("sam")
    assert sam is not None
    first = c.StartConversation("x1", MAIL, (c.Addressee("email", "new@example.org"),), "Hello")
    with pytest.raises(Denied):
        await house.do(sam, first)
    await house.committer.submit(Name(LEGAL, SALES))
    sam = await house.directory.actor("sam")
    assert sam is not None
    await house.do(sam, first)
