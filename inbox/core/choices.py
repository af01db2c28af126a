"""Answers a customer may choose from by one tap: checked against what every channel can show, and in words where one shows none."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from inbox.core.errors import Invalid

MOST: Final = 10
LONGEST: Final = 20
"""Characters of a choice: what buttons of WhatsApp, Messenger, Instagram and LINE show whole."""

LONGEST_TEXT: Final = 1_000
"""Characters of the question, which WhatsApp, with the least, takes beside buttons."""


def checked(choices: Sequence[str], text: str) -> tuple[str, ...]:
    """The choices, each in one line. Raises ``Invalid`` for too many or too long ones, for empty ones, doubles, and a missing question."""
    lines = tuple(" ".join(choice.split()) for choice in choices)
    if not lines:
        return ()
    if not text.strip():
        raise Invalid("text", "choices need a question")
    if len(text) > LONGEST_TEXT:
        raise Invalid("text", f"beside choices a text has at most {LONGEST_TEXT} characters")
    if len(lines) > MOST:
        raise Invalid("choices", f"at most {MOST}")
    if any(not line or len(line) > LONGEST for line in lines):
        raise Invalid("choices", f"each has 1 to {LONGEST} characters")
    if len({line.casefold() for line in lines}) < len(lines):
        raise Invalid("choices", "each only once")
    return lines


def numbered(text: str, choices: Sequence[str]) -> str:
    """The text with its choices as a numbered list below."""
    return "\n".join((text.rstrip(), "", *(f"{number}. {choice}" for number, choice in enumerate(choices, 1)))) if choices else text
