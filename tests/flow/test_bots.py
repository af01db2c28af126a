"""A bot's turns: told what was said, heard once, whole or not at all, and people take over whenever it does not serve."""

from __future__ import annotations

import pytest

from inbox.connector import BotAction
from inbox.core import commands as c
from inbox.core.agent import Role
from inbox.core.conversation import Category, ClockState
from inbox.core.errors import Invalid, TryLater
from inbox.core.events import EventType
from inbox.core.ids import AgentId, ConversationId
from inbox.core.message import Message
from inbox.testing.clock import ManualClock
from inbox.testing.memory_store import MemoryStore
from tests.flow.house import BOT, BOT_ACTOR, CHAT, ROBOT, House, World, stored_in
from tests.store.conftest import in_memory

HELLO = (BotAction("reply", "Hello, I am a bot."),)


async def a_chat(house: House, text: str = "hi") -> ConversationId:
    """A visitor's line, and whatever the bot does about it."""
    message = await house.write(text, channel=CHAT)
    await house.pass_time(10)
    return message.conversation


async def left_because(house: House, id: ConversationId) -> str:
    assert (await house.conversation(id)).bot is None
    (left,) = [x.event for x in house.heard if x.event.type is EventType.BOT_LEFT and x.event.conversation == id]
    assert left.reason is not None
    return left.reason.code


async def test_a_bot_answers_under_its_own_name_through_the_outbox() -> None:
    async with House(in_memory(), bot=True).running() as house:
        house.world.bot.append(HELLO)
        id = await a_chat(house)
        assert [m.text for m in house.world.chat.accepted] == ["Hello, I am a bot."]
        await house.reply(await house.hire("mia"), id, "And I am Mia.")
        await house.until(lambda: len(house.world.chat.accepted) == 2)
        assert [m.by_bot for m in house.world.chat.accepted] == [True, False], "providers want to know who wrote"


async def test_a_bot_keeps_no_promise_of_people() -> None:
    async with House(in_memory(), bot=True).running() as house:
        house.world.bot.append(HELLO)
        conversation = await house.conversation(await a_chat(house))
        assert (conversation.bot, conversation.assignee, conversation.waiting_since) == (ROBOT, None, None)
        assert conversation.last_reply is not None
        assert conversation.last_reply.author == ROBOT
        assert conversation.sla[0].state is ClockState.PAUSED


async def test_a_bot_hears_what_was_said_but_not_what_colleagues_noted() -> None:
    async with House(in_memory(), bot=True).running() as house:
        mia = await house.hire("mia")
        house.world.bot.extend([HELLO, HELLO])
        id = await a_chat(house, "one")
        await house.do(mia, c.Note(id, "n", "a difficult one"))
        await a_chat(house, "two")
        assert house.world.turns[-1].lines == (("customer", "one"), ("bot", "Hello, I am a bot."), ("customer", "two"))
        assert len(house.world.turns) == 2


async def test_a_bot_may_note_tag_answer_and_hand_over_in_one_turn() -> None:
    async with House(in_memory(), bot=True).running() as house:
        actions = [BotAction("note", "angry"), BotAction("tag", "refund"), BotAction("reply", "A colleague will help.")]
        house.world.bot.append([*actions, BotAction("hand_over", "turns_used_up"), BotAction("reply", "never said")])
        await house.hire("mia")
        id = await a_chat(house)
        conversation = await house.conversation(id)
        assert await house.thread(id) == ["hi", "angry", "A colleague will help."]
        assert (conversation.tags, conversation.assignee, conversation.category) == (("refund",), "mia", Category.OPEN)
        assert conversation.sla[0].state is ClockState.RUNNING
        assert await left_because(house, id) == "turns_used_up"


@pytest.mark.parametrize(
    ("does", "why", "turns"),
    [
        ([()], "bot_silent", 1),
        ([[BotAction("note", "hm")]], "bot_silent", 1),
        ([[BotAction("hand_over", "Please, a person!")]], "asked_for_person", 1),
        ([LookupError("a bug")] * 3, "bot_failed", 3),
        ([TryLater("overloaded")] * 3, "bot_failed", 3),
        ([[BotAction("dance")]] * 3, "bot_failed", 3),
        ([[BotAction("reply", "x" * 5_000)]] * 3, "bot_failed", 3),
    ],
    ids=["silent", "note", "asked", "bug", "overloaded", "nonsense", "too long"],
)
async def test_a_bot_that_does_not_serve_hands_over_to_people(does: list[object], why: str, turns: int) -> None:
    async with House(in_memory(), bot=True).running() as house:
        await house.hire("mia")
        house.world.bot.extend(does)  # type: ignore[arg-type]  # actions or errors
        id = await a_chat(house)
        assert await left_because(house, id) == why
        assert len(house.world.turns) == turns
        assert (await house.conversation(id)).assignee == "mia"
        assert (await house.conversation(id)).waiting_since is not None


