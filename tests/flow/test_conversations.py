"""Every command: what it does, that the gate stands before it, and that doing it twice is doing it once."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from inbox.core import commands as c
from inbox.core.agent import Availability, Role
from inbox.core.conversation import Category, ClockState, Priority
from inbox.core.errors import Conflict, Denied, Invalid, KeyReused, NewerReply, NotFound
from inbox.core.events import EventType
from inbox.core.ids import AgentId, ChannelId, ConversationId, CustomerId, MessageId, TeamId
from inbox.core.message import AmendKind, Call, DeliveryState, Kind, Message
from inbox.core.permissions import Actor
from inbox.records import CUSTOMERS
from inbox.testing.builders import a_team
from tests.flow.house import ANNA, BOB, BOT, BOT_ACTOR, CHAT, MAIL, MINUTE, TEAM, House, load

STRANGER = Actor(AgentId("sam"), Role.AGENT, (TeamId("sales"),))
SUPERVISOR = Actor(AgentId("sue"), Role.SUPERVISOR)


async def a_question(house: House, **fields: Any) -> tuple[Actor, Message]:
    """Mia holds Anna's conversation, which belongs to her team."""
    await house.store.directory.save_team(a_team(TEAM))
    mia = await house.hire("mia", teams=(TEAM,))
    question = await house.write("Where is my order?", key="q", **fields)
    await house.do(SUPERVISOR, c.Assign(question.conversation, mia.id, TEAM))
    return mia, question


def every_command(id: ConversationId, message: MessageId, customer: CustomerId) -> list[c.Command]:
    """One of each that is about a conversation."""
    to = (c.Addressee("email", "x@example.org"),)
    return [
        c.Reply(id, "r", "hello", anyway=True),
        c.Note(id, "n", "hello"),
        c.LogCall(id, "l", Call("+4930901820", "in", "answered", 0)),
        c.Forward(id, "f", message, to),
        c.Assign(id, None),
        c.HandOver(id),
        c.MoveToQueue(id, None),
        c.GiveToBot(id, AgentId(BOT)),
        c.SetStatus(id, Category.RESOLVED),
        c.SetPriority(id, Priority.URGENT),
        c.SetTags(id, ("vip",)),
        c.Follow(id, True),
        c.SetSubject(id, "New"),
        c.AcceptParticipant(id, ANNA.kind, ANNA.value),
        c.SplitParticipant(id, ANNA.kind, ANNA.value),
        c.Retry(id, message),
        c.CancelSend(id, message),
        c.SendNow(id, message),
        c.MarkSeen(id, message),
        c.Amend(id, message, AmendKind.DELETE),
        c.EditCustomer(customer, 1, name="X", conversation=id),
    ]


def test_the_list_of_commands_is_complete() -> None:
    named = {type(command) for command in every_command(ConversationId("c"), MessageId("m"), CustomerId("p"))}
    assert named | {c.StartConversation, c.StartCall} == set(c.ACTIONS)


async def test_who_may_not_see_a_conversation_is_told_that_there_is_none(house: House) -> None:
    _, question = await a_question(house)
    before = await house.conversation(question.conversation)
    there, nowhere = question.conversation, ConversationId("none")
    assert question.customer is not None
    for mine, none in zip(
        every_command(there, question.id, question.customer), every_command(nowhere, question.id, CustomerId("none")), strict=True
    ):
        answers = []
        for command in (mine, none):
            with pytest.raises(NotFound) as refused:
                await house.do(STRANGER, command)
            answers.append(str(refused.value))
        assert answers[0] == answers[1], "both must read the same"
    assert await house.conversation(question.conversation) == before


async def test_what_a_role_may_not_do_is_denied(house: House) -> None:
    _, question = await a_question(house)
    bot = Actor(AgentId("mia"), Role.BOT)
    for command in (c.SetPriority(question.conversation, Priority.LOW), c.Assign(question.conversation, None)):
        with pytest.raises(Denied):
            await house.do(bot, command)
    with pytest.raises(Denied):
        await house.do(bot, c.StartConversation("1", MAIL, (c.Addressee("email", "x@example.org"),), "hi"))


