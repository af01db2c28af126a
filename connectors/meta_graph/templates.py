"""WhatsApp's approved templates: as Meta lists them, and as it wants to be told of one that is sent."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from msgspec import Raw, Struct

from connectors.meta_graph.webhook import reading
from inbox.core.templates import MEDIA, FilledTemplate, Slot, Template, TemplateButton

_APPROVED: Final = "APPROVED"
_PARTS: Final = frozenset({"HEADER", "BODY", "FOOTER", "BUTTONS"})
_BUTTONS: Final[Mapping[str, str]] = {"QUICK_REPLY": "reply", "URL": "url", "PHONE_NUMBER": "phone", "VOICE_CALL": "call"}
"""Buttons that need no more than the variable of an address."""


class _Part(Struct, frozen=True, rename={"kind": "type"}):
    """A part of a template: HEADER, BODY, FOOTER, BUTTONS or something newer."""

    class Button(Struct, frozen=True, rename={"kind": "type"}):
        """One button; an URL may end in one variable."""

        kind: str
        text: str = ""
        url: str = ""

    kind: str
    format: str = ""
    text: str = ""
    buttons: tuple[Button, ...] = ()


class _Listed(Struct, frozen=True):
    """A template in one language, as ``GET /{account}/message_templates`` lists it."""

    name: str
    language: str
    status: str = ""
    category: str = ""
    components: tuple[_Part, ...] = ()


class _Page(Struct, frozen=True):
    class Paging(Struct, frozen=True):
        """Where the next page is, as long as there is one."""

        class Cursors(Struct, frozen=True):
            """Positions in the list."""

            after: str = ""

        cursors: Cursors = Cursors()
        next: str = ""

    data: tuple[Raw, ...] = ()
    paging: Paging = Paging()


def listed(body: bytes) -> tuple[list[Template], str]:
    """The approved templates of one page, and the cursor of the next one, '' at the end; what nobody can read is left out."""
    page = reading(body, _Page) or _Page()
    found = (reading(one, _Listed) for one in page.data)
    approved = [_template(one) for one in found if one is not None and one.status == _APPROVED]
    return approved, page.paging.cursors.after if page.paging.next else ""


def _template(found: _Listed) -> Template:
    parts = {part.kind.upper(): part for part in found.components}
    header = parts.get("HEADER", _Part(""))
    texts = {kind: part.text for kind, part in parts.items()}
    buttons = parts.get("BUTTONS", _Part("")).buttons
    return Template(
        name=found.name,
        language=found.language,
        body=texts.get("BODY", ""),
        category=found.category.lower(),
        header_kind=header.format.lower(),
        header=header.text,
        footer=texts.get("FOOTER", ""),
        buttons=tuple(TemplateButton(_BUTTONS.get(one.kind, one.kind.lower()), one.text, one.url) for one in buttons),
        problem=_problem(parts, header, buttons),
    )


def _problem(parts: Mapping[str, _Part], header: _Part, buttons: Sequence[_Part.Button]) -> str:
    """Why it cannot be sent from here: what it has that only a program of its own could fill in."""
    strange = [kind.lower().replace("_", " ") for kind in parts if kind not in _PARTS]
    if header.format.lower() not in ("", "text", *MEDIA):
        strange.append(f"{header.format.lower()} heading")
    strange += [f"{one.kind.lower().replace('_', ' ')} button" for one in buttons if one.kind not in _BUTTONS]
    return f"It has a {strange[0]}, which cannot be filled in here." if strange else ""


def payload(template: FilledTemplate, medium: Mapping[str, Any] | None) -> dict[str, Any]:
    """The ``template`` object of ``POST /{number}/messages``; ``medium`` is the uploaded file of the heading."""
    header = _texts("header", [slot for slot in template.slots if slot.place == "header"])
    if medium is not None:
        header = [{"type": "header", "parameters": [{"type": template.header_kind, template.header_kind: dict(medium)}]}]
    body = _texts("body", [slot for slot in template.slots if slot.place == "body"])
    buttons = [_button(slot) for slot in template.slots if slot.place == "button"]
    found: dict[str, Any] = {"name": template.name, "language": {"policy": "deterministic", "code": template.language}}
    parts = [*header, *body, *buttons]
    return {**found, "components": parts} if parts else found


def _texts(kind: str, slots: Sequence[Slot]) -> list[dict[str, Any]]:
    """Numbered variables go by their order, which is that of their numbers; named ones by their name."""
    ordered = sorted(slots, key=lambda slot: int(slot.name)) if all(slot.name.isdigit() for slot in slots) else slots
    texts = [{"type": "text", **({} if slot.name.isdigit() else {"parameter_name": slot.name}), "text": slot.value} for slot in ordered]
    return [{"type": kind, "parameters": texts}] if texts else []


def _button(slot: Slot) -> dict[str, Any]:
    return {"type": "button", "sub_type": "url", "index": slot.name, "parameters": [{"type": "text", "text": slot.value}]}
