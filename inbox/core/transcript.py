"""A conversation written out for the customer who took part in it, as one plain text in his language."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Final

from msgspec import Struct

from inbox.core.ids import Instant

TRANSCRIPT: Final = "transcript"
"""``Message.automatic`` of such a mail."""
AGAIN_MS: Final = 60_000
"""Milliseconds that lie at least between two of a conversation."""
MOST_CHARACTERS: Final = 100_000
_ATOM: Final = r"[^\s@<>()\[\]\\,;:\"\x00-\x20\x7f]"
_ADDRESS: Final = re.compile(rf"{_ATOM}{{1,64}}@{_ATOM}+")


class Words(Struct, frozen=True):
    """Title with the place's name as ``{}``, the line above what was said, the customer himself."""

    title: str
    above: str
    you: str


WORDS: Final[Mapping[str, Words]] = {
    "en": Words("Your conversation with {}", "This is your conversation, as you asked.", "You"),
    "de": Words("Ihr Gespräch mit {}", "Das ist Ihr Gespräch, wie gewünscht.", "Sie"),
    "fr": Words("Votre conversation avec {}", "Voici votre conversation, comme demandé.", "Vous"),
    "es": Words("Su conversación con {}", "Esta es su conversación, como pidió.", "Usted"),
    "pt": Words("A sua conversa com {}", "Esta é a sua conversa, como pediu.", "Você"),
    "it": Words("La sua conversazione con {}", "Ecco la sua conversazione, come richiesto.", "Lei"),
    "nl": Words("Uw gesprek met {}", "Dit is uw gesprek, zoals gevraagd.", "U"),
    "pl": Words("Twoja rozmowa: {}", "Oto Twoja rozmowa, zgodnie z prośbą.", "Ty"),
    "tr": Words("Görüşmeniz: {}", "Görüşmeniz, istediğiniz gibi.", "Siz"),
    "ar": Words("محادثتك مع {}", "هذه محادثتك كما طلبت.", "أنت"),
}


class Line(Struct, frozen=True):
    """What one message says; ``name`` None: the customer's own. ``files`` are names."""

    at: Instant
    name: str | None
    text: str
    files: tuple[str, ...] = ()


class Transcript(Struct, frozen=True):
    """The first ``fresh`` characters of ``text`` are the house's own, the rest was said before."""

    subject: str
    text: str
    fresh: int


def mail_address(text: str) -> str:
    """A mail address as it is stored, '' for what is none."""
    bare = text.strip().lower()
    domain = bare.partition("@")[2].split(".")
    return bare if len(bare) <= 254 and _ADDRESS.fullmatch(bare) and len(domain) > 1 and all(domain) else ""


def written(lines: Sequence[Line], title: str, language: str) -> Transcript:
    """Oldest first, times in UTC; of what is too long the beginning is left out."""
    words = WORDS.get(language[:2].lower(), WORDS["en"])
    said: list[str] = []
    room = MOST_CHARACTERS
    for line in reversed(lines):
        when = datetime.fromtimestamp(line.at / 1000, UTC).strftime("%Y-%m-%d %H:%M UTC")
        files = "".join(f"\n[{name}]" for name in line.files)
        one = f"{words.you if line.name is None else line.name or title}, {when}\n{line.text}{files}"
        if len(one) > room:
            said.append("…")
            break
        room -= len(one)
        said.append(one)
    return Transcript(words.title.format(title), "\n\n".join((words.above, *reversed(said))), len(words.above))
