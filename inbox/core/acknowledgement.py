"""Whether the beginning of a conversation is acknowledged, and in which words (RFC 3834: once, to people, never to machines)."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Annotated, Final

from msgspec import Meta, Struct

from inbox.core.ids import Instant
from inbox.core.message import Address, Message

HOUR_MS: Final = 60 * 60 * 1000
LONGEST_NAME: Final = 60
VARIABLES: Final = ("number", "name", "subject", "channel")
_STRANGERS: Final = frozenset({"name", "subject"})
ACKNOWLEDGES: Final = "acknowledgement"
"""``Message.automatic`` of an acknowledgement."""

_VARIABLE: Final = re.compile(r"( ?)\{\{\s*([^{}\s]*)\s*\}\}")
_NOBODY: Final = re.compile(
    r"(?:.*[-_.+])?(?:no|not|do[-_.]?not|never)[-_.]?reply(?:[-_.+].*)?|(?:mailer[-_.]?)?daemon|postmaster|hostmaster|abuse|"
    r"bounces?(?:[-+=.].*)?|.*[-+]bounces?|owner-.*|.*-(?:owner|request|relay)|listserv|majordomo|root|undisclosed-recipients"
)
_LEADS_ELSEWHERE: Final = re.compile(r"[/@\\<>]|www\.|\.[a-z]{2,}\b", re.IGNORECASE)
_LINE: Final = re.compile(r"\s+")

Words = Annotated[str, Meta(max_length=4_000)]


class Acknowledgement(Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """What somebody who begins a conversation hears at once. ``{{number}}``, ``{{name}}``, ``{{subject}}`` and ``{{channel}}`` are
    filled in. While the opening hours ``calendar`` are closed it is ``outside_hours_text``, if there is one. A sender gets one in
    ``again_hours``.
    """

    text: Annotated[str, Meta(min_length=1, max_length=4_000)]
    outside_hours_text: Words = ""
    calendar: Annotated[str, Meta(max_length=64, pattern=r"^[^\u0000-\u001f\u007f]*(?![\s\S])")] = ""
    again_hours: Annotated[int, Meta(ge=1, le=24 * 30)] = 24

    def __post_init__(self) -> None:
        for field in ("text", "outside_hours_text"):
            unknown = [name for _, name in _VARIABLE.findall(getattr(self, field)) if name not in VARIABLES]
            if unknown:
                raise ValueError(f"{field}: {{{{{unknown[0]}}}}} is none of {', '.join(VARIABLES)}")
        if self.outside_hours_text and not self.calendar:
            raise ValueError("calendar: name the opening hours outside of which the other text is meant")


def why_not(message: Message, own: Iterable[str], last: Instant, again_hours: int, now: Instant) -> str:
    """Why nobody is told, '' if he is. ``own``: all addresses of ours; ``last``: when the sender was last told, 0 for never.

    Reasons: no_sender, automatic, late, unreadable, own_address, nobody_reads, told_lately.
    """
    sender = message.sender
    if sender is None or not sender.value:
        return "no_sender"
    for wrong, reason in ((message.automatic, "automatic"), (message.late, "late"), (message.unreadable, "unreadable")):
        if wrong:
            return reason
    if _bare(sender) in own:
        return "own_address"
    if nobody_reads(sender):
        return "nobody_reads"
    return "told_lately" if last and now < last + again_hours * HOUR_MS else ""


def nobody_reads(address: Address) -> bool:
    """Whether the address says of itself that a machine is behind it, or would pass an answer on to many (RFC 3834 section 2)."""
    local, at, _ = address.value.partition("@")
    return bool(at) and _NOBODY.fullmatch(local.lower()) is not None


def worded(said: Acknowledgement, values: Mapping[str, str], *, is_open: bool) -> str:
    """The text with the ``values`` of its variables; a space before one without a value goes with it.

    What a stranger says of himself comes as one short line, and not at all if it leads elsewhere: who gives another's address as his
    own shall not have us send him advertisements.
    """
    text = said.text if is_open or not said.outside_hours_text else said.outside_hours_text
    return _VARIABLE.sub(lambda found: _filled(found[1], found[2], values), text)


def _filled(space: str, name: str, values: Mapping[str, str]) -> str:
    value = harmless(values.get(name, "")) if name in _STRANGERS else values.get(name, "")
    return f"{space}{value}" if value else ""


def harmless(value: str) -> str:
    """A stranger's words on one line; '' when they hold an address."""
    line = _LINE.sub(" ", value).strip()
    return "" if _LEADS_ELSEWHERE.search(line) else line[:LONGEST_NAME]


def _bare(address: Address) -> str:
    local, at, domain = address.value.partition("@")
    return f"{local.partition('+')[0]}{at}{domain}".lower()
