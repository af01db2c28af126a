"""The demo workspace as data: who works here, which channels there are, and what was said so far."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any, Literal

import msgspec
from msgspec import Struct

FILE = Path(__file__).with_name("workspace.toml")


class Person(Struct, frozen=True, forbid_unknown_fields=True):
    """Somebody who logs in, or a bot. ``email`` is empty for a bot."""

    id: str
    name: str
    role: Literal["admin", "supervisor", "agent", "bot"]
    email: str = ""
    teams: tuple[str, ...] = ()
    capacity: int = 20
    signature: str = ""


class TeamData(Struct, frozen=True, forbid_unknown_fields=True):
    """A team."""

    id: str
    name: str


class Step(Struct, frozen=True, forbid_unknown_fields=True):
    """Something that happened ``ago`` minutes before the demo is first started.

    ``by`` is ``customer`` or a person's id. One of ``text`` (with ``note`` for a private one) or a change is given.
    ``cc`` are further addresses; ``html`` is the body as a mail program would have sent it; ``auto`` marks an automatic mail.
    """

    ago: float
    by: str = "customer"
    text: str = ""
    note: bool = False
    html: str = ""
    auto: str = ""
    name: str = ""
    sender: str = ""
    cc: tuple[str, ...] = ()
    status: str = ""
    until: float = 0
    assign: str = ""
    team: str = ""
    priority: str = ""
    tags: tuple[str, ...] = ()
    fail: str = ""


class Story(Struct, frozen=True, forbid_unknown_fields=True):
    """One conversation. ``sender`` is the customer's address on the channel, ``name`` his name."""

    channel: str
    sender: str
    name: str
    steps: tuple[Step, ...]
    subject: str = ""
    language: str = ""
    company: str = ""
    attributes: dict[str, str] = {}


class Workspace(Struct, frozen=True, forbid_unknown_fields=True):
    """All of it."""

    teams: tuple[TeamData, ...]
    people: tuple[Person, ...]
    stories: tuple[Story, ...]


def load(file: Path = FILE) -> Workspace:
    """Read the workspace; raises ``msgspec.ValidationError`` for a mistake in the file."""
    data: dict[str, Any] = tomllib.loads(file.read_text(encoding="utf-8"))
    return msgspec.convert(data, Workspace)
