"""What the customer gets in Telegram, and what the agent reads when he does not."""

from __future__ import annotations

import json

import pytest

from connectors.telegram.sending import seconds_for
from inbox.core.errors import NeedsLogin, Rejected, TryLater, Unknown
from inbox.core.message import DeliveryState
from tests.connectors.telegram.conftest import Bot, a_reply
from tests.peers.telegram_bot_api import Trouble, refused


async def test_a_text_arrives_with_its_formatting_and_its_id_comes_back(bot: Bot) -> None:
    sent = await bot.connector().send(a_reply("It is **here**, see [the map](https://maps.example/?a=1&b=2) <3"))
    (call,) = bot.server.calls
    html = 'It is <b>here</b>, see <a href="https://maps.example/?a=1&amp;b=2">the map</a> &lt;3'
    assert (call.method, call.fields) == ("sendMessage", {"chat_id": 4711, "text": html, "parse_mode": "HTML"})
    assert (sent.provider_id, sent.external_id, sent.state) == ("4711:9001", "", DeliveryState.SENT)


@pytest.mark.parametrize(
    ("address", "target"),
    [
        ("-1002233#4711", {"chat_id": -1002233}),
        ("-1002233/77#4711", {"chat_id": -1002233, "message_thread_id": 77}),
        ("4711/12", {"chat_id": 4711, "message_thread_id": 12}),
        ("-1009/d4711#4711", {"chat_id": -1009, "direct_messages_topic_id": 4711}),
        ("BAAC7_x-1:4711", {"chat_id": 4711, "business_connection_id": "BAAC7_x-1"}),
    ],
)
async def test_an_answer_goes_where_the_customer_wrote(bot: Bot, address: str, target: dict[str, object]) -> None:
    await bot.connector().send(a_reply(to=address))
    assert bot.server.calls[0].fields == target | {"text": "On its way.", "parse_mode": "HTML"}


async def test_everybody_in_one_group_gets_one_message(bot: Bot) -> None:
    sent = await bot.connector().send(a_reply(to="-1002233#4711 -1002233#4712"))
    assert len(bot.server.calls) == 1
    assert sent.provider_id == "-1002233:9001"


@pytest.mark.parametrize(
    ("quote", "to", "reference", "quoted"),
    [
        ("groups", "-1002233#4711", "-1002233:501", True),
        ("groups", "4711", "4711:101", False),
        ("always", "4711", "4711:101", True),
        ("never", "-1002233#4711", "-1002233:501", False),
        ("always", "4711", "-1002233:501", False),
    ],
    ids=["in a group", "not in a private chat", "unless wanted", "unless not wanted", "never of another chat"],
)
async def test_the_message_that_is_answered_is_shown(bot: Bot, quote: str, to: str, reference: str, quoted: bool) -> None:
    await bot.connector(quote=quote).send(a_reply(to=to, references=("4711:90", reference)))
    number = int(reference.rpartition(":")[2])
    expected = {"message_id": number, "allow_sending_without_reply": True} if quoted else None
    assert bot.server.calls[0].fields.get("reply_parameters") == expected


@pytest.mark.parametrize(
    ("type", "method", "field"),
    [
        ("image/png", "sendPhoto", "photo"),
        ("image/gif", "sendAnimation", "animation"),
        ("video/mp4", "sendVideo", "video"),
        ("audio/ogg; codecs=opus", "sendVoice", "voice"),
        ("audio/mpeg", "sendAudio", "audio"),
        ("application/pdf", "sendDocument", "document"),
        ("", "sendDocument", "document"),
    ],
)
async def test_a_file_is_uploaded_as_what_it_is_with_the_text_under_it(bot: Bot, type: str, method: str, field: str) -> None:
    content = bytes(range(256)) * 1000
    await bot.connector().send(a_reply("Die *Rechnung*", files=(bot.file("Rechnung März.bin", type, content),)))
    (call,) = bot.server.calls
    assert (call.method, call.file_field, call.filename, call.file) == (method, field, "Rechnung März.bin", content)
    assert call.fields == {"chat_id": 4711, "caption": "Die <i>Rechnung</i>", "parse_mode": "HTML"}


