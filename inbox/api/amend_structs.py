"""What a client asks for when a message that is out shall be another."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta, Struct


class EditMessage(Struct, frozen=True, forbid_unknown_fields=True):
    """An answer's new words, as markdown."""

    text: Annotated[str, Meta(min_length=1, max_length=200_000)]


class React(Struct, frozen=True, forbid_unknown_fields=True):
    """The emoji, '' to take the reaction back."""

    emoji: Annotated[str, Meta(max_length=32)]
