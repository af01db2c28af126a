"""Merging, splitting and moving: what is shown where, what leads where, and that undoing brings back what was."""

from __future__ import annotations

import random

import pytest
from msgspec.structs import replace

from inbox.core import commands as c
from inbox.core.agent import Role
from inbox.core.conversation import Category, Conversation, Priority
from inbox.core.errors import Conflict, Invalid, NotFound
from inbox.core.events import EventType
from inbox.core.ids import ConversationId, MessageId, TeamId
from inbox.core.merging import Repair
from inbox.core.message import Message
from inbox.core.permissions import Actor, scope
from inbox.core.views import View
from inbox.core.words import SearchQuery
from inbox.flow.merging import Merging
from inbox.records import CONVERSATIONS
from inbox.testing.builders import a_team
from tests.flow.house import BOB, CHAT, KEY, MINUTE, VISITOR, House, load
from tests.store.conftest import Store


def repairs(house: House) -> Merging:
    """The door for them."""
    return Merging(house.committer, house.store.queries, (KEY,))


async def pair(house: House) -> tuple[Actor, Message, Message]:
    """Anna wrote about an order, Bob about another matter; Mia sees both."""
    mia = await house.hire("mia", role=Role.ADMIN, online=False)
    anna = await house.write("Where is my order?", key="a1")
    await house.pass_time(1)
    bob = await house.write("And mine?", key="b1", sender=BOB)
    return mia, anna, bob


async def raw(house: House, id: ConversationId) -> Conversation:
    """As it is stored, merged or not."""
    found: Conversation = (await load(house.store.journal, CONVERSATIONS, id))[id]
    return found


async def test_what_was_merged_is_shown_counted_found_and_led_to_in_the_other_one(any_store: Store) -> None:
    async with House(any_store).running() as house:
        mia, anna, bob = await pair(house)
        await house.do(mia, c.SetTags(bob.conversation, ("urgent",)))
        other = await raw(house, bob.conversation)
        repair = await repairs(house).merge(mia, bob.conversation, anna.conversation)
        into = await house.conversation(anna.conversation)
        assert await house.thread(into.id) == ["Where is my order?", "And mine?"]
        assert (into.messages, into.inbound, into.tags, into.absorbed) == (2, 2, ("urgent",), (bob.conversation,))
        assert into.last is not None
        assert into.last.id == bob.id
        by_number = await house.store.queries.numbered(other.number)
        assert by_number is not None
        assert by_number.id == into.id
        everything = View("all", tuple(Category))
        shown, _ = await house.store.queries.page(everything, scope(mia), mia.id, None, 10)
        assert [x.id for x in shown] == [into.id]
        later = await house.write("Any news?", key="b2", sender=BOB, references=("<b1@x>",))
        assert (await house.conversation(later.conversation)).id == into.id
        assert await house.thread(into.id) == ["Where is my order?", "And mine?", "Any news?"]
        await house.rest()

        async def found() -> bool:
            hits, _ = await house.store.search.find(SearchQuery(words=("mine",)), scope(mia), mia.id, None, 10)
            return [id for id, _ in hits] == [into.id]

        await house.until(found, "found in the one that stays")
        assert repair.same_person is False
        assert [p.accepted for p in into.participants] == [True, False], "Bob is not answered by accident"


async def test_who_follows_what_was_merged_hears_of_the_other_one(any_store: Store) -> None:
    async with House(any_store).running() as house:
        mia, anna, bob = await pair(house)
        tom, sue = [await house.hire(name, online=False) for name in ("tom", "sue")]
        await house.do(tom, c.Follow(bob.conversation, True))
        await house.do(sue, c.Follow(bob.conversation, True))
        repair = await repairs(house).merge(mia, bob.conversation, anna.conversation)
        await house.write("Any news?", key="a2", references=("<a1@x>",))
        assert [n.kind for n in (await house.store.notices.page(tom.id, None, 10))[0]] == ["followed"]
        await house.do(sue, c.Follow(anna.conversation, False))
        await repairs(house).undo(mia, repair.id)
        followers = [(await raw(house, id)).followers for id in (anna.conversation, bob.conversation)]
        assert followers == [(), ("tom",)], "each has his own again, but for who has stopped"