async def test_a_reply_goes_to_the_accepted_participants_and_waits_for_the_customer(house: House) -> None:
    mia, question = await a_question(house, cc=(BOB,))
    reply = await house.reply(mia, question.conversation, "It left yesterday.")
    after = await house.conversation(question.conversation)
    assert (reply.kind, reply.channel, [a.value for a in reply.to]) == (Kind.REPLY, MAIL, [ANNA.value])
    assert reply.delivery is not None
    assert reply.delivery.state is DeliveryState.PENDING
    assert (after.category, after.waiting_since, after.sla[0].state) == (Category.WAITING, None, ClockState.MET)
    assert after.last_reply is not None
    assert after.last_reply.id == reply.id
    assert await house.thread(question.conversation) == ["Where is my order?", "It left yesterday."]


async def test_a_reply_may_close_in_the_same_step(house: House) -> None:
    mia, question = await a_question(house)
    await house.reply(mia, question.conversation, then=Category.RESOLVED)
    after = await house.conversation(question.conversation)
    assert after.category is Category.RESOLVED
    assert (await house.agent("mia")).load == 0


async def test_an_empty_reply_and_one_to_nobody_are_refused(house: House) -> None:
    mia, question = await a_question(house)
    with pytest.raises(Invalid) as empty:
        await house.reply(mia, question.conversation, " \n")
    await house.do(mia, c.SetStatus(question.conversation, Category.SPAM))
    with pytest.raises(Invalid) as spam:
        await house.reply(mia, question.conversation)
    assert (empty.value.field, spam.value.field) == ("text", "conversation")
    chat = await house.write("hi", channel=CHAT)
    with pytest.raises(Invalid, match="at most 4000"):
        await house.reply(SUPERVISOR, chat.conversation, "x" * 4_001)


async def test_whom_an_agent_writes_to_takes_part_from_then_on_but_not_by_blind_copy(house: House) -> None:
    mia, question = await a_question(house, cc=(BOB,))
    to, cc, bcc = ((c.Addressee("email", v),) for v in (BOB.value, "Carl@Example.org", "secret@example.org"))
    reply = await house.reply(mia, question.conversation, to=(*to, *to), cc=(*cc, *to), bcc=(*bcc, *cc))
    assert [[a.value for a in group] for group in (reply.to, reply.cc, reply.bcc)] == [
        [BOB.value],
        ["carl@example.org"],
        ["secret@example.org"],
    ]
    participants = {p.value: p.accepted for p in (await house.conversation(question.conversation)).participants}
    assert participants == {ANNA.value: True, BOB.value: True, "carl@example.org": True}


async def test_the_same_client_id_is_the_same_message_however_often_it_comes(any_store: Any) -> None:
    async with House(any_store).running() as house:
        mia, question = await a_question(house)
        command = c.Reply(question.conversation, "once", "hello", anyway=True)
        outcomes = await asyncio.gather(*(house.do(mia, command) for _ in range(10)))
        assert len({o.message.id for o in outcomes if o.message}) == 1
        assert [o.duplicate for o in outcomes].count(False) == 1
        assert await house.thread(question.conversation) == ["Where is my order?", "hello"]


async def test_a_client_id_is_not_taken_for_another_message(house: House) -> None:
    mia, question = await a_question(house)
    other = await house.write("another", key="o", subject="Other")
    await house.do(SUPERVISOR, c.Assign(other.conversation, mia.id, TEAM))
    await house.do(mia, c.Reply(question.conversation, "id", "hello", anyway=True))
    for command in (
        c.Reply(question.conversation, "id", "something else", anyway=True),
        c.Reply(other.conversation, "id", "hello", anyway=True),
        c.Note(question.conversation, "id", "hello"),
    ):
        with pytest.raises(Invalid) as refused:
            await house.do(mia, command)
        assert refused.value.field == "client_id"
    assert await house.thread(other.conversation) == ["another"]


