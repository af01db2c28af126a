"""What an update means, beside the recorded ones, and that the recorded ones are what Telegram really sends."""

from __future__ import annotations

import json
from typing import Any

import pytest
import telegram
from hypothesis import given
from hypothesis import strategies as st

from connectors.telegram import TelegramConnector
from connectors.telegram.places import Place, place_of
from inbox.connector import IdentityProof, InboundMessage, RawDelivery, Reaction
from inbox.core.errors import Malformed, Unsupported
from tests.connectors.recorded import CHANNEL, Case, cases

RECORDED = cases(TelegramConnector)
TESS = {"id": 4711, "is_bot": False, "first_name": "Tess"}
PRIVATE = {"id": 4711, "type": "private", "first_name": "Tess"}
GROUP = {"id": -1002233, "type": "supergroup", "title": "Berg & Sons"}
NEWER_THAN_THE_LIBRARY = {"kind_of_tomorrow", "rich_message"}
"""Recorded updates with fields that the installed python-telegram-bot does not know."""


def parse(update: dict[str, Any]) -> Any:
    return TelegramConnector.parse(RawDelivery(CHANNEL, "k", json.dumps({"update_id": 1, **update}).encode(), 1_795_255_400_000))


def said(**fields: Any) -> dict[str, Any]:
    return {"message": {"message_id": 7, "date": 1_795_255_100, "chat": PRIVATE, "from": TESS, **fields}}


def unknown(value: object) -> list[str]:
    """Fields, at any depth, that the provider's library has no attribute for."""
    if isinstance(value, list | tuple):
        return [name for one in value for name in unknown(one)]
    if not isinstance(value, telegram.TelegramObject):
        return []
    inner = (getattr(value, name, None) for cls in type(value).__mro__ for name in getattr(cls, "__slots__", ()) if name[0] != "_")
    return [*value.api_kwargs, *(name for one in inner if not isinstance(one, dict) for name in unknown(one))]


@pytest.mark.parametrize("case", RECORDED, ids=lambda case: case.file.name.partition(".")[0])
def test_what_is_recorded_is_an_update_to_the_providers_library_too(case: Case) -> None:
    name = case.file.name.partition(".")[0]
    update = telegram.Update.de_json(json.loads(case.raw().body), None)
    found = [item for item in case.kind.parse(case.raw()) if isinstance(item, InboundMessage)]
    assert bool(unknown(update)) == (name in NEWER_THAN_THE_LIBRARY), unknown(update)
    message = update.effective_message
    if update.message and isinstance(message, telegram.Message) and found:
        assert found[0].external_id == f"{message.chat_id}:{message.message_id}"
        assert found[0].at == int(message.date.timestamp()) * 1000
        assert message.sender_chat or str(message.from_user and message.from_user.id) in found[0].sender.value


@pytest.mark.parametrize(
    "update",
    [
        said(new_chat_members=[TESS]),
        said(left_chat_member=TESS),
        said(chat=GROUP, pinned_message={"message_id": 3, "chat": GROUP, "date": 0}),
        said(chat=GROUP, forum_topic_created={"name": "Repairs", "icon_color": 1}),
        said(chat=GROUP, migrate_to_chat_id=-100777),
        said(message_auto_delete_timer_changed={"message_auto_delete_time": 60}),
        said(video_chat_started={}),
        said(),
        said(chat=GROUP, is_automatic_forward=True, sender_chat={"id": -1009, "type": "channel"}, text="Our news"),
        {"channel_post": {"message_id": 1, "date": 1, "chat": {"id": -1009, "type": "channel"}, "text": "Our news"}},
        {"message": {"message_id": 1, "date": 1, "chat": PRIVATE, "text": "Who?"}},
        {
            "business_message": {
                "message_id": 1,
                "date": 1,
                "chat": PRIVATE,
                "from": {"id": 1},
                "business_connection_id": "b",
                "text": "Mine",
            }
        },
        {"edited_message": {"message_id": 1, "date": 1, "chat": PRIVATE, "from": TESS, "location": {"latitude": 1, "longitude": 2}}},
        {"my_chat_member": {"chat": PRIVATE, "from": TESS, "date": 1}},
        {"message_reaction": {"chat": GROUP, "message_id": 1, "date": 1, "new_reaction": []}},
        {"poll": {"id": "1"}},
        {},
    ],
    ids=lambda update: ",".join(list(update.get("message", update))[-1:]),
)
def test_what_nobody_wrote_to_us_is_no_message(update: dict[str, Any]) -> None:
    with pytest.raises(Unsupported):
        parse(update)


