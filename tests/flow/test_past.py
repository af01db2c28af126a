"""A visitor finds his earlier conversations and nobody else's, goes on with one, and has one mailed: on both stores."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace

import pytest

from inbox.connector import IdentityProof, Item
from inbox.core import commands as c
from inbox.core.agent import Role
from inbox.core.conversation import Category
from inbox.core.ids import ConversationId, CustomerId, message_id
from inbox.core.message import Address, Kind
from inbox.core.persons import Choice
from inbox.core.threads import DAY
from inbox.core.transcript import AGAIN_MS, Line, written
from inbox.core.visitor import VisitorId
from inbox.flow.merging import Merging
from inbox.flow.persons import MergeCustomers
from inbox.gateway.visitor_reading import PAGE, JournalPast
from tests.flow.house import ANNA, CHAT, KEY, MAIL, VISITOR, House, a_line, a_mail
from tests.store.conftest import Store

ME, OTHER = VisitorId(VISITOR.value), VisitorId("v2")
TEXT = written([Line(0, None, "hi")], "Shop", "en")


@pytest.fixture
async def home(any_store: Store) -> AsyncIterator[House]:
    async with House(any_store).running() as house:
        yield house


def past_of(house: House) -> JournalPast:
    return JournalPast(house.store.journal, house.store.queries, house.committer, house.channels.facts, "")


async def two_matters(house: House) -> tuple[ConversationId, ConversationId]:
    """The first was resolved so long ago that his next line began another."""
    mia = await house.hire("mia")
    first = (await house.write("the first matter", channel=CHAT)).conversation
    await house.sent(await house.reply(mia, first, "Done."))
    await house.do(mia, c.Note(first, "note-1", "he is difficult"))
    await house.do(mia, c.SetStatus(first, Category.RESOLVED))
    house.clock.set(house.clock.now() + 31 * DAY)
    await house.rest()
    second = (await house.write("the second matter", channel=CHAT, key="again")).conversation
    assert second != first
    return first, second


async def test_he_finds_all_he_had_with_what_he_may_see_of_each(home: House) -> None:
    first, second = await two_matters(home)
    past = past_of(home)
    rows = await past.earlier(CHAT, ME)
    assert [(one.id, one.messages[-1].text, one.resolved, one.current) for one in rows] == [
        (second, "the second matter", False, True),
        (first, "Done.", True, False),
    ]
    one = await past.one(CHAT, ME, first, 50)
    assert one is not None
    assert [m.text for m in one.messages] == ["the first matter", "Done."], "never a note"
    now = await past.one(CHAT, ME, "", 50)
    assert now is not None
    assert now.id == second


async def test_another_visitor_finds_nothing_whatever_id_he_names(home: House) -> None:
    first, _ = await two_matters(home)
    past = past_of(home)
    assert await past.earlier(CHAT, OTHER) == ()
    await home.write("me too", channel=CHAT, sender=Address(VISITOR.kind, OTHER), key="other")
    assert [one.messages[-1].text for one in await past.earlier(CHAT, OTHER)] == ["me too"]
    assert await past.one(CHAT, OTHER, first, 50) is None
    assert not await past.take_up(CHAT, OTHER, first)
    assert await past.mail(CHAT, OTHER, first, "eve@example.org", TEXT) < 0
    await home.pass_time(1_000)
    assert home.world.mail.asked == []


async def test_a_mail_of_his_is_no_conversation_of_the_browser(home: House) -> None:
    await two_matters(home)
    mail = await home.write("by mail")
    assert await past_of(home).one(CHAT, ME, mail.conversation, 50) is None


async def test_his_chats_are_found_behind_any_number_of_mails(home: House) -> None:
    line = a_line("hello", key="l1")
    await home.deliver(IdentityProof(VISITOR, ANNA, "signed", "Anna"), line, channel=CHAT)
    chat = await home.message(message_id(CHAT, "l1"))
    await home.pass_time(1_000)
    await home.deliver(*(a_mail(f"matter {n}", key=f"mail-{n}", subject=f"Matter {n}", authenticated=True) for n in range(PAGE + 1)))
    await home.rest()
    mail = await home.message(message_id(MAIL, "mail-0"))
    assert mail.author.id == chat.author.id
    assert [one.id for one in await past_of(home).earlier(CHAT, ME)] == [chat.conversation]


@pytest.mark.parametrize("how", ["nobody vouches", "the site vouches"])
async def test_that_an_agent_merged_him_with_another_shows_him_nothing_of_the_others(home: House, how: str) -> None:
    """Whoever sits at that browser: the agent may be wrong, the website knows."""
    mia = await home.hire("mia", role=Role.ADMIN)
    line = a_line("hello", key="l1")
    known = Address("webchat-user", "user-7")
    proof: list[Item] = [IdentityProof(VISITOR, known, "signed", "Anna")] if how == "the site vouches" else []
    await home.deliver(*proof, line, channel=CHAT)
    chat = await home.message(message_id(CHAT, "l1"))
    await home.pass_time(1_000)
    mail = await home.write("my private matter", key="a1", authenticated=True)
    wish = MergeCustomers(actor=mia, customer=CustomerId(chat.author.id), into=CustomerId(mail.author.id), versions=(0, 0), choice=Choice())
    people = await home.store.queries.customers([wish.customer, wish.into])
    seen = people[wish.customer].version, people[wish.into].version
    await home.people.merge(replace(wish, versions=seen))
    await Merging(home.committer, home.store.queries, (KEY,)).merge(mia, mail.conversation, chat.conversation)
    assert await home.thread(chat.conversation) == ["hello", "my private matter"]
    one = await past_of(home).one(CHAT, ME, chat.conversation, 50)
    assert one is not None
    assert [m.text for m in one.messages] == (["hello", "my private matter"] if proof else ["hello"])
    assert [row.id for row in await past_of(home).earlier(CHAT, ME)] == [chat.conversation]


async def test_spam_is_nobodys(home: House) -> None:
    first, _ = await two_matters(home)
    await home.do(await home.hire("kim"), c.SetStatus(first, Category.SPAM))
    assert await past_of(home).one(CHAT, ME, first, 50) is None


async def test_the_one_he_takes_up_goes_on_however_old_it_is(home: House) -> None:
    first, second = await two_matters(home)
    past = past_of(home)
    assert await past.take_up(CHAT, ME, first)
    line = await home.write("once more about the first", channel=CHAT, key="more")
    assert line.conversation == first
    assert (await home.conversation(first)).category is Category.OPEN
    assert [one.id for one in await past.earlier(CHAT, ME) if one.current] == [first]
    assert await past.take_up(CHAT, ME, second)
    assert (await home.write("and the second", channel=CHAT, key="more2")).conversation == second


async def test_what_he_took_up_and_left_alone_is_not_taken_up_for_ever(home: House) -> None:
    first, _ = await two_matters(home)
    assert await past_of(home).take_up(CHAT, ME, first)
    home.clock.set(home.clock.now() + 31 * DAY)
    await home.rest()
    assert (await home.write("much later", channel=CHAT, key="later")).conversation != first


async def test_the_transcript_leaves_by_mail_once_a_minute_and_is_in_the_thread(home: House) -> None:
    first, _ = await two_matters(home)
    past = past_of(home)
    assert past.mails()
    assert await past.mail(CHAT, ME, first, ANNA.value, TEXT) == 0
    stored = (await home.store.queries.timeline(first, None, 1))[0]
    assert (stored.kind, stored.automatic, stored.delivery is not None) == (Kind.REPLY, "transcript", True), "recorded before it is tried"
    wait = await past.mail(CHAT, ME, first, "other@example.org", TEXT)
    assert 0 < wait <= AGAIN_MS
    await home.pass_time(1_000)
    await home.until(lambda: len(home.world.mail.accepted) > 0, "the mail")
    (mail,) = home.world.mail.accepted
    assert ([a.value for a in mail.to], mail.subject, mail.text, mail.automatic) == ([ANNA.value], TEXT.subject, TEXT.text, True)
    assert (await home.conversation(first)).category is Category.RESOLVED, "it changes nobody's turn"
    await home.pass_time(AGAIN_MS)
    assert await past.mail(CHAT, ME, first, ANNA.value, TEXT) == 0


async def test_a_process_that_dies_over_it_sends_it_once(any_store: Store) -> None:
    house = House(any_store)
    async with house.running(without=["outbox"]):
        first = (await house.write("the first matter", channel=CHAT)).conversation
        assert await past_of(house).mail(CHAT, ME, first, ANNA.value, TEXT) == 0
        house.kill()
    async with House(any_store, house.clock, house.world, "two").running() as again:
        await again.pass_time(60_000)
        await again.until(lambda: len(again.world.mail.accepted) > 0, "the mail")
        assert [m.text for m in again.world.mail.accepted] == [TEXT.text]


async def test_we_are_not_written_to_ourselves_nor_are_machines(home: House) -> None:
    first, _ = await two_matters(home)
    facts = home.channels.facts()
    own = next((address for one in facts.values() for address in one.own), "")
    past = past_of(home)
    for address in (own, "no-reply@example.org", "mailer-daemon@example.org"):
        if address:
            assert await past.mail(CHAT, ME, first, address, TEXT) < 0
    without = JournalPast(home.store.journal, home.store.queries, home.committer, lambda: {CHAT: replace(facts[CHAT])}, "")
    assert not without.mails()
    assert await without.mail(CHAT, ME, first, ANNA.value, TEXT) < 0
