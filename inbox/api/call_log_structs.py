"""Bodies about phone calls that people log."""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import Meta

from inbox.api.structs import NO_NUL, ONE_LINE, Count, Id, Input, Ref, Subject


class LogCall(Input, frozen=True):
    """A phone call with the conversation's customer. ``number`` is his, with its country; ``in``: he called. ``seconds`` were spoken.
    ``recording`` is an https address that is shown and never fetched; ``text`` are notes. ``resolved``: nothing is left to be done."""

    client_id: Id
    number: Annotated[str, Meta(min_length=1, max_length=50, pattern=ONE_LINE)]
    direction: Literal["in", "out"]
    outcome: Literal["answered", "no_answer", "busy", "voicemail", "failed"]
    started_at: Count
    seconds: Annotated[int, Meta(ge=0, le=86_400)] = 0
    text: Annotated[str, Meta(max_length=50_000, pattern=NO_NUL)] = ""
    recording: Annotated[str, Meta(max_length=2_000, pattern=ONE_LINE)] = ""
    resolved: bool = False


class StartCall(LogCall, frozen=True):
    """The same as the beginning of a conversation. Without ``channel`` it is the first that keeps calls; ``customer`` when it is a known
    person, else whoever has the number."""

    channel: Ref = ""
    customer: Ref = ""
    subject: Subject = ""
