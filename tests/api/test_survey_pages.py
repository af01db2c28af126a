"""The page behind a survey's address: a look changes nothing, a button does; whole without JavaScript."""

from __future__ import annotations

import re

import pytest
from aiohttp import ClientResponse
from msgspec.structs import replace

from inbox.core.conversation import Rating
from inbox.core.ids import ConversationId, MessageId, digest
from inbox.core.rating import DAY, Asked, SurveyKind, Words
from inbox.records import CONVERSATIONS, MESSAGES, Batch, Put
from inbox.testing.builders import a_reply
from inbox.testing.clock import START
from tests.api.world import World

ASK = MessageId(digest("ask"))
WORDS = Words("How was <it>?", ("Very bad", "Bad", "Okay", "Good", "Very good"), "Why?", "Send", "Thank you!", "Too late.", "de")
FORM = {"Content-Type": "application/x-www-form-urlencoded"}


async def asked(world: World, kind: SurveyKind = SurveyKind.CSAT) -> str:
    """The path of a survey that was asked in Mia's conversation."""
    labels = WORDS.labels if kind is SurveyKind.CSAT else ("Never", "Surely")
    survey = Asked("s", kind, replace(WORDS, labels=labels), START, "mia", "support")
    c = await world.store.queries.conversation(ConversationId("c-own"))
    assert c is not None
    message = replace(a_reply("x", conversation=c.id), id=ASK, survey=survey, automatic="survey")
    rated = replace(c, rating=Rating(ASK, kind.value), version=c.version + 1)
    await world.store.journal.commit(Batch(puts=[Put(MESSAGES, message, None), Put(CONVERSATIONS, rated, c.version)]))
    return world.parts.surveys.address(ASK).removeprefix(world.parts.settings.public_url)


async def look(world: World, path: str, method: str = "GET") -> tuple[ClientResponse, str]:
    answer = await world.client.request(method, path)
    return answer, await answer.text()


async def press(world: World, path: str, body: str) -> tuple[int, str]:
    answer = await world.client.post(path, data=body, headers=FORM)
    return answer.status, await answer.text()


async def stored(world: World) -> tuple[int | None, str, int]:
    """The score, the comment, and the conversation's version."""
    message = (await world.store.queries.messages([ASK]))[ASK]
    c = await world.store.queries.conversation(ConversationId("c-own"))
    assert message.survey is not None
    assert c is not None
    assert c.rating is not None
    assert c.rating.score == message.survey.score
    return message.survey.score, message.survey.comment, c.version


async def test_a_scanner_that_follows_the_link_changes_nothing(world: World) -> None:
    path = await asked(world)
    before = await stored(world)
    for method in ("GET", "HEAD", "GET"):
        answer, _ = await look(world, f"{path}?score=1", method)
        assert answer.status == 200
    assert await stored(world) == before
    assert before[0] is None


async def test_the_page_is_whole_without_scripts_and_bound_by_its_policy(world: World) -> None:
    answer, page = await look(world, await asked(world))
    policy = answer.headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "script" not in policy
    assert "<script" not in page
    assert answer.headers["Cache-Control"] == "no-store"
    assert (page.count('name="score"'), "How was &lt;it&gt;?" in page, 'lang="de"' in page) == (5, True, True)
    assert not re.search(r"\son[a-z]+=|style=", page)


async def test_a_button_stores_the_score_and_then_a_comment(world: World) -> None:
    path = await asked(world)
    status, page = await press(world, path, "score=4")
    assert (status, "Thank you!" in page, "Why?" in page, 'value="4" aria-pressed="true"' in page) == (200, True, True, True)
    status, page = await press(world, path, "comment=Quick+%3Cb%3E%0D%0Aand+kind")
    assert (status, "✓ Thank you!" in page, "Quick &lt;b&gt;\nand kind</blockquote>" in page) == (200, True, True)
    assert "<textarea" not in page, "it says that the comment arrived, and does not ask for it again"
    assert "Quick &lt;b&gt;\nand kind</textarea>" in (await look(world, path))[1], "who opens it again may change it"
    score, comment, version = await stored(world)
    assert (score, comment) == (4, "Quick <b>\nand kind")
    await press(world, path, "score=4")
    assert (await stored(world))[2] == version, "the same again is nothing new"
    world.clock.set(START + 2 * DAY)
    status, page = await press(world, path, "score=1")
    assert (status, "Too late." in page, await stored(world)) == (200, True, (score, comment, version))


async def test_nps_has_eleven_buttons_and_words_at_both_ends(world: World) -> None:
    path = await asked(world, SurveyKind.NPS)
    _, page = await look(world, path)
    assert (page.count('name="score"'), "Never" in page, "Surely" in page) == (11, True, True)
    assert 'class="scores nps"' in page, "in two rows that look like it"
    assert (await press(world, path, "score=0"))[0] == 200
    assert (await stored(world))[0] == 0


@pytest.mark.parametrize("body", ["", "score=", "score=9", "score=-1", "score=4.5", "score=٤", "comment=x", "score[$ne]=1"])
async def test_what_the_form_does_not_send_is_refused(world: World, body: str) -> None:
    path = await asked(world)
    assert (await press(world, path, body))[0] == 422
    assert (await stored(world))[0] is None


async def test_only_the_address_itself_leads_there(world: World) -> None:
    path = await asked(world)
    wrong = path[:-1] + ("a" if path[-1] != "a" else "b")
    for address in (wrong, path[:-1], f"/s/{'a' * 52}"):
        assert (await look(world, address))[0].status == 404
        assert (await press(world, address, "score=5"))[0] in (404, 405)
    assert (await stored(world))[0] is None


async def test_agents_see_the_answer_and_never_the_address(world: World) -> None:
    path = await asked(world)
    await press(world, path, "score=5&comment=")
    mia = await world.log_in("mia")
    row = await mia.get("/conversations/c-own")
    assert row["row"]["rating"] == {"kind": "csat", "score": 5, "comment": "", "at": None}
    timeline = await (await mia.ask("GET", "/conversations/c-own/timeline")).text()
    assert path.removeprefix("/s/") not in timeline
