"""What an answer does to whose the conversation is, and to whom it may go."""

from __future__ import annotations

from typing import Any

import pytest

from inbox.core import commands as c
from inbox.core.errors import Invalid
from tests.flow.house import ANNA, MINUTE, TEAM, House
from tests.flow.test_conversations import SUPERVISOR, a_question


async def test_who_answers_what_nobody_holds_has_it_and_a_note_or_an_answer_for_later_take_nothing(house: House) -> None:
    mia, question = await a_question(house)
    tom = await house.hire("tom", teams=(TEAM,), online=False)
    house.goes("mia")
    await house.do(SUPERVISOR, c.Assign(question.conversation, None))
    later = house.clock.now() + 60 * MINUTE
    await house.do(tom, c.Note(question.conversation, "n", "Whose is this?"))
    await house.do(tom, c.Reply(question.conversation, "l", "Later.", send_at=later))
    assert (await house.conversation(question.conversation)).assignee is None
    await house.do(tom, c.Reply(question.conversation, "r", "On its way."))
    taken = await house.conversation(question.conversation)
    assert (taken.assignee, taken.assign_reason and taken.assign_reason.code) == (tom.id, "answered")
    await house.do(mia, c.Reply(question.conversation, "m", "It left today.", anyway=True))
    assert (await house.conversation(question.conversation)).assignee == tom.id, "whose it is stays whose it is"


@pytest.mark.parametrize("field", ["to", "cc", "bcc"])
async def test_an_address_that_cannot_be_one_is_refused_before_anybody_is_written_to(house: House, field: str) -> None:
    mia, question = await a_question(house)
    good, wrong = c.Addressee("email", "carl@example.org"), c.Addressee("email", "typo@@example")
    named: dict[str, Any] = {field: (good, wrong)}
    with pytest.raises(Invalid, match="typo@@example") as refused:
        await house.do(mia, c.Reply(question.conversation, "r", "Hello", **named))
    assert refused.value.field == field
    taking_part = [p.value for p in (await house.conversation(question.conversation)).participants]
    assert taking_part == [ANNA.value]