async def test_a_file_name_cannot_break_out_of_its_line(bot: Bot) -> None:
    await bot.connector().send(a_reply(files=(bot.file('a"\r\nX-Evil: 1.pdf', "application/pdf", b"a"),)))
    assert bot.server.calls[0].filename == 'a"__X-Evil: 1.pdf'


async def test_several_files_follow_the_text(bot: Bot) -> None:
    files = (bot.file("a.pdf", "application/pdf", b"a"), bot.file("b.jpg", "image/jpeg", b"b"))
    sent = await bot.connector().send(a_reply("Both:", to="-1002233#4711", files=files, references=("-1002233:501",)))
    assert [call.method for call in bot.server.calls] == ["sendMessage", "sendDocument", "sendPhoto"]
    assert ["reply_parameters" in call.fields for call in bot.server.calls] == [True, False, False]
    assert sent.provider_id == "-1002233:9001"


async def test_choices_are_buttons_below_the_question(bot: Bot) -> None:
    files = (bot.file("b.jpg", "image/jpeg", b"b"),)
    await bot.connector().send(a_reply("Shall we?", files=files, choices=("Yes", "Да" * 10)))
    assert [call.method for call in bot.server.calls] == ["sendPhoto", "sendMessage"]
    markup = bot.server.calls[1].fields["reply_markup"]
    assert (json.loads(markup) if isinstance(markup, str) else markup) == {
        "inline_keyboard": [[{"text": "Yes", "callback_data": "Yes"}], [{"text": "Да" * 10, "callback_data": "Да" * 10}]]
    }
    await bot.connector().send(a_reply("Shall we?", choices=("👩‍👩‍👧‍👦" * 2,)))
    assert len(bot.server.calls[2].fields["reply_markup"]["inline_keyboard"][0][0]["callback_data"].encode()) <= 64


async def test_a_text_too_long_for_a_caption_comes_before_the_file(bot: Bot) -> None:
    await bot.connector().send(a_reply("😀" * 600, files=(bot.file("a.pdf", "application/pdf", b"a"),)))
    assert [call.method for call in bot.server.calls] == ["sendMessage", "sendDocument"]


async def test_a_text_too_long_for_one_message_is_cut_between_paragraphs(bot: Bot) -> None:
    paragraphs = [f"{n} " + "word " * 300 for n in range(6)]
    await bot.connector().send(a_reply("\n\n".join(paragraphs)))
    texts = [call.fields["text"] for call in bot.server.calls]
    assert len(texts) == 3
    assert all(len(text) <= 4096 for text in texts)
    assert "\n\n".join(texts).split() == " ".join(paragraphs).split()


async def test_what_is_too_large_or_empty_is_refused_before_anything_is_sent(bot: Bot) -> None:
    file = bot.file("a.pdf", "application/pdf", b"a")
    large = type(file)(file.file, "film.mp4", "video/mp4", 50_000_001)
    with pytest.raises(Rejected, match=r"at most 50 MB; film.mp4 is larger"):
        await bot.connector().send(a_reply("Look", files=(file, large)))
    with pytest.raises(Rejected, match="empty file"):
        await bot.connector().send(a_reply("Look", files=(bot.file("void", "text/plain", b""),)))
    with pytest.raises(Rejected, match="no empty message"):
        await bot.connector().send(a_reply(" \n"))
    assert bot.server.calls == []


async def test_a_picture_telegram_cannot_show_goes_as_a_document(bot: Bot) -> None:
    bot.server.fail("sendPhoto", refused(400, "Bad Request: PHOTO_INVALID_DIMENSIONS"))
    await bot.connector().send(a_reply("Plan", files=(bot.file("plan.png", "image/png", b"png"),)))
    assert [(call.method, call.file) for call in bot.server.calls] == [("sendPhoto", b"png"), ("sendDocument", b"png")]
    assert bot.server.calls[1].fields["caption"] == "Plan"


async def test_formatting_telegram_does_not_take_is_left_away(bot: Bot) -> None:
    bot.server.fail("sendMessage", refused(400, "Bad Request: can't parse entities: unsupported start tag"))
    await bot.connector().send(a_reply("**so**"))
    assert bot.server.calls[1].fields == {"chat_id": 4711, "text": "**so**"}