async def test_undone_after_new_messages_each_has_what_leads_to_it(any_store: Store) -> None:
    async with House(any_store).running() as house:
        mia, anna, bob = await pair(house)
        one, two = await raw(house, anna.conversation), await raw(house, bob.conversation)
        repair = await repairs(house).merge(mia, two.id, one.id)
        await house.write("Any news?", key="b2", sender=BOB, references=("<b1@x>",))
        await house.write("Hello?", key="a2", references=("<a1@x>",))
        look = await repairs(house).look(mia, repair.id)
        assert (look.back, look.since) == (2, 1)
        undone = await repairs(house).undo(mia, repair.id)
        assert undone.undone_by == mia.id
        assert await repairs(house).undo(mia, repair.id) == undone
        assert await house.thread(one.id) == ["Where is my order?", "Hello?"]
        assert await house.thread(two.id) == ["And mine?", "Any news?"]
        left, back = await raw(house, one.id), await raw(house, two.id)
        assert (left.messages, left.inbound, left.absorbed, left.participants, left.tags) == (2, 2, (), one.participants, one.tags)
        assert (back.messages, back.inbound, back.merged_into) == (2, 2, None)
        assert left.last is not None
        assert back.last is not None
        assert (left.last.preview, back.last.preview) == ("Hello?", "Any news?")
        assert (await house.write("Bob again", key="b3", sender=BOB, references=("<b2@x>",))).conversation == two.id


async def test_the_promise_that_is_due_first_goes_on_and_the_own_one_comes_back(house: House) -> None:
    mia, _, bob = await pair(house)
    first = await raw(house, bob.conversation)
    await house.pass_time(10 * MINUTE)
    later = await house.write("A third matter", key="c1", subject="Third")
    own = (await raw(house, later.conversation)).sla
    repair = await repairs(house).merge(mia, first.id, later.conversation)
    merged = await raw(house, later.conversation)
    assert merged.sort_due == first.sort_due
    assert merged.waiting_since == first.waiting_since
    armed = [t for t in await house.store.queries.timers_due(10**15, 100) if t.conversation == first.id]
    assert armed == [], "what is merged arms nothing"
    await repairs(house).undo(mia, repair.id)
    back = await raw(house, later.conversation)
    assert [(x.metric, x.due_at, x.state) for x in back.sla] == [(x.metric, x.due_at, x.state) for x in own]
    alone = await raw(house, first.id)
    assert alone.sort_due == first.sort_due
    due = {t.conversation for t in await house.store.queries.timers_due(10**15, 100)}
    assert {first.id, later.conversation} <= due


async def test_what_somebody_decided_since_the_merge_stays(house: House) -> None:
    mia, anna, bob = await pair(house)
    await house.do(mia, c.SetPriority(bob.conversation, Priority.URGENT))
    await house.do(mia, c.SetStatus(anna.conversation, Category.RESOLVED))
    repair = await repairs(house).merge(mia, bob.conversation, anna.conversation)
    merged = await raw(house, anna.conversation)
    assert (merged.category, merged.priority) == (Category.OPEN, Priority.URGENT)
    await repairs(house).undo(mia, repair.id)
    back = await raw(house, anna.conversation)
    assert (back.category, back.priority, back.waiting_since) == (Category.RESOLVED, Priority.NORMAL, None)
    repair = await repairs(house).merge(mia, bob.conversation, anna.conversation)
    await house.do(mia, c.SetPriority(anna.conversation, Priority.LOW))
    await repairs(house).undo(mia, repair.id)
    assert (await raw(house, anna.conversation)).priority is Priority.LOW


async def test_who_does_not_see_both_merges_nothing(house: House) -> None:
    mia, anna, bob = await pair(house)
    stranger = await house.hire("stan", teams=(TeamId("other"),), online=False)
    await house.store.directory.save_team(a_team(TeamId("closed")))
    await house.do(mia, c.Assign(bob.conversation, mia.id, TeamId("closed")))
    with pytest.raises(NotFound):
        await repairs(house).merge(stranger, bob.conversation, anna.conversation)
    repair = await repairs(house).merge(mia, bob.conversation, anna.conversation)
    with pytest.raises(NotFound):
        await repairs(house).undo(stranger, repair.id)


