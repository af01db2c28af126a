"""The demo workspace as data: who works here, who wrote, and what was said so far."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta, Struct

from inbox.core.alerts import Alert
from inbox.core.business_hours import Calendar
from inbox.core.conversation import Category, Priority
from inbox.core.filters import SavedView
from inbox.core.policies import Policy
from inbox.core.queues import Queue
from inbox.core.saved_replies import SavedReply
from inbox.core.segments import Segment
from inbox.core.surveys import Survey

FILE = Path(__file__).with_name("workspace.toml")

MINUTE = 60_000
_UNITS = {"d": 24 * 60 * MINUTE, "h": 60 * MINUTE, "m": MINUTE}

Span = Annotated[str, Meta(pattern=r"^([0-9]+d ?)?([0-9]+h ?)?([0-9]+m)?$")]
"""A stretch of time such as ``2d 4h``, ``35m`` or ``1h 20m``; empty: none."""


def milliseconds(span: str) -> int:
    """How long it is."""
    return sum(int(number) * _UNITS[unit] for number, unit in re.findall(r"([0-9]+)([dhm])", span))


class Person(Struct, frozen=True, forbid_unknown_fields=True):
    """Somebody who logs in. ``capacity`` 0: the router gives him nothing."""

    id: str
    name: str
    role: Literal["admin", "supervisor", "agent"]
    email: str
    teams: tuple[str, ...] = ()
    capacity: int = 10
    signature: str = ""


class TeamData(Struct, frozen=True, forbid_unknown_fields=True):
    """A team."""

    id: str
    name: str


class File(Struct, frozen=True, forbid_unknown_fields=True):
    """An attachment, made from its name and words when the demo is filled: ``.png``, ``.pdf``, ``.ics``, ``.vcf`` or ``.csv``.

    ``inline``: it stands within the HTML, as ``cid:NAME``.
    """

    name: str
    text: str = ""
    inline: bool = False


class Step(Struct, frozen=True, forbid_unknown_fields=True):
    """Something that happened ``ago`` before the demo is first started.

    ``by`` is ``customer`` or the id of a person or bot. A customer writes ``text``, with ``below`` under it (quoted history;
    ``{2d 4h}`` is the date of so long ago), ``html``, ``files``, ``cc`` and further mail ``headers``; ``sender`` and ``name`` are
    given where somebody else than the story's customer writes. With ``html`` and no text the mail has no other part. ``garbled``
    instead: bytes that the channel's parser cannot read. ``returns`` instead of a text: the last answer came back, with
    these words of a mail server.

    A colleague assigns (``team``, ``assign``), answers with ``text`` (``note``: privately, ``mentions`` naming others), and then
    changes what else is given. ``seen``: the customer has read the answer. ``until``: the end of a snooze, counted from the first
    start. ``score`` and ``comment``: what the customer answers when he is asked how satisfied he is. Who writes
    first starts the conversation.
    """

    ago: Span
    by: str = "customer"
    text: str = ""
    below: str = ""
    html: str = ""
    files: tuple[File, ...] = ()
    headers: dict[str, str] = {}
    sender: str = ""
    name: str = ""
    cc: tuple[str, ...] = ()
    garbled: str = ""
    returns: str = ""
    note: bool = False
    mentions: tuple[str, ...] = ()
    seen: bool = False
    team: str = ""
    assign: str = ""
    bot: str = ""
    hand_over: str = ""
    tags: tuple[str, ...] = ()
    priority: Priority | None = None
    status: Category | None = None
    until: Span = ""
    score: int | None = None
    comment: str = ""


class Story(Struct, frozen=True, forbid_unknown_fields=True):
    """One conversation. ``sender`` is the customer's address, on a chat a name for his browser.

    ``account``: the mail address that the shop vouches for, because this visitor is logged in there. ``company``, ``notes`` and
    ``attributes`` are what colleagues entered about the person. ``proved``: the mail server could tell that the sender is genuine.
    """

    channel: str
    sender: str
    name: str
    steps: Annotated[tuple[Step, ...], Meta(min_length=1)]
    subject: str = ""
    language: str = ""
    account: str = ""
    proved: bool = True
    company: str = ""
    notes: str = ""
    attributes: dict[str, str] = {}


class Workspace(Struct, frozen=True, forbid_unknown_fields=True):
    """All of it. From ``hours`` on it is what an admin made by hand."""

    teams: tuple[TeamData, ...]
    people: tuple[Person, ...]
    stories: tuple[Story, ...]
    hours: tuple[Calendar, ...] = ()
    replies: tuple[SavedReply, ...] = ()
    views: tuple[SavedView, ...] = ()
    surveys: tuple[Survey, ...] = ()
    segments: tuple[Segment, ...] = ()
    queues: tuple[Queue, ...] = ()
    policies: tuple[Policy, ...] = ()
    alerts: tuple[Alert, ...] = ()

    def __post_init__(self) -> None:
        """Raise ``ValueError`` for a step of somebody unknown, or that comes before the one above it."""
        known = {"customer", *(person.id for person in self.people), *(step.bot for _, step in self.steps() if step.bot)}
        for story in self.stories:
            spans = [milliseconds(step.ago) for step in story.steps]
            if spans != sorted(spans, reverse=True):
                raise ValueError(f"{story.name}, {story.subject}: its steps are not in order")
        for story, step in self.steps():
            named = {step.by, *step.mentions, *([step.assign] if step.assign else [])}
            if named - known:
                raise ValueError(f"{story.name}, {story.subject}: nobody is called {sorted(named - known)}")

    def steps(self) -> Iterator[tuple[Story, Step]]:
        """Every step with its story, in the order of the file."""
        return ((story, step) for story in self.stories for step in story.steps)


def load(file: Path = FILE) -> Workspace:
    """Read the workspace; raises ``msgspec.ValidationError`` for a mistake in the file."""
    data: dict[str, Any] = tomllib.loads(file.read_text(encoding="utf-8"))
    return msgspec.convert(data, Workspace)