async def test_the_same_key_answers_the_same_and_another_body_under_it_is_refused(house: House) -> None:
    mia, question = await a_question(house)
    first = await house.do(mia, c.Note(question.conversation, "1", "note"), "key")
    again = await house.do(mia, c.Note(question.conversation, "1", "note"), "key")
    assert (again.message, again.duplicate) == (first.message, True)
    with pytest.raises(KeyReused):
        await house.do(mia, c.Note(question.conversation, "2", "another"), "key")
    other = await house.hire("ben", teams=(TEAM,))
    assert not (await house.do(other, c.Note(question.conversation, "2", "another"), "key")).duplicate
    assert await house.thread(question.conversation) == ["Where is my order?", "note", "another"]


async def test_nobody_answers_over_a_colleagues_newer_reply_unless_he_means_it(house: House) -> None:
    mia, question = await a_question(house)
    ben = await house.hire("ben", teams=(TEAM,))
    hers = [await house.reply(mia, question.conversation, f"reply {n}") for n in range(2)]
    with pytest.raises(NewerReply) as newer:
        await house.reply(ben, question.conversation, "mine", client_id="b", seen=question.id)
    assert newer.value.newer == tuple(m.id for m in hers)
    with pytest.raises(NewerReply) as unseen:
        await house.do(ben, c.Reply(question.conversation, "b", "mine"))
    assert unseen.value.newer == (hers[-1].id,)
    await house.reply(ben, question.conversation, "mine", client_id="b", anyway=True)
    await house.reply(mia, question.conversation, "I have seen it", seen=(await house.conversation(question.conversation)).last_reply.id)  # type: ignore[union-attr]  # there is one
    assert (await house.thread(question.conversation))[1:] == ["reply 0", "reply 1", "mine", "I have seen it"]


async def test_having_seen_something_elsewhere_is_not_having_seen_the_reply(house: House) -> None:
    mia, question = await a_question(house)
    ben = await house.hire("ben", teams=(TEAM,))
    await house.reply(mia, question.conversation)
    elsewhere = await house.write("later, elsewhere", key="e", subject="Other")
    with pytest.raises(NewerReply):
        await house.reply(ben, question.conversation, "mine", seen=elsewhere.id)


async def test_two_answers_at_the_same_moment_are_not_both_sent(any_store: Any) -> None:
    async with House(any_store).running() as house, House(any_store, name="two").running() as two:
        mia, question = await a_question(house)
        ben = await house.hire("ben", teams=(TEAM,))
        results = await asyncio.gather(
            house.reply(mia, question.conversation, "mia's", seen=question.id),
            two.reply(ben, question.conversation, "ben's", seen=question.id),
            return_exceptions=True,
        )
        assert sorted(type(r).__name__ for r in results) == ["Message", "NewerReply"]


async def test_a_note_changes_nobodys_turn_and_leaves_the_house_never(house: House) -> None:
    mia, question = await a_question(house)
    before = await house.conversation(question.conversation)
    outcome = await house.do(mia, c.Note(question.conversation, "n", "regular customer", mentions=(AgentId("ben"),)))
    await house.pass_time(MINUTE)
    assert outcome.message is not None
    assert (outcome.message.delivery, outcome.message.mentions) == (None, ("ben",))
    after = await house.conversation(question.conversation)
    assert (after.waiting_since, after.category, after.sla) == (before.waiting_since, before.category, before.sla)
    assert house.world.mail.asked == []