async def test_a_merge_into_what_was_merged_itself_waits_for_its_turn(house: House) -> None:
    mia, anna, bob = await pair(house)
    await house.pass_time(1)
    third = await house.write("Third", key="t1", subject="Third")
    first = await repairs(house).merge(mia, bob.conversation, anna.conversation)
    second = await repairs(house).merge(mia, anna.conversation, third.conversation)
    assert (await raw(house, third.conversation)).absorbed == (anna.conversation, bob.conversation)
    assert await house.thread(third.conversation) == ["Where is my order?", "And mine?", "Third"]
    with pytest.raises(Conflict):
        await repairs(house).undo(mia, first.id)
    with pytest.raises(Invalid):
        await repairs(house).merge(mia, bob.conversation, third.conversation)
    await repairs(house).undo(mia, second.id)
    await repairs(house).undo(mia, first.id)
    assert await house.thread(third.conversation) == ["Third"]
    assert await house.thread(bob.conversation) == ["And mine?"]


async def test_messages_move_with_what_leads_to_them_and_come_back(any_store: Store) -> None:
    async with House(any_store).running() as house:
        mia, anna, bob = await pair(house)
        wrong = await house.write("About Bob's order", key="a2", references=("<a1@x>",))
        repair = await repairs(house).move(mia, anna.conversation, [wrong.id], bob.conversation, key="once")
        again = await repairs(house).move(mia, anna.conversation, [wrong.id], bob.conversation, key="once")
        assert again == repair
        assert await house.thread(anna.conversation) == ["Where is my order?"]
        assert await house.thread(bob.conversation) == ["And mine?", "About Bob's order"]
        left, to = await raw(house, anna.conversation), await raw(house, bob.conversation)
        assert (left.messages, left.inbound, to.messages, to.inbound) == (1, 1, 2, 2)
        assert left.last is not None
        assert left.last.id == anna.id
        later = await house.write("More of it", key="a3", references=("<a2@x>",))
        assert later.conversation == bob.conversation
        await repairs(house).undo(mia, repair.id)
        assert await house.thread(anna.conversation) == ["Where is my order?", "About Bob's order"]
        assert await house.thread(bob.conversation) == ["And mine?", "More of it"]
        kinds = [e.type for e in await house.store.queries.quiet_lines(anna.conversation, frozenset(EventType), None, 20)]
        assert kinds.count(EventType.MESSAGES_MOVED) == 2
        with pytest.raises(Invalid):
            await repairs(house).move(mia, bob.conversation, [bob.id, later.id], anna.conversation)
        with pytest.raises(NotFound):
            await repairs(house).move(mia, bob.conversation, [MessageId("none")], anna.conversation)


async def test_chosen_messages_become_a_conversation_and_return_with_what_came_since(any_store: Store) -> None:
    async with House(any_store).running() as house:
        mia, anna, _ = await pair(house)
        other = await house.write("And a refund, please", key="a2", references=("<a1@x>",))
        repair = await repairs(house).move(mia, anna.conversation, [other.id], None)
        assert await house.thread(repair.into) == ["And a refund, please"]
        new = await raw(house, repair.into)
        assert (new.messages, new.inbound, new.category, new.related) == (1, 1, Category.OPEN, (anna.conversation,))
        later = await house.write("Refund?", key="a3", references=("<a2@x>",))
        assert later.conversation == repair.into
        await repairs(house).undo(mia, repair.id)
        assert await house.thread(anna.conversation) == ["Where is my order?", "And a refund, please", "Refund?"]
        assert (await house.conversation(repair.into)).id == anna.conversation
        assert (await house.conversation(anna.conversation)).category is Category.OPEN, "what came since waits for an answer"


