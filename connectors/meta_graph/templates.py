"""Approved WhatsApp templates: the only thing that may be sent when the customer has not written for 24 hours."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from msgspec import Raw, Struct

from connectors.meta_graph.webhook import reading
from inbox.core.errors import Invalid

_VARIABLE: Final = re.compile(r"\{\{ *([A-Za-z0-9_]+) *\}\}")


class TemplatePart(Struct, frozen=True, rename={"kind": "type"}):
    """A part of a template as Meta lists it: HEADER, BODY, FOOTER or BUTTONS; ``text`` has variables like ``{{1}}`` or ``{{name}}``."""

    class Button(Struct, frozen=True, rename={"kind": "type"}):
        """QUICK_REPLY, URL, PHONE_NUMBER or another kind; an URL may end in one variable."""

        kind: str
        text: str = ""
        url: str = ""

    kind: str
    format: str = ""
    text: str = ""
    buttons: tuple[Button, ...] = ()


class Template(Struct, frozen=True):
    """A template in one language, as ``GET /{account}/message_templates`` lists it."""

    name: str
    language: str
    status: str = ""
    category: str = ""
    components: tuple[TemplatePart, ...] = ()


class Filled(Struct, frozen=True):
    """What goes into a template: ``body`` by the name of the variable, ``header`` a text or the id of an uploaded medium, ``buttons``
    the endings of addresses and the payloads of answers, by the position of the button."""

    body: Mapping[str, str] = {}
    header: str = ""
    buttons: Mapping[int, str] = {}


class _Listing(Struct, frozen=True):
    data: tuple[Raw, ...] = ()


def listed(body: bytes) -> tuple[Template, ...]:
    """The approved templates of one page of ``GET /{account}/message_templates``; what nobody can read is left out."""
    page = reading(body, _Listing) or _Listing()
    found = (reading(one, Template) for one in page.data)
    return tuple(template for template in found if template is not None and template.status == "APPROVED")


def variables(text: str) -> tuple[str, ...]:
    """The variables of a text, in the order they first appear."""
    return tuple(dict.fromkeys(_VARIABLE.findall(text)))


def preview(template: Template, filled: Filled) -> str:
    """What the customer will read. Raises ``Invalid`` when a variable has no value."""
    texts = {part.kind: part.text for part in template.components if part.text}
    header = _put(texts.get("HEADER", ""), dict.fromkeys(variables(texts.get("HEADER", "")), filled.header), "header")
    lines = (header, _put(texts.get("BODY", ""), filled.body, "body"), texts.get("FOOTER", ""))
    return "\n\n".join(line for line in lines if line)


def payload(template: Template, filled: Filled) -> dict[str, Any]:
    """The ``template`` object of ``POST /{number}/messages``. Raises ``Invalid`` when a variable has no value."""
    parts = [part for component in template.components for part in _component(component, filled)]
    found: dict[str, Any] = {"name": template.name, "language": {"policy": "deterministic", "code": template.language}}
    return {**found, "components": parts} if parts else found


def _component(part: TemplatePart, filled: Filled) -> Iterator[dict[str, Any]]:
    match part.kind:
        case "HEADER" if part.format in ("IMAGE", "VIDEO", "DOCUMENT"):
            kind = part.format.lower()
            yield {"type": "header", "parameters": [{"type": kind, kind: {"id": _given(filled.header, "header")}}]}
        case "HEADER" if variables(part.text):
            yield {"type": "header", "parameters": _texts(part.text, dict.fromkeys(variables(part.text), filled.header), "header")}
        case "BODY" if variables(part.text):
            yield {"type": "body", "parameters": _texts(part.text, filled.body, "body")}
        case "BUTTONS":
            yield from _buttons(part.buttons, filled)


def _buttons(buttons: Sequence[TemplatePart.Button], filled: Filled) -> Iterator[dict[str, Any]]:
    for position, button in enumerate(buttons):
        told = filled.buttons.get(position, "")
        if button.kind == "URL" and variables(button.url):
            ending = {"type": "text", "text": _given(told, f"buttons.{position}")}
            yield {"type": "button", "sub_type": "url", "index": str(position), "parameters": [ending]}
        elif button.kind == "QUICK_REPLY" and told:
            answer = {"type": "payload", "payload": told}
            yield {"type": "button", "sub_type": "quick_reply", "index": str(position), "parameters": [answer]}


def _texts(text: str, values: Mapping[str, str], field: str) -> list[dict[str, Any]]:
    """Numbered variables go by their order, named ones by their name."""
    named = ({} if name.isdigit() else {"parameter_name": name} for name in variables(text))
    given = (_given(values.get(name, ""), f"{field}.{name}") for name in variables(text))
    return [{"type": "text", **name, "text": value} for name, value in zip(named, given, strict=True)]


def _put(text: str, values: Mapping[str, str], field: str) -> str:
    return _VARIABLE.sub(lambda found: _given(values.get(found[1], ""), f"{field}.{found[1]}"), text)


def _given(value: str, field: str) -> str:
    """Meta refuses empty values, line breaks and tabs in them."""
    line = " ".join(value.split())
    if not line:
        raise Invalid(field, "this template needs a value here")
    return line
