"""Approved templates with their variables filled in."""

from __future__ import annotations

import json

import pytest

from connectors.meta_graph.templates import Filled, listed, payload, preview
from inbox.core.errors import Invalid

LISTING = json.dumps(
    {
        "data": [
            {
                "name": "order_shipped",
                "language": "en_US",
                "status": "APPROVED",
                "category": "UTILITY",
                "id": "1",
                "components": [
                    {"type": "HEADER", "format": "TEXT", "text": "Order {{1}}"},
                    {"type": "BODY", "text": "Hello {{1}}, it comes {{2}}. Thanks, {{1}}!"},
                    {"type": "FOOTER", "text": "The tea shop"},
                    {
                        "type": "BUTTONS",
                        "buttons": [
                            {"type": "URL", "text": "Track", "url": "https://tea.example/t/{{1}}"},
                            {"type": "QUICK_REPLY", "text": "Call me"},
                            {"type": "PHONE_NUMBER", "text": "Call us", "phone_number": "+49301234567"},
                        ],
                    },
                ],
            },
            {
                "name": "invoice",
                "language": "de",
                "status": "APPROVED",
                "components": [{"type": "HEADER", "format": "DOCUMENT"}, {"type": "BODY", "text": "Guten Tag {{ name }}"}],
            },
            {"name": "hello", "language": "en", "status": "APPROVED", "components": [{"type": "BODY", "text": "Hello"}]},
            {"name": "not_yet", "language": "en", "status": "PENDING", "components": []},
            "nonsense",
        ],
        "paging": {},
    }
).encode()
SHIPPED, INVOICE, HELLO = listed(LISTING)


def test_only_what_is_approved_and_readable_is_offered() -> None:
    assert [template.name for template in listed(LISTING)] == ["order_shipped", "invoice", "hello"]
    assert listed(b"<html>") == ()


def test_every_variable_goes_to_its_place() -> None:
    filled = Filled(body={"1": "Lena", "2": "on\nMonday"}, header="#77", buttons={0: "77", 1: "CALL_77"})
    assert payload(SHIPPED, filled) == {
        "name": "order_shipped",
        "language": {"policy": "deterministic", "code": "en_US"},
        "components": [
            {"type": "header", "parameters": [{"type": "text", "text": "#77"}]},
            {"type": "body", "parameters": [{"type": "text", "text": "Lena"}, {"type": "text", "text": "on Monday"}]},
            {"type": "button", "sub_type": "url", "index": "0", "parameters": [{"type": "text", "text": "77"}]},
            {"type": "button", "sub_type": "quick_reply", "index": "1", "parameters": [{"type": "payload", "payload": "CALL_77"}]},
        ],
    }
    assert preview(SHIPPED, filled) == "Order #77\n\nHello Lena, it comes on Monday. Thanks, Lena!\n\nThe tea shop"


def test_named_variables_and_media_headers() -> None:
    assert payload(INVOICE, Filled(body={"name": "Lena"}, header="upload-1")) == {
        "name": "invoice",
        "language": {"policy": "deterministic", "code": "de"},
        "components": [
            {"type": "header", "parameters": [{"type": "document", "document": {"id": "upload-1"}}]},
            {"type": "body", "parameters": [{"type": "text", "parameter_name": "name", "text": "Lena"}]},
        ],
    }
    assert preview(INVOICE, Filled(body={"name": "Lena"})) == "Guten Tag Lena"


def test_a_template_without_variables_needs_nothing() -> None:
    assert payload(HELLO, Filled()) == {"name": "hello", "language": {"policy": "deterministic", "code": "en"}}


@pytest.mark.parametrize(
    ("filled", "field"),
    [
        (Filled(body={"1": "Lena"}, header="#77", buttons={0: "77"}), "body.2"),
        (Filled(body={"1": "Lena", "2": " \n "}, header="#77", buttons={0: "77"}), "body.2"),
        (Filled(body={"1": "Lena", "2": "soon"}, buttons={0: "77"}), "header.1"),
        (Filled(body={"1": "Lena", "2": "soon"}, header="#77"), "buttons.0"),
    ],
)
def test_a_variable_without_a_value_is_named(filled: Filled, field: str) -> None:
    with pytest.raises(Invalid) as missing:
        payload(SHIPPED, filled)
    assert missing.value.field == field
