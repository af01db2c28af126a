"""What the owner of a web chat may decide, and what is refused when he saves it."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from inbox.core.widget import PageGreeting, WidgetSettings


@pytest.mark.parametrize(
    ("settings", "named"),
    [
        ({"origins": ["https://shop.example/"]}, "origins"),
        ({"origins": ["shop.example"]}, "origins"),
        ({"origins": ["*"]}, "origins"),
        ({"origins": ["null"]}, "origins"),
        ({"origins": ["https://*"]}, "origins"),
        ({"identity_secret": "short"}, "identity_secret"),
        ({"identity_required": True}, "identity_required"),
        ({"accent": "red"}, "accent"),
        ({"prechat": "maybe"}, "prechat"),
        ({"colour": "#000000"}, "colour"),
    ],
)
def test_a_bad_setting_is_refused_by_name(settings: dict[str, object], named: str) -> None:
    with pytest.raises(msgspec.ValidationError, match=named):
        msgspec.convert(settings, WidgetSettings)


def test_a_greeting_needs_pages_and_words() -> None:
    greeting = {"pages": "/tents*", "text": "Looking for a tent?"}
    assert msgspec.convert({"greetings": [greeting]}, WidgetSettings).greetings == (PageGreeting("/tents*", "Looking for a tent?", 10),)
    for name in greeting:
        with pytest.raises(msgspec.ValidationError):
            msgspec.convert({"greetings": [{**greeting, name: ""}]}, WidgetSettings)


@pytest.mark.parametrize(
    "settings", [{"theme": "sepia"}, {"language": "xx"}, {"agents": "all"}, {"launcher": "x" * 41}, {"greeting_days": -1}]
)
def test_a_look_that_is_not_there_is_refused(settings: dict[str, Any]) -> None:
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert(settings, WidgetSettings)