async def test_a_message_can_be_forwarded_with_what_it_says_but_a_note_cannot(house: House) -> None:
    mia, question = await a_question(house)
    to = (c.Addressee("email", "carrier@example.com"),)
    forwarded = (await house.do(mia, c.Forward(question.conversation, "f", question.id, to, "Please look:"))).message
    assert forwarded is not None
    assert forwarded.forwards == question.id
    assert forwarded is not None
    assert forwarded.text.startswith("Please look:\n\n---------- Forwarded message ----------\nFrom: Anna Schmidt <anna@example.org>")
    assert forwarded.text.endswith("Where is my order?")
    assert forwarded.subject == "Fwd: My order"
    after = await house.conversation(question.conversation)
    assert after.waiting_since is not None, "the customer still waits for an answer"
    assert "carrier@example.com" not in [p.value for p in after.participants]
    note = (await house.do(mia, c.Note(question.conversation, "n", "secret"))).message
    assert note is not None
    with pytest.raises(Invalid, match="private note"):
        await house.do(mia, c.Forward(question.conversation, "g", note.id, to))
    chat = await house.write("hi", channel=CHAT)
    with pytest.raises(NotFound):
        await house.do(mia, c.Forward(question.conversation, "h", chat.id, to))
    with pytest.raises(Invalid, match="cannot forward"):
        await house.do(SUPERVISOR, c.Forward(chat.conversation, "i", chat.id, to))


async def test_writing_first_starts_a_conversation_that_the_answer_comes_back_to(house: House) -> None:
    mia = await house.hire("mia")
    to = (c.Addressee("email", "New@Example.ORG", "Nina"), c.Addressee("email", BOB.value))
    command = c.StartConversation("1", MAIL, to, "Welcome", subject="Hello")
    outcome = await house.do(mia, command)
    assert outcome.conversation is not None
    assert (await house.do(mia, command)).conversation == outcome.conversation
    started = outcome.conversation
    assert (started.assignee, started.category, started.subject, started.number) == ("mia", Category.WAITING, "Hello", 1001)
    assert [(p.value, p.accepted) for p in started.participants] == [("new@example.org", True), (BOB.value, True)]
    sent = await house.sent(outcome.message or pytest.fail("no message"))
    answer = await house.write("thanks", key="t", sender=BOB, references=(sent.external_id,))
    assert answer.conversation == started.id
    person = (await load(house.store.journal, CUSTOMERS, started.customer))[started.customer]
    assert person.name == "Nina"


async def test_writing_first_to_a_visitor_is_his_open_conversation(house: House) -> None:
    mia = await house.hire("mia")
    chat = await house.write("hi", channel=CHAT)
    await house.do(mia, c.SetStatus(chat.conversation, Category.RESOLVED))
    started = (await house.do(mia, c.StartConversation("1", CHAT, (c.Addressee("visitor", "v1"),), "Still there?"))).conversation
    assert started is not None
    assert started.customer == chat.customer
    assert (await house.write("yes", channel=CHAT)).conversation == started.id


@pytest.mark.parametrize(("channel", "customer", "field"), [("gone", None, "channel"), ("mail", "nobody", "customer")])
async def test_writing_first_where_or_to_whom_nobody_is_says_so(house: House, channel: str, customer: str | None, field: str) -> None:
    mia = await house.hire("mia")
    person = None if customer is None else CustomerId(customer)
    with pytest.raises(Invalid) as refused:
        await house.do(mia, c.StartConversation("1", ChannelId(channel), (c.Addressee("email", "x@y.org"),), "hi", customer=person))
    assert refused.value.field == field


async def test_assigning_moves_the_load_with_it_and_a_bot_or_ghost_gets_nothing(house: House) -> None:
    mia, question = await a_question(house)
    await house.hire("ben", teams=(TEAM,))
    await house.hire(BOT, role=Role.BOT)
    await house.hire("off", active=False)
    assert [(await house.agent(a)).load for a in ("mia", "ben")] == [1, 0]
    await house.do(mia, c.Assign(question.conversation, AgentId("ben")))
    assert [(await house.agent(a)).load for a in ("mia", "ben")] == [0, 1]
    for nobody in (BOT, "off", "ghost"):
        with pytest.raises(Invalid):
            await house.do(mia, c.Assign(question.conversation, AgentId(nobody)))
    with pytest.raises(Invalid) as team:
        await house.do(mia, c.Assign(question.conversation, team=TeamId("ghosts")))
    assert team.value.field == "team"


