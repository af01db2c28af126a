"""Changes, withdrawals and reactions reach the message they are about, early or late, once or ten times, and nobody else's."""

from __future__ import annotations

import pytest

from inbox.connector import Deletion, Edit, Reaction
from inbox.core.ids import ConversationId
from inbox.core.message import Card
from inbox.flow.intake import RECOVER_EVERY_MS, RECOVER_OLDER_THAN_MS
from tests.flow.house import ANNA, BOB, CHAT, MAIL, House, a_mail
from tests.store.conftest import Store


async def codes(house: House, conversation: ConversationId) -> list[str]:
    events = await house.store.journal.events_after({}, 1000)
    return [e.reason.code for e in events if e.conversation == conversation and e.type == "message.changed" and e.reason]


async def test_a_change_is_seen_in_the_thread_and_in_the_list(any_store: Store) -> None:
    async with House(any_store).running() as house:
        first = await house.write("helo", key="k", external_id="<1@x>")
        for _ in range(2):
            await house.deliver(Edit("<1@x>", "hello", first.at + 1))
        message = await house.until(lambda: changed(house, first.id, "hello"))
        assert [w.text for w in message.earlier] == ["helo"]
        await house.rest()
        assert (await house.conversation(first.conversation)).last.preview == "hello"  # type: ignore[union-attr]  # it has messages
        assert await codes(house, first.conversation) == ["edited"]


async def changed(house: House, id: str, text: str) -> object:
    message = await house.store.queries.message(id)  # type: ignore[arg-type]  # a message id
    return message if message is not None and message.text == text else None


async def test_what_is_taken_back_is_gone_for_agents_too(house: House) -> None:
    first = await house.write("my password is", key="k", external_id="<1@x>", cards=(Card("contact", "Anna"),))
    assert first.cards == (Card("contact", "Anna"),)
    await house.deliver(Deletion("<1@x>"))
    await house.rest()
    gone = await house.message(first.id)
    assert (gone.text, gone.cards, gone.deleted_at) == ("", (), house.clock.now())
    last = (await house.conversation(first.conversation)).last
    assert last is not None
    assert (last.preview, last.content) == ("", "withdrawn")
    assert await codes(house, first.conversation) == ["deleted"]


async def test_a_customer_reacts_to_our_answer_but_cannot_change_it(house: House) -> None:
    mia = await house.hire("mia")
    question = await house.write("question", key="k")
    answer = await house.sent(await house.reply(mia, question.conversation, "answer"))
    assert answer.delivery is not None
    target = answer.delivery.provider_id
    await house.deliver(Reaction(target, ANNA, "👍"), Edit(target, "something else"), Deletion(target))
    await house.rest()
    after = await house.message(answer.id)
    assert ([r.emoji for r in after.reactions], after.text) == (["👍"], "answer")
    assert after.reactions[0].author.id == question.customer
    await house.deliver(Reaction(target, BOB, "❤"), key="other")
    await house.rest()
    assert len((await house.message(answer.id)).reactions) == 2


@pytest.mark.parametrize("item", [Edit("<1@x>", "hello"), Deletion("<1@x>"), Reaction("<1@x>", ANNA, "👍")])
async def test_news_that_is_ahead_of_its_message_waits_for_it(house: House, item: Edit | Deletion | Reaction) -> None:
    await house.deliver(item)
    await house.rest()
    first = await house.write("helo", key="k", external_id="<1@x>")
    before = await house.message(first.id)
    await house.pass_time(RECOVER_OLDER_THAN_MS + RECOVER_EVERY_MS + 1)
    assert (await house.message(first.id)).version > before.version


async def test_news_about_a_message_of_another_channel_changes_nothing(house: House) -> None:
    first = await house.write("helo", key="k", external_id="<1@x>")
    await house.deliver(Deletion("<1@x>"), channel=CHAT)
    await house.rest()
    assert (await house.message(first.id)).text == "helo"
    assert a_mail("x", key="k").key == "k"
    assert first.channel == MAIL
