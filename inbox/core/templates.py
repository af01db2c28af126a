"""Texts that a provider has approved beforehand: what may be sent where free words may not, once every variable has a value."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from msgspec import Struct

from inbox.core.errors import Invalid

MEDIA: Final[Mapping[str, str]] = {"image": "image/", "video": "video/", "document": ""}
"""Kinds of heading that are a file, and how its type begins."""

_VARIABLE: Final = re.compile(r"\{\{ *([A-Za-z0-9_]+) *\}\}")
MAX_VALUE: Final = 1_000


class TemplateButton(Struct, frozen=True, omit_defaults=True):
    """A button below a template. ``kind``: reply, url, phone or another word of the provider's; ``url`` may hold one variable."""

    kind: str
    text: str
    url: str = ""


class Template(Struct, frozen=True, omit_defaults=True):
    """An approved text in one language, as its provider lists it. ``header``, ``body`` and a button's ``url`` hold variables like
    ``{{1}}`` or ``{{name}}``.

    ``header_kind``: '' (none), text, image, video or document. ``problem``: why it cannot be sent from here, as a sentence.
    """

    name: str
    language: str
    body: str
    category: str = ""
    header_kind: str = ""
    header: str = ""
    footer: str = ""
    buttons: tuple[TemplateButton, ...] = ()
    problem: str = ""


class Slot(Struct, frozen=True, omit_defaults=True):
    """One variable with its value. ``place``: header, body or button; ``name``: the variable's, or the button's position."""

    place: str
    name: str
    value: str = ""

    @property
    def key(self) -> str:
        """How those who fill it in name it: ``body.1``, ``header.name``, ``button.0``."""
        return f"{self.place}.{self.name}"


class FilledTemplate(Struct, frozen=True, omit_defaults=True):
    """What a provider has to be told to send a template: its name, its language, every variable in the order of the text.

    ``header_kind`` as in ``Template``: a heading that is a file is the message's only file.
    """

    name: str
    language: str
    header_kind: str = ""
    slots: tuple[Slot, ...] = ()


class Rendered(Struct, frozen=True):
    """A template ready to be sent: for the provider, and as the customer will read it; ``labels`` are those of its buttons."""

    filled: FilledTemplate
    text: str
    title: str
    labels: tuple[str, ...] = ()


def slots(template: Template) -> tuple[Slot, ...]:
    """The variables that need a value, in the order in which they are read."""
    return tuple(_slots(template))


def _slots(template: Template) -> Iterator[Slot]:
    if template.header_kind == "text":
        yield from (Slot("header", name) for name in variables(template.header))
    yield from (Slot("body", name) for name in variables(template.body))
    for position, button in enumerate(template.buttons):
        if variables(button.url):
            yield Slot("button", str(position))


def variables(text: str) -> tuple[str, ...]:
    """The variables of a text, in the order in which they first appear."""
    return tuple(dict.fromkeys(_VARIABLE.findall(text)))


def render(template: Template, values: Mapping[str, str], files: Sequence[str] = ()) -> Rendered:
    """The template with ``values`` (by ``Slot.key``) and files of these types.

    Raises ``Invalid``, with the field, for what is missing, foreign or too long.
    """
    if template.problem:
        raise Invalid("template", template.problem)
    wanted = slots(template)
    foreign = values.keys() - {slot.key for slot in wanted}
    if foreign:
        raise Invalid(f"template.{min(foreign)}", "this template has no such variable")
    _check_files(template, files)
    filled = tuple(Slot(slot.place, slot.name, _given(values, slot.key)) for slot in wanted)
    given = {slot.key: slot.value for slot in filled}
    lines = (_put(template.header, "header", given), _put(template.body, "body", given), template.footer)
    text = "\n\n".join(line for line in lines if line)
    told = FilledTemplate(template.name, template.language, template.header_kind, filled)
    return Rendered(told, text, f"{template.name} ({template.language})", tuple(button.text for button in template.buttons))


def _check_files(template: Template, files: Sequence[str]) -> None:
    kind = template.header_kind
    if kind not in MEDIA:
        if files:
            raise Invalid("files", "this template takes no file")
        return
    if len(files) != 1 or not files[0].startswith(MEDIA[kind]):
        raise Invalid("files", f"this template needs exactly one file: its heading is {'an' if kind == 'image' else 'a'} {kind}")


def _given(values: Mapping[str, str], key: str) -> str:
    """Providers refuse empty values, and line breaks and tabs in them."""
    line = " ".join(values.get(key, "").split())
    if not line:
        raise Invalid(f"template.{key}", "this template needs a value here")
    if len(line) > MAX_VALUE:
        raise Invalid(f"template.{key}", f"a value has at most {MAX_VALUE} characters")
    return line


def _put(text: str, place: str, given: Mapping[str, str]) -> str:
    return _VARIABLE.sub(lambda found: given.get(f"{place}.{found[1]}", found[0]), text)
