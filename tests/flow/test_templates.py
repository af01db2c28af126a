"""Approved templates: kept as their provider lists them, and the way to a customer whom free words do not reach any more."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest

from inbox.core import commands as c
from inbox.core.errors import Invalid, NeedsLogin, NotFound, TryLater
from inbox.core.events import EventType
from inbox.core.message import Card, DeliveryState
from inbox.core.permissions import Actor
from inbox.core.templates import FilledTemplate, Slot, Template
from inbox.flow.templates import EVERY_MS, TemplateSync, template_id
from inbox.records import StoredFile
from inbox.testing.clock import START
from tests.flow.house import CHAT, MAIL, House

DAY = 24 * 60 * 60 * 1000
HELLO = Template("hello", "en", "Hello {{name}}, are you still there?")
SHIPPED = Template("shipped", "en", "It is on its way.", header_kind="document")
CLOSED = Template("closed", "de", "Wir haben zu.")
SAYS_HELLO = c.UseTemplate(template_id(CHAT, HELLO), {"body.name": "Lena"})


@pytest.fixture
async def sync(house: House, monkeypatch: pytest.MonkeyPatch) -> TemplateSync:
    """The chat has a window of a day and two templates, which were fetched."""
    facts = {id: replace(f, window=DAY) if id == CHAT else f for id, f in house.channels.facts().items()}
    monkeypatch.setattr(house.channels, "_facts", facts)
    house.world.chat.templates = [HELLO, SHIPPED]
    sync = TemplateSync(house.committer, house.store.queries, house.channels.connectors, house.clock, lambda: 0.0)
    assert (await sync.fetch(CHAT)).problem == ""
    return sync


@pytest.fixture
async def mia(house: House) -> Actor:
    return await house.hire("mia")


async def kept(house: House) -> list[str]:
    return [entry.template.name for entry in await house.store.queries.templates(CHAT)]


def told(house: House) -> int:
    return sum(change.event.type is EventType.TEMPLATES_CHANGED for change in house.heard)


async def test_what_the_provider_lists_is_what_is_kept(house: House, sync: TemplateSync) -> None:
    assert await kept(house) == ["hello", "shipped"]
    await house.rest()
    assert told(house) == 1
    house.world.chat.templates = [replace_body(HELLO, "Hi {{name}}!"), CLOSED]
    await sync.fetch(CHAT)
    assert [(e.template.name, e.template.body, e.version) for e in await house.store.queries.templates(CHAT)] == [
        ("closed", "Wir haben zu.", 1),
        ("hello", "Hi {{name}}!", 2),
    ]
    await sync.fetch(CHAT)
    await house.rest()
    assert told(house) == 2, "nothing new is no news"


def replace_body(template: Template, body: str) -> Template:
    return Template(template.name, template.language, body)


@pytest.mark.parametrize(
    ("error", "problem"),
    [
        (TryLater("Meta is busy."), "Meta is busy."),
        (NeedsLogin("The token is old."), "The provider refused: The token is old."),
        (LookupError("a bug"), "Fetching the templates failed (LookupError)."),
    ],
)
async def test_a_provider_that_does_not_answer_takes_nothing_away(house: House, sync: TemplateSync, error: Exception, problem: str) -> None:
    house.world.chat.templates = error
    assert (await sync.fetch(CHAT)).problem == problem
    assert await kept(house) == ["hello", "shipped"]
    assert sync.fetched(CHAT) is not None


async def test_they_are_fetched_again_by_themselves(house: House, sync: TemplateSync) -> None:
    house.world.chat.templates = [CLOSED]
    async with asyncio.TaskGroup() as tasks:
        running = tasks.create_task(sync.run())
        await house.until(lambda: _names(house, ["closed"]), "fetched at the start")
        house.world.chat.templates = [HELLO]
        await house.pass_time(EVERY_MS)
        await house.until(lambda: _names(house, ["hello"]), "fetched after three hours")
        running.cancel()


async def _names(house: House, names: list[str]) -> bool:
    return await kept(house) == names


async def test_a_channel_without_templates_has_none_to_fetch(sync: TemplateSync) -> None:
    with pytest.raises(NotFound):
        await sync.fetch(MAIL)


async def test_a_template_reaches_a_customer_whom_words_do_not_reach_any_more(house: House, sync: TemplateSync, mia: Actor) -> None:
    line = await house.write("hello", key="1", channel=CHAT)
    await house.pass_time(DAY + 1)
    with pytest.raises(Invalid, match="send a template"):
        await house.reply(mia, line.conversation, "too late")
    queued = await house.reply(mia, line.conversation, "", template=SAYS_HELLO)
    assert (queued.text, queued.cards) == ("Hello Lena, are you still there?", (Card("template", "hello (en)"),))
    sent = await house.sent(queued)
    assert sent.delivery is not None
    assert sent.delivery.state is DeliveryState.SENT
    [outbound] = house.world.chat.accepted
    assert outbound.template == FilledTemplate("hello", "en", slots=(Slot("body", "name", "Lena"),))


async def test_a_repeated_command_is_the_same_message(house: House, sync: TemplateSync, mia: Actor) -> None:
    line = await house.write("hello", key="1", channel=CHAT)
    first = await house.do(mia, c.Reply(line.conversation, "n", "", template=SAYS_HELLO))
    again = await house.do(mia, c.Reply(line.conversation, "n", "", template=SAYS_HELLO))
    assert (first.message, again.duplicate) == (again.message, True)


async def test_only_a_template_begins_a_conversation(house: House, sync: TemplateSync, mia: Actor) -> None:
    to = (c.Addressee("visitor", "v9", "Lena"),)
    with pytest.raises(Invalid, match="only a template"):
        await house.do(mia, c.StartConversation("a", CHAT, to, text="hello"))
    outcome = await house.do(mia, c.StartConversation("b", CHAT, to, text="", template=SAYS_HELLO))
    assert outcome.message is not None
    assert (await house.sent(outcome.message)).delivery.state is DeliveryState.SENT  # type: ignore[union-attr]  # it was queued
    answer = await house.write("yes", key="2", channel=CHAT, sender=to[0].address())
    assert answer.conversation == outcome.message.conversation


@pytest.mark.parametrize(
    ("use", "files", "field"),
    [
        (c.UseTemplate("nobody"), (), "template"),
        (c.UseTemplate(template_id(CHAT, HELLO)), (), "template.body.name"),
        (c.UseTemplate(template_id(CHAT, SHIPPED)), (), "files"),
        (c.UseTemplate(template_id(CHAT, SHIPPED)), ("bill",), ""),
    ],
)
async def test_what_does_not_fit_is_refused_before_anything_is_sent(
    house: House, sync: TemplateSync, mia: Actor, use: c.UseTemplate, files: tuple[str, ...], field: str
) -> None:
    await house.store.files.store(StoredFile("bill", "bill.pdf", "application/pdf", 4, "agent:mia", START), b"%PDF")
    line = await house.write("hello", key="1", channel=CHAT)
    if not field:
        assert (await house.reply(mia, line.conversation, "", template=use, files=files)).attachments[0].name == "bill.pdf"
        return
    with pytest.raises(Invalid) as wrong:
        await house.reply(mia, line.conversation, "", template=use, files=files)
    assert wrong.value.field == field


async def test_a_template_is_of_its_channel_and_has_its_own_words(house: House, sync: TemplateSync, mia: Actor) -> None:
    mail, line = await house.write("hello", key="m"), await house.write("hello", key="1", channel=CHAT)
    with pytest.raises(Invalid, match="no templates"):
        await house.reply(mia, mail.conversation, "", template=SAYS_HELLO)
    with pytest.raises(Invalid, match="own words"):
        await house.reply(mia, line.conversation, "and this", template=SAYS_HELLO)
    house.world.chat.templates = [CLOSED]
    await sync.fetch(CHAT)
    with pytest.raises(Invalid, match="not approved any more"):
        await house.reply(mia, line.conversation, "", template=SAYS_HELLO)
