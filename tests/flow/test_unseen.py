"""An answer in the chat that was not seen goes out by mail: to a proved address only, once, and the mail comes home."""

from __future__ import annotations

from inbox.connector import IdentityProof, Item, Receipt
from inbox.core import commands as c
from inbox.core.conversation import Category
from inbox.core.ids import ConversationId, message_id
from inbox.core.message import Address, DeliveryState, Message
from inbox.core.permissions import Actor
from inbox.flow.working import ChannelFacts
from tests.flow.house import ANNA, CHAT, VISITOR, House, a_line

UNSEEN_MS = ChannelFacts.unseen_ms


async def a_visitor(house: House, *, proved: bool = True, text: str = "hi") -> tuple[Actor, ConversationId]:
    """Somebody in the chat, whose mail address the site vouches for."""
    mia = await house.hire("mia")
    line = a_line(text)
    items: list[Item] = [IdentityProof(VISITOR, Address("email", ANNA.value), "signed", "Anna")] if proved else []
    await house.deliver(*items, line, channel=CHAT)
    return mia, (await house.message(message_id(CHAT, line.key))).conversation


async def answered(house: House, actor: Actor, id: ConversationId, text: str = "Here you are.") -> Message:
    return await house.sent(await house.reply(actor, id, text))


async def test_an_unseen_answer_goes_to_the_proved_address_and_the_reply_comes_home(house: House) -> None:
    mia, id = await a_visitor(house)
    await answered(house, mia, id)
    await house.pass_time(UNSEEN_MS - 100)
    assert house.world.mail.asked == []
    await house.pass_time(1_000)
    (mail,) = house.world.mail.accepted
    assert ([a.value for a in mail.to], mail.text, mail.automatic) == ([ANNA.value], "Here you are.", True)
    assert mail.token
    assert mail.subject == "Our answer to your message", "a channel's name is for agents"
    back = await house.write("thanks, got it", key="back", tokens=(mail.token,))
    assert back.conversation == id
    assert not back.new_participant
    conversation = await house.conversation(id)
    assert (conversation.category, conversation.reply_channel) == (Category.OPEN, "mail")


async def test_without_a_proof_nothing_leaves_the_house(house: House) -> None:
    mia = await house.hire("mia")
    chat = await house.write("hi", channel=CHAT, attributes={"email": ANNA.value})
    await answered(house, mia, chat.conversation)
    await house.pass_time(3 * UNSEEN_MS)
    assert house.world.mail.asked == []
    assert (await house.conversation(chat.conversation)).mail_due is None


async def test_a_seen_answer_stays_in_the_chat(house: House) -> None:
    mia, id = await a_visitor(house)
    reply = await answered(house, mia, id)
    await house.deliver(Receipt(DeliveryState.READ, provider_id=reply.id, recipient=VISITOR.value), channel=CHAT)
    await house.pass_time(2 * UNSEEN_MS)
    assert house.world.mail.asked == []


async def test_who_writes_on_has_seen_what_was_there(house: House) -> None:
    mia, id = await a_visitor(house)
    await answered(house, mia, id, "first answer")
    await house.write("and another thing", channel=CHAT)
    await house.pass_time(2 * UNSEEN_MS)
    assert house.world.mail.asked == []
    await answered(house, mia, id, "second answer")
    await house.pass_time(2 * UNSEEN_MS)
    assert [m.text for m in house.world.mail.accepted] == ["second answer"]


async def test_all_unseen_answers_go_in_one_mail_and_never_again(house: House) -> None:
    mia, id = await a_visitor(house)
    for n in range(3):
        await answered(house, mia, id, f"answer {n}")
    await house.pass_time(2 * UNSEEN_MS)
    await answered(house, mia, id, "one more")
    await house.pass_time(2 * UNSEEN_MS)
    assert [m.text for m in house.world.mail.accepted] == ["answer 0\n\nanswer 1\n\nanswer 2", "one more"]


async def test_a_spammer_gets_no_mail(house: House) -> None:
    mia, id = await a_visitor(house)
    await answered(house, mia, id)
    await house.do(mia, c.SetStatus(id, Category.SPAM))
    await house.pass_time(2 * UNSEEN_MS)
    assert house.world.mail.asked == []


async def test_the_copy_changes_nobodys_turn(house: House) -> None:
    mia, id = await a_visitor(house)
    await answered(house, mia, id)
    before = await house.conversation(id)
    await house.pass_time(2 * UNSEEN_MS)
    after = await house.conversation(id)
    assert (after.category, after.waiting_since, after.last_reply) == (before.category, before.waiting_since, before.last_reply)
    assert after.assignee == "mia"