async def test_a_bot_that_fails_once_is_asked_again() -> None:
    async with House(in_memory(), bot=True).running() as house:
        house.world.bot.extend([LookupError("a bug"), HELLO])
        id = await a_chat(house)
        assert [t.attempt for t in house.world.turns] == [1, 2]
        assert (await house.thread(id))[1:] == ["Hello, I am a bot."]


async def test_a_bot_that_thinks_too_long_has_failed() -> None:
    async with House(in_memory(), bot=True, deadline_s=0.02).running() as house:
        house.world.bot_awake.clear()
        message = await house.write("hi", channel=CHAT)

        async def handed_over() -> bool:
            return (await house.conversation(message.conversation)).bot is None

        await house.until(handed_over)
        assert await left_because(house, message.conversation) == "bot_failed"


async def test_a_bot_that_is_not_running_any_more_hands_over() -> None:
    async with House(in_memory(), bot=True).running() as house:
        house.gone.add(BOT)
        assert await left_because(house, await a_chat(house)) == "bot_gone"


async def test_when_the_customer_goes_on_the_later_turn_answers_all_of_it() -> None:
    async with House(in_memory(), bot=True).running() as house:
        house.world.bot_awake.clear()
        house.world.bot.extend([[BotAction("reply", "to the first")], [BotAction("reply", "to both")]])
        id = await a_chat(house, "one")
        await a_chat(house, "two")
        house.world.bot_awake.set()
        await house.pass_time(100)
        assert await house.thread(id) == ["one", "two", "to both"]
        assert (await house.conversation(id)).waiting_since is None


async def test_a_person_takes_over_in_the_middle_of_a_turn_and_the_bot_is_not_heard() -> None:
    async with House(in_memory(), bot=True).running() as house:
        mia = await house.hire("mia")
        house.world.bot_awake.clear()
        house.world.bot.append(HELLO)
        id = await a_chat(house)
        await house.reply(mia, id, "I am here.")
        house.world.bot_awake.set()
        await house.pass_time(100)
        assert await house.thread(id) == ["hi", "I am here."]


async def test_a_crash_in_a_turn_repeats_it_whole() -> None:
    store, clock, world = in_memory(), ManualClock(), World()
    world.bot_awake.clear()
    async with House(store, clock, world, bot=True).running() as dying:
        message = await dying.write("hi", channel=CHAT)
        await dying.until(lambda: world.turns)
    world.bot_awake.set()
    world.bot.append([BotAction("reply", "Bye."), BotAction("hand_over", "asked_for_person")])
    clock.set(clock.now() + 60_000)
    async with House(store, clock, world, "two", bot=True).running() as after:
        await after.pass_time(60_000)
        assert await after.thread(message.conversation) == ["hi", "Bye."]
        assert (await after.conversation(message.conversation)).bot is None


async def test_a_database_that_is_away_is_not_the_bots_failure() -> None:
    memory = MemoryStore()
    async with House(stored_in(memory), bot=True).running() as house:
        house.world.bot_awake.clear()
        house.world.bot.extend([HELLO] * 9)
        id = await a_chat(house)
        memory.away = True
        house.world.bot_awake.set()
        await house.pass_time(3_000)
        memory.away = False
        await house.pass_time(5_000)
        assert await house.thread(id) == ["hi", "Hello, I am a bot."]
        assert (await house.conversation(id)).bot == ROBOT


async def test_an_agent_gives_a_chat_to_a_bot_and_takes_it_back(house: House) -> None:
    mia = await house.hire("mia")
    await house.hire(BOT, role=Role.BOT)
    house.world.bot.append(HELLO)
    id = (await house.write("hi", channel=CHAT)).conversation
    await house.pass_time(10)
    assert (await house.conversation(id)).assignee == "mia"
    await house.do(mia, c.GiveToBot(id, ROBOT))
    await house.pass_time(10)
    served = await house.conversation(id)
    assert (served.bot, served.assignee, served.queued_at) == (ROBOT, None, None)
    told = [change.event.type for change in house.heard if change.event.conversation == id]
    assert told.count(EventType.QUEUED) == 1, "only when it came in did anybody wait"
    assert await house.thread(id) == ["hi", "Hello, I am a bot."]
    assert (await house.agent("mia")).load == 0
    await house.do(mia, c.GiveToBot(id, None))
    await house.rest()
    assert ((await house.conversation(id)).bot, (await house.conversation(id)).assignee) == (None, "mia")
    with pytest.raises(Invalid):
        await house.do(mia, c.GiveToBot(id, AgentId("mia")))


async def test_a_bot_writes_nowhere_but_where_it_serves(house: House) -> None:
    message: Message = await house.write("hi", channel=CHAT)
    with pytest.raises(Exception, match="no such thing"):
        await house.do(BOT_ACTOR, c.Reply(message.conversation, "1", "psst", anyway=True))