async def test_a_group_that_got_a_new_number_is_followed(bot: Bot) -> None:
    bot.server.fail("sendMessage", refused(400, "Bad Request: group chat was upgraded to a supergroup chat", migrate_to_chat_id=-100777))
    sent = await bot.connector().send(a_reply(to="-555#4711"))
    assert bot.server.calls[1].fields["chat_id"] == -100777
    assert sent.provider_id == "-100777:9001"


@pytest.mark.parametrize(
    ("trouble", "error", "says"),
    [
        (refused(403, "Forbidden: bot was blocked by the user"), Rejected, "The customer blocked this bot."),
        (refused(403, "Forbidden: user is deactivated"), Rejected, "account was deleted"),
        (refused(403, "Forbidden: bot can't initiate conversation with a user"), Rejected, "cannot write first"),
        (refused(403, "Forbidden: bot was kicked from the supergroup chat"), Rejected, "removed from this group"),
        (refused(400, "Bad Request: chat not found"), Rejected, "does not know this chat"),
        (refused(400, "Bad Request: TOPIC_CLOSED"), Rejected, "topic of the group is closed"),
        (refused(400, "Bad Request: not enough rights to send text messages to the chat"), Rejected, "administrator"),
        (refused(400, "Bad Request: SOMETHING_NEW"), Rejected, "Telegram refused it: Bad Request: SOMETHING_NEW"),
        (refused(422, "Unprocessable"), Rejected, "Unprocessable"),
        (refused(401, "Unauthorized"), NeedsLogin, "does not accept the bot's token"),
        (refused(404, "Not Found"), NeedsLogin, "does not accept the bot's token"),
        (refused(500, "Internal Server Error: restart"), Unknown, "restart"),
        (refused(500, "Internal Server Error", retry_after=5), Unknown, "Internal"),
        (Trouble("html", 502), Unknown, "HTTP 502"),
        (Trouble("html", 500), Unknown, "HTTP 500"),
        (Trouble("html", 200), Unknown, "HTTP 200"),
        (Trouble("cut"), Unknown, "connection_broke"),
        (Trouble("cut", done=True), Unknown, "connection_broke"),
    ],
    ids=lambda value: value.description + value.kind if isinstance(value, Trouble) else "",
)
async def test_each_trouble_means_what_it_means(bot: Bot, trouble: Trouble, error: type[Exception], says: str) -> None:
    bot.server.fail("sendMessage", trouble)
    with pytest.raises(error, match=says):
        await bot.connector().send(a_reply())
    assert len(bot.server.made("sendMessage")) == 1


async def test_telegram_is_given_the_pause_it_asks_for(bot: Bot) -> None:
    bot.server.fail("sendMessage", refused(429, "Too Many Requests: retry after 17", retry_after=17))
    with pytest.raises(TryLater) as slow:
        await bot.connector().send(a_reply())
    assert slow.value.after == 17_000
    bot.server.fail("sendMessage", Trouble("refused", 429, "Too Many Requests", None, {"Retry-After": "3"}))
    with pytest.raises(TryLater) as again:
        await bot.connector().send(a_reply())
    assert again.value.after == 3_000


async def test_nothing_was_sent_when_telegram_is_not_there(bot: Bot) -> None:
    with pytest.raises(TryLater):
        await bot.connector(base_url="http://127.0.0.1:9").send(a_reply())


async def test_an_interrupted_message_goes_on_where_it_stopped(bot: Bot) -> None:
    files = (bot.file("a.pdf", "application/pdf", b"a"), bot.file("b.pdf", "application/pdf", b"b"))
    bot.server.fail("sendDocument", refused(429, "Too Many Requests: retry after 5", retry_after=5))
    with pytest.raises(TryLater):
        await bot.connector().send(a_reply("Both:", files=files))
    sent = await bot.connector().send(a_reply("Both:", files=files, attempt=2))
    assert [call.filename or call.method for call in bot.server.calls] == ["sendMessage", "a.pdf", "a.pdf", "b.pdf"]
    assert sent.provider_id == "4711:9001"


