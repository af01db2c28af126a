"""Approved templates: fetched page by page, and sent with every variable in its place."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest
from msgspec.structs import replace

from inbox.app.outside import Outside
from inbox.connector import Tools
from inbox.core.errors import NeedsLogin, Rejected, TryLater, Unsupported
from inbox.core.templates import FilledTemplate, Slot, Template, TemplateButton, render
from inbox.testing.tools import no_tools
from tests.connectors.whatsapp.test_sending import MESSAGE, NUMBER, PDF, PNG, STORED, connector
from tests.peers.meta_graph import GraphApi, Trouble, refusal

ACCOUNT = "102290129340398"
SHIPPED = {
    "name": "order_shipped",
    "language": "en_US",
    "status": "APPROVED",
    "category": "UTILITY",
    "id": "1",
    "components": [
        {"type": "HEADER", "format": "TEXT", "text": "Order {{1}}", "example": {"header_text": ["77"]}},
        {"type": "BODY", "text": "Hello {{1}}, it comes {{2}}. Thanks, {{1}}!"},
        {"type": "FOOTER", "text": "The tea shop"},
        {
            "type": "BUTTONS",
            "buttons": [
                {"type": "QUICK_REPLY", "text": "Call me"},
                {"type": "URL", "text": "Track", "url": "https://tea.example/t/{{1}}", "example": ["summer"]},
                {"type": "PHONE_NUMBER", "text": "Call us", "phone_number": "+49301234567"},
            ],
        },
    ],
}
INVOICE = {
    "name": "invoice",
    "language": "de",
    "status": "APPROVED",
    "components": [{"type": "HEADER", "format": "DOCUMENT"}, {"type": "BODY", "text": "Guten Tag {{ name }}"}],
}
HELLO = {"name": "hello", "language": "en", "status": "APPROVED", "components": [{"type": "BODY", "text": "Hello"}]}
PLACE = {
    "name": "place",
    "language": "en",
    "status": "APPROVED",
    "components": [{"type": "HEADER", "format": "LOCATION"}, {"type": "BODY", "text": "Here"}],
}
COUPON = {
    "name": "coupon",
    "language": "en",
    "status": "APPROVED",
    "components": [{"type": "BODY", "text": "10%"}, {"type": "BUTTONS", "buttons": [{"type": "COPY_CODE", "text": "Copy"}]}],
}
SLIDES = {"name": "slides", "language": "en", "status": "APPROVED", "components": [{"type": "BODY", "text": "See"}, {"type": "CAROUSEL"}]}
PENDING = {"name": "not_yet", "language": "en", "status": "PENDING", "components": []}


@pytest.fixture
async def meta() -> AsyncIterator[GraphApi]:
    async with GraphApi().running() as peer:
        yield peer


@pytest.fixture
async def tools() -> AsyncIterator[Tools]:
    http = Outside()
    yield no_tools(http=http, files=STORED)
    await http.close()


async def listed(meta: GraphApi, tools: Tools, *templates: Any) -> dict[str, Template]:
    meta.templates = list(templates)
    return {one.name: one for one in await connector(meta, tools, account_id=ACCOUNT).templates()}


async def test_every_page_is_asked_for_and_only_what_is_approved_and_readable_is_kept(meta: GraphApi, tools: Tools) -> None:
    meta.page_of_templates = 2
    found = await listed(meta, tools, SHIPPED, PENDING, "nonsense", INVOICE, HELLO)
    assert list(found) == ["order_shipped", "invoice", "hello"]
    assert [(asked.path, asked.query.get("after")) for asked in meta.asked] == [
        (f"{ACCOUNT}/message_templates", None),
        (f"{ACCOUNT}/message_templates", "2"),
        (f"{ACCOUNT}/message_templates", "4"),
    ]
    assert found["order_shipped"] == Template(
        "order_shipped",
        "en_US",
        "Hello {{1}}, it comes {{2}}. Thanks, {{1}}!",
        category="utility",
        header_kind="text",
        header="Order {{1}}",
        footer="The tea shop",
        buttons=(
            TemplateButton("reply", "Call me"),
            TemplateButton("url", "Track", "https://tea.example/t/{{1}}"),
            TemplateButton("phone", "Call us"),
        ),
    )


async def test_what_cannot_be_filled_in_here_is_listed_with_the_reason(meta: GraphApi, tools: Tools) -> None:
    found = await listed(meta, tools, PLACE, COUPON, SLIDES, HELLO)
    assert {name: template.problem for name, template in found.items()} == {
        "place": "It has a location heading, which cannot be filled in here.",
        "coupon": "It has a copy code button, which cannot be filled in here.",
        "slides": "It has a carousel, which cannot be filled in here.",
        "hello": "",
    }


async def test_without_the_account_it_is_said_what_is_missing(meta: GraphApi, tools: Tools) -> None:
    with pytest.raises(Unsupported, match="account_id"):
        await connector(meta, tools).templates()
    assert meta.asked == []


@pytest.mark.parametrize(
    ("trouble", "error"),
    [
        (refusal(401, 190), NeedsLogin),
        (refusal(403, 200), NeedsLogin),
        (refusal(400, 100), Rejected),
        (refusal(429, 4), TryLater),
        (Trouble(500, "<html>"), TryLater),
    ],
)
async def test_a_list_that_cannot_be_had_says_why(meta: GraphApi, tools: Tools, trouble: Trouble, error: type[Exception]) -> None:
    meta.troubles.append(trouble)
    with pytest.raises(error):
        await listed(meta, tools, HELLO)


async def test_every_variable_goes_to_its_place(meta: GraphApi, tools: Tools) -> None:
    template = (await listed(meta, tools, SHIPPED))["order_shipped"]
    ready = render(template, {"header.1": "#77", "body.1": "Lena", "body.2": "on Monday", "button.1": "77"})
    sent = await connector(meta, tools).send(replace(MESSAGE, text=ready.text, template=ready.filled))
    [payload] = meta.sent
    assert payload["type"] == "template"
    assert payload["template"] == {
        "name": "order_shipped",
        "language": {"policy": "deterministic", "code": "en_US"},
        "components": [
            {"type": "header", "parameters": [{"type": "text", "text": "#77"}]},
            {"type": "body", "parameters": [{"type": "text", "text": "Lena"}, {"type": "text", "text": "on Monday"}]},
            {"type": "button", "sub_type": "url", "index": "1", "parameters": [{"type": "text", "text": "77"}]},
        ],
    }
    assert payload["biz_opaque_callback_data"] == MESSAGE.message_token
    assert sent.provider_id == "wamid.OURS01"


async def test_numbers_say_the_order_where_the_text_has_another(meta: GraphApi, tools: Tools) -> None:
    filled = FilledTemplate("t", "en", slots=(Slot("body", "2", "two"), Slot("body", "10", "ten"), Slot("body", "1", "one")))
    await connector(meta, tools).send(replace(MESSAGE, template=filled))
    [part] = meta.sent[0]["template"]["components"]
    assert [parameter["text"] for parameter in part["parameters"]] == ["one", "two", "ten"]


async def test_named_variables_and_a_heading_that_is_a_file(meta: GraphApi, tools: Tools) -> None:
    template = (await listed(meta, tools, INVOICE))["invoice"]
    ready = render(template, {"body.name": "Lena"}, [PDF.type])
    await connector(meta, tools).send(replace(MESSAGE, text=ready.text, files=(PDF,), template=ready.filled))
    [payload] = meta.sent
    assert payload["template"]["components"] == [
        {"type": "header", "parameters": [{"type": "document", "document": {"id": "upload-1", "filename": PDF.name}}]},
        {"type": "body", "parameters": [{"type": "text", "parameter_name": "name", "text": "Lena"}]},
    ]
    pictured = FilledTemplate("t", "en", "image")
    await connector(meta, tools).send(replace(MESSAGE, files=(PNG,), template=pictured))
    assert meta.sent[1]["template"]["components"] == [{"type": "header", "parameters": [{"type": "image", "image": {"id": "upload-2"}}]}]


async def test_a_template_goes_out_when_the_window_is_closed(meta: GraphApi, tools: Tools) -> None:
    meta.window_open = False
    with pytest.raises(Rejected, match="24 hours"):
        await connector(meta, tools).send(MESSAGE)
    await connector(meta, tools).send(replace(MESSAGE, template=FilledTemplate("hello", "en")))
    assert meta.sent[0]["template"] == {"name": "hello", "language": {"policy": "deterministic", "code": "en"}}
    assert (meta.asked[-1].method, meta.asked[-1].path) == ("POST", f"{NUMBER}/messages")


async def test_a_template_meta_has_paused_is_told_in_words(meta: GraphApi, tools: Tools) -> None:
    meta.troubles.append(refusal(400, 132015))
    with pytest.raises(Rejected, match="paused this template"):
        await connector(meta, tools).send(replace(MESSAGE, template=FilledTemplate("hello", "en")))