async def test_a_split_that_is_undone_leaves_status_promises_and_holder_as_they_were(house: House) -> None:
    mia, anna, _ = await pair(house)
    jo = await house.hire("jo")
    other = await house.write("And a refund, please", key="a2", references=("<a1@x>",))
    await house.do(mia, c.Reply(anna.conversation, "r1", "Both are on their way"))
    await house.pass_time(90 * MINUTE)
    await house.do(mia, c.SetStatus(anna.conversation, Category.RESOLVED))
    await house.do(mia, c.Assign(anna.conversation, None, None))
    await house.do(mia, c.SetPriority(anna.conversation, Priority.LOW))
    before = await raw(house, anna.conversation)
    assert before.sla[0].met_at is not None
    repair = await repairs(house).move(mia, anna.conversation, [other.id], None)
    await house.do(mia, c.Assign(repair.into, jo.id, None))
    await house.pass_time(MINUTE)
    await repairs(house).undo(mia, repair.id)
    after = await raw(house, anna.conversation)
    assert (after.category, after.assignee, after.waiting_since) == (before.category, None, before.waiting_since)
    assert (after.sla, after.sort_due, after.priority) == (before.sla, before.sort_due, before.priority)
    assert await house.thread(anna.conversation) == ["Where is my order?", "And a refund, please", "Both are on their way"]


async def test_a_visitor_writes_on_where_his_line_was_moved(house: House) -> None:
    mia = await house.hire("mia", role=Role.ADMIN, online=False)
    first = await house.write("Hi", key="v1", channel=CHAT)
    second = await house.write("Something else", key="v2", channel=CHAT)
    repair = await repairs(house).move(mia, first.conversation, [second.id], None)
    assert (await house.write("On it goes", key="v3", channel=CHAT)).conversation == repair.into
    guest = await house.write("Guest", key="g1", channel=CHAT, sender=replace(VISITOR, value="v2"))
    merged = await repairs(house).merge(mia, guest.conversation, first.conversation)
    line = await house.write("Still here", key="g2", channel=CHAT, sender=replace(VISITOR, value="v2"))
    assert (await house.conversation(line.conversation)).id == first.conversation
    await repairs(house).undo(mia, merged.id)
    assert await house.thread(guest.conversation) == ["Guest", "Still here"]


@pytest.mark.parametrize("seed", range(12))
async def test_whatever_is_done_and_undone_leaves_what_would_be_without_it(house: House, seed: int) -> None:
    """Messages come in between; at the end all is undone, newest first, and compared with a house where nothing was repaired."""
    dice = random.Random(seed)
    mia = await house.hire("mia", role=Role.ADMIN, online=False)
    heads = [await house.write(f"matter {n}", key=f"m{n}", subject=f"Matter {n}", sender=BOB if n % 2 else VISITOR_MAIL) for n in range(4)]
    told: dict[str, list[str]] = {h.conversation: [h.text] for h in heads}
    done: list[Repair] = []
    for step in range(24):
        if dice.random() < 0.5:
            n = dice.randrange(4)
            sender = BOB if n % 2 else VISITOR_MAIL
            await house.write(f"line {step}", key=f"s{step}", sender=sender, references=(f"<m{n}@x>",))
            told[heads[n].conversation].append(f"line {step}")
        elif done and dice.random() < 0.4:
            await repairs(house).undo(mia, done.pop().id)
        else:
            done += await a_repair(house, mia, dice, [h.conversation for h in heads])
    while done:
        await repairs(house).undo(mia, done.pop().id)
    for h in heads:
        stored = await raw(house, h.conversation)
        texts = await house.thread(h.conversation)
        assert sorted(texts) == sorted(told[h.conversation])
        assert (stored.messages, stored.inbound, stored.merged_into, stored.absorbed) == (len(texts), len(texts), None, ())
        assert stored.last is not None
        assert stored.last.preview == texts[-1]
        assert len(stored.participants) == 1


VISITOR_MAIL = replace(BOB, value="cara@example.com", name="Cara")


async def a_repair(house: House, mia: Actor, dice: random.Random, ids: list[ConversationId]) -> list[Repair]:
    one, other = dice.sample(ids, 2)
    try:
        if dice.random() < 0.6:
            return [await repairs(house).merge(mia, one, other)]
        thread = await house.store.queries.timeline(one, None, 100)
        top = (await house.conversation(one)).id
        return [await repairs(house).move(mia, top, [dice.choice([m for m in thread if m.text.startswith("line")]).id], other)]
    except (Invalid, IndexError):
        return []