async def test_the_agent_reads_that_only_the_text_arrived(bot: Bot) -> None:
    files = (bot.file("a.pdf", "application/pdf", b"a"), bot.file("b.pdf", "application/pdf", b"b"))
    bot.server.fail("sendDocument", refused(400, "Bad Request: not enough rights to send documents to the chat"))
    with pytest.raises(Rejected, match=r"Only a part of it arrived\. The bot may not write this in the group"):
        await bot.connector().send(a_reply("Both:", files=files))


async def test_who_blocked_the_bot_does_not_keep_the_other_from_his_answer(bot: Bot) -> None:
    bot.server.fail("sendMessage", refused(403, "Forbidden: bot was blocked by the user"))
    sent = await bot.connector().send(a_reply(to="4711 4712"))
    assert sent.refused == {"4711": "The customer blocked this bot."}
    assert sent.provider_id == "4712:9001"


async def test_who_has_to_wait_is_written_to_later_and_the_other_not_twice(bot: Bot) -> None:
    bot.server.fail("sendMessage", Trouble("fine"), refused(429, "Too Many Requests", retry_after=2))
    sent = await bot.connector().send(a_reply(to="4711 4712"))
    assert sent.later == {"4712": "Telegram asks us to slow down."}
    await bot.connector().send(a_reply(to="4711 4712", attempt=2, envelope=("4712",)))
    assert [call.fields["chat_id"] for call in bot.server.calls] == [4711, 4712, 4712]


async def test_only_those_are_written_to_who_still_wait(bot: Bot) -> None:
    await bot.connector().send(a_reply(to="4711 4712", envelope=("4712",)))
    assert [call.fields["chat_id"] for call in bot.server.calls] == [4712]


async def test_an_address_of_another_kind_is_refused(bot: Bot) -> None:
    with pytest.raises(Rejected, match="no Telegram chat"):
        await bot.connector().send(a_reply(to="anna@example.org"))


async def test_a_large_upload_gets_more_time(bot: Bot) -> None:
    file = bot.file("a.pdf", "application/pdf", b"a" * 5_000_000)
    assert bot.connector().send_seconds(a_reply(files=(file,))) > bot.connector().send_seconds(a_reply()) + 50
    assert seconds_for(()) == 0


@pytest.mark.parametrize(
    "line",
    [
        "geo:52.5251,13.3694",
        "geo:52.5251,13.3694;u=35",
        "https://www.openstreetmap.org/?mlat=52.5251&mlon=13.3694#map=17",
        "https://www.google.com/maps?q=52.5251,13.3694",
        "https://maps.google.com/?q=52.5251,13.3694",
        "https://www.google.co.jp/maps/search/?api=1&query=52.5251%2C13.3694",
        "https://www.google.de/maps/place/Hauptbahnhof/@52.5251,13.3694,17z/data=x",
    ],
)
async def test_a_link_to_a_map_on_a_line_of_its_own_goes_as_a_place(bot: Bot, line: str) -> None:
    sent = await bot.connector().send(a_reply(f"We are **here**:\n{line}\nSee you!"))
    text, pin = bot.server.calls
    assert text.fields["text"] == "We are <b>here</b>:\nSee you!"
    assert (pin.method, pin.fields) == ("sendLocation", {"chat_id": 4711, "latitude": 52.5251, "longitude": 13.3694})
    assert len(sent.provider_ids) == 2


@pytest.mark.parametrize(
    "line",
    [
        "at geo:52.5251,13.3694",
        "geo:95,13",
        "https://www.openstreetmap.org/",
        "https://evil.example/maps?q=52.5251,13.3694",
        "https://google.evil.example/maps?q=52.5251,13.3694",
        "https://www.google.com/maps/place/Berlin",
        "https://www.google.com/search?q=52.5251,13.3694",
        "https://[::1/maps",
        "http://maps.google.com/?q=52.5251,13.3694",
    ],
)
async def test_other_lines_stay_text(bot: Bot, line: str) -> None:
    await bot.connector().send(a_reply(line))
    assert [call.method for call in bot.server.calls] == ["sendMessage"]


async def test_a_place_alone_is_all_that_goes_and_beside_choices_it_stays_a_link(bot: Bot) -> None:
    await bot.connector().send(a_reply("geo:1.5,-2"))
    await bot.connector().send(a_reply("geo:1.5,-2", choices=("A",)))
    assert [call.method for call in bot.server.calls] == ["sendLocation", "sendMessage"]