@pytest.mark.parametrize(
    "update",
    [
        said(text=7),
        said(date=10**18),
        said(chat={"id": 10**30}),
        said(location={"latitude": 1000, "longitude": 0}),
        said(photo=[{"file_id": ""}]),
        {"message": None},
        {"message": "Hello"},
        {"message_reaction": {"chat": GROUP}},
        {"callback_query": {"id": 7}},
        {"update_id": -1, **said(text="Hello")},
    ],
)
def test_what_telegram_never_sends_is_malformed(update: dict[str, Any]) -> None:
    with pytest.raises(Malformed):
        parse(update)


def test_a_message_that_is_passed_on_and_not_understood_still_names_its_kind() -> None:
    (found,) = [
        i for i in parse(said(gift={"gift": {}}, forward_origin={"type": "user", "sender_user": TESS})) if isinstance(i, InboundMessage)
    ]
    assert [(card.kind, card.title) for card in found.cards] == [("unsupported", "gift"), ("referral", "Forwarded")]


@pytest.mark.parametrize(("offset", "length"), [(0, 2), (1, 1), (1, 2), (0, 10**6), (10**6, 5)])
def test_links_that_point_into_nowhere_break_nothing(offset: int, length: int) -> None:
    entity = {"type": "text_link", "offset": offset, "length": length, "url": "https://a.example"}
    (found,) = parse(said(text="📦x", entities=[entity]))
    assert "https://a.example" in found.text


def test_a_person_is_the_same_in_a_group_and_in_his_private_chat_but_is_answered_where_he_wrote() -> None:
    proof, message = parse(said(chat=GROUP, text="Hello"))
    assert isinstance(proof, IdentityProof)
    assert proof.address.value == message.sender.value == "-1002233#4711"
    assert proof.also.value == parse(said(text="Hello"))[0].sender.value == "4711"
    assert place_of(message.sender.value) == Place(-1002233)


def test_of_several_reactions_the_newest_is_shown() -> None:
    kinds = [{"type": "emoji", "emoji": "👍"}, {"type": "emoji", "emoji": "🔥"}]
    (news,) = parse({"message_reaction": {"chat": PRIVATE, "message_id": 1, "user": TESS, "date": 5, "new_reaction": kinds}})
    assert isinstance(news, Reaction)
    assert (news.target, news.emoji, news.at) == ("4711:1", "🔥", 5000)


numbers = st.integers(-(2**52), 2**52)
places = st.builds(
    Place,
    chat=numbers,
    topic=st.just("") | st.integers(1, 10**15).map(str) | st.integers(1, 10**15).map(lambda n: f"d{n}"),
    business=st.text("abcXYZ019_-=.", max_size=30),
)


@given(place=places, user=numbers, number=st.integers(0, 2**52))
def test_every_place_can_be_found_again_by_what_is_said_there(place: Place, user: int, number: int) -> None:
    assert place_of(place.person(user)) == place
    assert place.number(place.message(number)) == number
    assert place.number(another(place).message(number)) is None


def another(place: Place) -> Place:
    """Another chat."""
    return Place(place.chat + 1, place.topic, place.business)


@given(text=st.text(max_size=60))
def test_any_address_is_a_place_or_none(text: str) -> None:
    found = place_of(text)
    assert found is None or str(found.chat) in text or str(abs(found.chat)) in text or any(c.isdecimal() for c in text)
