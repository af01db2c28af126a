"""A template goes out complete or not at all, and the preview is what the customer reads."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inbox.core.errors import Invalid
from inbox.core.templates import FilledTemplate, Slot, Template, TemplateButton, render, slots

SHIPPED = Template(
    "order_shipped",
    "en_US",
    "Hello {{1}}, it comes {{2}}. Thanks, {{1}}!",
    header_kind="text",
    header="Order {{1}}",
    footer="The tea shop",
    buttons=(
        TemplateButton("url", "Track", "https://tea.example/t/{{1}}"),
        TemplateButton("reply", "Call me"),
        TemplateButton("phone", "Call us"),
    ),
)
VALUES = {"header.1": "#77", "body.1": "Lena", "body.2": "on\nMonday", "button.0": "77"}


def test_a_filled_template_reads_as_the_customer_will_see_it() -> None:
    rendered = render(SHIPPED, VALUES)
    assert rendered.text == "Order #77\n\nHello Lena, it comes on Monday. Thanks, Lena!\n\nThe tea shop"
    assert (rendered.title, rendered.labels) == ("order_shipped (en_US)", ("Track", "Call me", "Call us"))
    assert rendered.filled == FilledTemplate(
        "order_shipped",
        "en_US",
        "text",
        (Slot("header", "1", "#77"), Slot("body", "1", "Lena"), Slot("body", "2", "on Monday"), Slot("button", "0", "77")),
    )


@pytest.mark.parametrize("missing", list(VALUES))
@pytest.mark.parametrize("value", [None, "", " \t\n"])
def test_a_variable_without_a_value_is_named(missing: str, value: str | None) -> None:
    values = {key: given for key, given in {**VALUES, missing: value}.items() if given is not None}
    with pytest.raises(Invalid) as wrong:
        render(SHIPPED, values)
    assert wrong.value.field == f"template.{missing}"


def test_a_value_too_many_or_too_long_is_refused() -> None:
    with pytest.raises(Invalid, match=r"template\.body\.3: .* no such variable"):
        render(SHIPPED, {**VALUES, "body.3": "x"})
    assert render(SHIPPED, {**VALUES, "body.1": "x" * 1000}).text
    with pytest.raises(Invalid, match="at most 1000"):
        render(SHIPPED, {**VALUES, "body.1": "x" * 1001})


@pytest.mark.parametrize(
    ("kind", "files", "fits"),
    [
        ("image", ["image/png"], True),
        ("image", ["application/pdf"], False),
        ("image", [], False),
        ("image", ["image/png", "image/png"], False),
        ("video", ["video/mp4"], True),
        ("video", ["image/png"], False),
        ("document", ["application/pdf"], True),
        ("document", ["image/png"], True),
        ("document", [], False),
        ("", ["image/png"], False),
        ("text", ["image/png"], False),
        ("", [], True),
    ],
)
def test_a_heading_that_is_a_file_needs_just_that(kind: str, files: list[str], fits: bool) -> None:
    template = Template("t", "en", "Hello", header_kind=kind)
    if fits:
        assert render(template, {}, files).filled.header_kind == kind
    else:
        with pytest.raises(Invalid, match="files"):
            render(template, {}, files)


def test_what_cannot_be_filled_in_here_says_so() -> None:
    with pytest.raises(Invalid, match="template: It has a carousel"):
        render(Template("t", "en", "Hello", problem="It has a carousel."), {})


def test_the_text_of_a_heading_counts_only_where_there_is_one() -> None:
    assert slots(Template("t", "en", "Hello {{ name }}", header_kind="image", header="{{1}}")) == (Slot("body", "name"),)


def test_what_somebody_fills_in_is_no_template_again() -> None:
    rendered = render(Template("t", "en", "{{a}} and {{b}}"), {"body.a": "{{b}}", "body.b": "x"})
    assert rendered.text == "{{b}} and x"


@given(st.text(alphabet="{}a1 \n"))
def test_every_variable_is_asked_for_once_and_none_is_left(text: str) -> None:
    template = Template("t", "en", text)
    wanted = slots(template)
    assert len({slot.key for slot in wanted}) == len(wanted)
    assert render(template, {slot.key: "v" for slot in wanted}).text == re.sub(r"\{\{ *\w+ *\}\}", "v", text)