async def test_status_priority_tags_and_subject(house: House) -> None:
    mia, question = await a_question(house)
    id = question.conversation
    now = house.clock.now()
    for command in (
        c.SetPriority(id, Priority.URGENT),
        c.SetTags(id, ("vip", "Refund")),
        c.SetTags(id, ("VIP",), ("refund",)),
        c.SetSubject(id, "  Lost\nparcel "),
        c.SetStatus(id, Category.SNOOZED, until=now + MINUTE),
    ):
        await house.do(mia, command)
    after = await house.conversation(id)
    assert (after.priority, after.tags, after.subject) == (Priority.URGENT, ("vip",), "Lost parcel")
    assert (after.category, after.snoozed_until) == (Category.SNOOZED, now + MINUTE)
    assert (await house.agent("mia")).load == 0, "a snoozed one takes no capacity"
    with pytest.raises(Invalid):
        await house.do(mia, c.SetStatus(id, Category.SNOOZED, until=now))
    version = after.version
    await house.do(mia, c.SetTags(id, ("vip",)))
    assert (await house.conversation(id)).version == version, "what changes nothing is not stored"


async def test_a_send_can_be_called_back_while_it_waits_and_the_customer_waits_again(house: House) -> None:
    mia, question = await a_question(house)
    reply = await house.reply(mia, question.conversation)
    await house.do(mia, c.CancelSend(question.conversation, reply.id))
    after = await house.sent(reply)
    assert after.delivery is not None
    assert after.delivery.state is DeliveryState.CANCELLED
    assert house.world.mail.asked == []
    assert (await house.conversation(question.conversation)).category is Category.OPEN
    with pytest.raises(Conflict):
        await house.do(mia, c.Retry(question.conversation, reply.id))
    sent = await house.sent(await house.reply(mia, question.conversation, "really"))
    with pytest.raises(Conflict):
        await house.do(mia, c.CancelSend(question.conversation, sent.id))
    for foreign in (question.id, MessageId("none")):
        with pytest.raises(NotFound):
            await house.do(mia, c.CancelSend(question.conversation, foreign))


async def test_a_person_is_edited_at_the_version_that_was_seen(house: House) -> None:
    mia, question = await a_question(house)
    assert question.customer is not None
    edit = c.EditCustomer(question.customer, 1, name="Anna S.", attributes={"plan": "gold", "vip": "yes"})
    edited = (await house.do(mia, edit)).customer
    assert edited is not None
    assert (edited.name, edited.attributes, edited.version) == ("Anna S.", {"plan": "gold", "vip": "yes"}, 2)
    with pytest.raises(Conflict):
        await house.do(mia, edit)
    edited = (await house.do(mia, c.EditCustomer(question.customer, 2, attributes={"vip": None}))).customer
    assert edited is not None
    assert (edited.name, edited.attributes) == ("Anna S.", {"plan": "gold"})
    with pytest.raises(Invalid):
        await house.do(mia, c.EditCustomer(question.customer, 3, attributes={f"a{n}": "x" for n in range(100)}))
    with pytest.raises(NotFound):
        await house.do(mia, c.EditCustomer(CustomerId("none"), 1))
    with pytest.raises(Denied):
        await house.do(BOT_ACTOR, c.EditCustomer(question.customer, 3, name="x"))


async def test_an_agents_availability_changes_with_an_entry_that_tells_everybody(house: House) -> None:
    mia = await house.hire("mia")
    stored = await house.conversations.change_agent(mia, mia.id, {"availability": Availability.AWAY})
    assert stored.availability is Availability.AWAY
    assert house.heard[-1].event.type is EventType.AGENT_CHANGED
    await house.clock.advance(60_000)
    stored = await house.conversations.change_agent(mia, mia.id, {"availability": Availability.BUSY})
    assert house.heard[-1].event.data == {"availability": "busy", "was": "away", "lasted": 60_000}
    assert stored.availability_at == house.clock.now()
    with pytest.raises(NotFound):
        await house.conversations.change_agent(mia, "ghost", {})
