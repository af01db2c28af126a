"""What `inbox apply FILE` does: compares what a file wants with what there is, says so, and carries it out by the units of the API.

A noun is one entry of ``NOUNS``: what its tables look like in the file, and what has to happen so that the workspace is as they say. The
lists of the catalog are nouns by themselves.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from types import GenericAlias
from typing import Annotated, Any

import msgspec
from msgspec import Meta

from inbox import settings as configuration
from inbox.api.shelves import Shelf
from inbox.app.accounts import committing
from inbox.app.apply_lists import TABLES, Lists, wishes
from inbox.app.channels import setups
from inbox.app.dispatching import webhooks_of
from inbox.app.stores import Stores, open_stores
from inbox.connector import ConnectorRole, Health
from inbox.core.agent import Role, Team
from inbox.core.errors import CannotStart, Invalid
from inbox.core.ids import AgentId, ChannelId, TeamId
from inbox.core.mistakes import mistakes
from inbox.core.permissions import Actor
from inbox.flow.catalog import Catalog
from inbox.flow.directory import Directory
from inbox.flow.registry import address_kinds, discover
from inbox.flow.setups import Setup, Setups
from inbox.flow.staff import Staff
from inbox.records import FILE, ChannelRecord
from inbox.settings import Channel, Id, Section, Settings
from inbox.store.secrets import Keyring

ADMIN = Actor(AgentId("command-line"), Role.ADMIN)
SIGNS = {"add": "+", "change": "~", "remove": "-", "keep": "="}


class TeamTable(Section, frozen=True):
    """One team."""

    id: Id
    name: Annotated[str, Meta(min_length=1, max_length=200)]


class ChannelTable(Channel, frozen=True):
    """One channel, as in the settings file. ``removed``: there shall be none; its conversations stay."""

    paused: bool = False
    removed: bool = False


_LISTS: list[Any] = [(name, GenericAlias(tuple, (table, ...)), ()) for name, (_, table) in TABLES.items()]
Wanted: Any = msgspec.defstruct(
    "Wanted",
    [("teams", tuple[TeamTable, ...], ()), ("channels", tuple[ChannelTable, ...], ()), *_LISTS],
    bases=(Section,),
    frozen=True,
    kw_only=True,
)
"""The whole file. What it does not name stays as it is."""


@dataclass(frozen=True)
class Step:
    """What has to be done about one thing: add, change, remove or keep it. ``fields`` are those that change, never their values.
    ``trial`` asks a provider what it says to that."""

    noun: str
    id: str
    what: str
    fields: tuple[str, ...] = ()
    do: Callable[[], Awaitable[Any]] | None = None
    trial: Callable[[], Awaitable[Health]] | None = None

    def __str__(self) -> str:
        """One line of the plan."""
        return f"{SIGNS[self.what]} {self.noun} {self.id}" + (f": {', '.join(self.fields)}" if self.fields else "")


@dataclass(frozen=True)
class Workspace:
    """What the steps are made by."""

    stores: Stores
    staff: Staff
    setups: Setups
    own: frozenset[str]
    """Channels of the settings file."""

    lists: Lists


Planner = Callable[[Sequence[Any], Workspace], Awaitable[list[Step]]]


async def teams(wanted: Sequence[TeamTable], at: Workspace) -> list[Step]:
    """Made or renamed."""
    known = {team.id: team for team in await at.stores.queries.teams()}
    return [_team(table, known.get(TeamId(table.id)), at) for table in wanted]


def _team(table: TeamTable, before: Team | None, at: Workspace) -> Step:
    id = TeamId(table.id)
    if before is None:
        return Step("team", id, "add", (), partial(at.staff.create_team, ADMIN, Team(id, table.name)))
    if before.name == table.name:
        return Step("team", id, "keep")
    return Step("team", id, "change", ("name",), partial(at.staff.rename_team, ADMIN, id, table.name))


async def channels(wanted: Sequence[ChannelTable], at: Workspace) -> list[Step]:
    """Made, changed or removed; bots before the channels that name them."""
    known = {record.id: record for record in await at.stores.queries.channels()}
    steps, lines = [], []
    for table in sorted(wanted, key=lambda one: not _is_bot(one, at.setups)):
        try:
            steps.append(_channel(table, known.get(ChannelId(table.id)), at))
        except Invalid as wrong:
            lines.append(f"channels.{table.id}.{wrong}")
    if lines:
        raise configuration.wrong(lines)
    return steps


def _is_bot(table: ChannelTable, setups: Setups) -> bool:
    kind = setups.classes.get(table.connector)
    return kind is not None and kind.role is ConnectorRole.BOT


def _channel(table: ChannelTable, before: ChannelRecord | None, at: Workspace) -> Step:
    id = ChannelId(table.id)
    if table.id in at.own or (before is not None and before.enabled and before.managed == FILE):
        raise Invalid("id", "this channel is managed by the settings file; take it out there and start the service once, then apply it")
    if table.removed:
        gone = before is None or not before.enabled
        return Step("channel", id, "keep" if gone else "remove", (), None if gone else partial(at.setups.remove, ADMIN, id))
    setup = Setup(
        id,
        table.connector,
        table.name,
        table.team,
        table.bot,
        table.settings,
        paused=table.paused,
        acknowledgement=table.acknowledgement,
        readers=table.readers,
    )
    whole = at.setups.whole(setup, before)
    if before is not None and before.connector != table.connector:
        raise Invalid("connector", f"the id belongs to conversations that came by {before.connector!r}; choose another one")
    save = partial(at.setups.save, ADMIN, setup, before)
    consents = at.setups.consent(setup, before) is not None  # somebody has to sign in first
    trial = None if table.paused or consents else partial(at.setups.tried, setup, before)
    if before is None or not before.enabled:
        return Step("channel", id, "add", (), save, trial)
    fields = tuple(_differences(table, whole, before, at.setups))
    return Step("channel", id, "change", fields, save, trial) if fields else Step("channel", id, "keep", (), None, trial)


def _differences(table: ChannelTable, whole: Mapping[str, Any], before: ChannelRecord, setups: Setups) -> list[str]:
    """Compared as the connector understands it, so that a default that is written out is no difference."""
    kind = setups.classes[table.connector].Settings
    old, new = (msgspec.convert(dict(one), kind) for one in (setups.secrets(before), whole))
    found = [name for name in ("name", "paused", "acknowledgement", "readers") if getattr(table, name) != getattr(before, name)]
    found += [name for name in ("team", "bot") if (getattr(table, name) or None) != getattr(before, name)]
    return found + [f"settings.{name}" for name in kind.__struct_fields__ if getattr(old, name) != getattr(new, name)]


async def _listed(wanted: Sequence[Any], at: Workspace, *, shelf: Shelf) -> list[Step]:
    """Entries of one list of the catalog."""
    found = await wishes(shelf, wanted, at.lists, ADMIN)
    return [Step(shelf.one.replace("_", " "), table.id, wish.what, wish.fields, wish.do) for table, wish in zip(wanted, found, strict=True)]


NOUNS: Mapping[str, Planner] = {
    "teams": teams,
    **{name: partial(_listed, shelf=shelf) for name, (shelf, _) in TABLES.items()},
    "channels": channels,
}
"""In the order in which they are applied: what others name comes first. Each is a list of tables of ``Wanted`` by the same name."""


def read(file: Path) -> Any:
    """The file, with its ``${...}`` replaced as in the settings file. Raises ``CannotStart`` with a line for every mistake."""
    lines: list[str] = []
    tree = configuration.tree_of(file, lines)
    lines += mistakes(tree, Wanted, "")
    for name in NOUNS:
        tables = tree.get(name)
        ids = [one.get("id") for one in tables if isinstance(one, dict)] if isinstance(tables, list) else []
        lines += [f"{name}: the id {id!r} is used twice; each needs its own" for id in dict.fromkeys(ids) if id and ids.count(id) > 1]
    if lines:
        raise configuration.wrong(lines)
    return msgspec.convert(tree, Wanted)


@asynccontextmanager
async def workspace(settings: Settings) -> AsyncIterator[Workspace]:
    """The workspace of these settings, with or without a running service beside it, which follows within a moment."""
    keyring = Keyring(settings.secrets.keys)
    classes = discover(settings.connectors.outside)
    own = frozenset(channel.id for channel in settings.channels)
    async with open_stores(settings, beside=True) as stores, committing(settings, stores) as committer:
        directory, kinds = Directory(stores.queries), address_kinds(classes.values())
        webhooks = webhooks_of(keyring, committer, stores.queries, directory, stores.clock)
        lists = Lists(directory, stores.clock, Catalog(committer), stores.files, kinds, webhooks)
        yield Workspace(stores, Staff(committer), setups(settings, stores, keyring, classes, committer), own, lists)


async def plan(wanted: Any, at: Workspace) -> list[Step]:
    """Everything the file names, in order. Raises ``CannotStart`` for what cannot be."""
    steps: list[Step] = []
    for name, planner in NOUNS.items():
        steps += await planner(getattr(wanted, name), at)
    return steps


async def _try_out(steps: Sequence[Step], say: Callable[[str], None]) -> None:
    """Ask the providers of all channels that run by the file. Raises ``CannotStart`` when one of them does not work."""
    lines = []
    for step in steps:
        health = await step.trial() if step.trial is not None else None
        if health is not None:
            said = "works" if health.ok else f"does not work: {health.problem} {health.remedy}".strip()
            say(f"? {step.noun} {step.id} {said}")
            lines += [] if health.ok else [f"{step.noun} {step.id}"]
    if lines:
        raise CannotStart(f"these do not work: {', '.join(lines)}", "nothing was changed; correct them, or apply without --try")


async def apply(settings: Settings, file: Path, say: Callable[[str], None], *, dry_run: bool = False, try_out: bool = False) -> None:
    """Say the plan and carry it out, one step after the other; what is done before one fails stays. With ``try_out`` nothing is done unless
    every channel works. Raises ``CannotStart``, ``Invalid``, and ``Conflict`` when somebody else was faster: then it is to be run again."""
    wanted = read(file)
    async with workspace(settings) as at:
        steps = await plan(wanted, at)
        for step in steps:
            say(str(step))
        if try_out:
            await _try_out(steps, say)
        todo = [step.do for step in steps if step.do is not None]
        if dry_run or not todo:
            say("Nothing was changed." if dry_run else "Everything is as the file says.")
            return
        for do in todo:
            await do()
        say(f"Done: {len(todo)} of {len(steps)} were changed. A running service follows by itself.")
