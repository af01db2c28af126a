"""Looks at everything the service needs and says what is wrong and what to do."""

from __future__ import annotations

import re
import shutil
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import TypeVar

from inbox.app.accounts import committing
from inbox.app.channels import connect_to, consents_of, look_at_channels
from inbox.app.ports import Place, place_of
from inbox.app.stores import LEAST_FREE_BYTES, Stores, open_stores
from inbox.connector import Connector, Health
from inbox.core.errors import CannotStart, InboxError
from inbox.core.ids import ChannelId
from inbox.flow.deciding import Unit
from inbox.flow.registry import discover
from inbox.records import ChannelRecord
from inbox.settings import Settings
from inbox.store.secrets import Keyring

MOST_OFFSET_MS = 2_000
MIB = 2**20
R = TypeVar("R")


@dataclass(frozen=True)
class Finding:
    """One thing looked at; ``problem`` is empty when it is fine."""

    what: str
    fine: str
    problem: str = ""
    remedy: str = ""


async def examine(settings: Settings) -> AsyncIterator[Finding]:
    """Findings one after the other, the ones that others depend on first. A service that runs beside it is not disturbed."""
    yield _keys(settings)
    yield _disk(settings)
    try:
        async with open_stores(settings, beside=True) as stores:
            yield await _database(settings, stores)
            yield _clock(stores)
            yield await _accounts(stores)
            async for finding in _channels(settings, stores):
                yield finding
    except CannotStart as error:
        yield Finding("database", "", str(error), error.remedy)
    except InboxError as error:
        yield Finding("database", "", str(error) or error.code, "Check that MongoDB runs and that mongodb.uri is right.")


def _keys(settings: Settings) -> Finding:
    try:
        Keyring(settings.secrets.keys)
    except CannotStart as error:
        return Finding("keys", "", str(error), error.remedy)
    return Finding("keys", f"{len(settings.secrets.keys)} in secrets.keys")


def _disk(settings: Settings) -> Finding:
    folder = settings.data.path
    while not folder.exists():
        folder = folder.absolute().parent
    free = shutil.disk_usage(folder).free
    if free < LEAST_FREE_BYTES:
        return Finding("disk", "", f"{free // MIB} MiB are free", "Free some space, or set data.dir to another disk.")
    return Finding("disk", f"{free // MIB} MiB free")


async def _database(settings: Settings, stores: Stores) -> Finding:
    hello = await stores.db.client.admin.command("hello")
    build = await stores.db.client.admin.command("buildInfo")
    members = len(hello.get("hosts", ()))
    own = "started for this look" if stores.embedded else "started by the service, which runs"
    whose = "your own" if settings.mongodb.uri else own
    return Finding("database", f"MongoDB {build['version']}, {whose}, replica set {hello['setName']} of {members}")


def _clock(stores: Stores) -> Finding:
    offset = abs(stores.clock.offset())
    if offset > MOST_OFFSET_MS:
        return Finding("clock", "", f"this machine and the database differ by {offset} ms", "Run a time service (NTP) on both.")
    return Finding("clock", f"{offset} ms from the database's")


async def _accounts(stores: Stores) -> Finding:
    people = [a for a in await stores.queries.agents() if a.active and a.role != "bot"]
    if not any(a.role == "admin" for a in people):
        return Finding("accounts", "", "there is no admin", "Run `inbox create-admin`.")
    return Finding("accounts", f"{len(people)} can log in")


async def _channels(settings: Settings, stores: Stores) -> AsyncIterator[Finding]:
    """Each by itself, so that one that cannot be built hides no other."""
    try:
        keyring, classes = Keyring(settings.secrets.keys), discover(settings.connectors.outside)
    except CannotStart as error:
        yield Finding("channels", "", str(error), error.remedy)
        return

    async def submit(unit: Unit[R], /) -> R:
        async with committing(settings, stores) as committer:
            return await committer.submit(unit)

    consents = consents_of(settings, stores, keyring, submit)
    records = await look_at_channels(settings, stores)
    for record in records:
        if not record.enabled:
            yield Finding(f"channel {record.id}", "removed: its conversations stay, it receives and sends nothing")
            continue
        try:
            connector = connect_to(record, classes, settings, stores, keyring, consents)
        except CannotStart as error:
            yield Finding(f"channel {record.id}", "", str(error), error.remedy)
            continue
        yield await _channel(settings, stores, record, connector)
        await connector.close()
    if not any(record.enabled for record in records):
        yield Finding("channels", "", "none is set up", "Add [[channels]] to the settings; config/inbox.example.toml shows how.")


async def _channel(settings: Settings, stores: Stores, record: ChannelRecord, connector: Connector) -> Finding:
    """The first thing that is wrong with it."""
    what = f"channel {record.id}"
    health = await _probe(connector)
    if not health.ok:
        return Finding(what, "", health.problem, health.remedy)
    if record.team and record.team not in {team.id for team in await stores.queries.teams()}:
        remedy = f"Run `inbox create-team {record.team}`, or change channels.{record.id}.team."
        return Finding(what, "", f"there is no team {record.team!r}", remedy)
    place = next((place_of(channel) for channel in settings.channels if channel.id == record.id), None)
    return Finding(what, connector.name) if place is None else await _listener(settings, stores, record, connector, place)


async def _listener(settings: Settings, stores: Stores, record: ChannelRecord, connector: Connector, place: Place) -> Finding:
    """Whether the channel's port is free, or taken by the service that runs: that one says of itself that it is in order."""
    what, where = f"channel {record.id}", f"port {place.port} of {place.host}"
    trouble, said = place.trouble(), await _says_healthy(settings, stores, record.id)
    if trouble is not None and said is None:
        return Finding(what, "", f"{trouble}, and not by this service, which does not run", trouble.remedy)
    if trouble is not None and not said:
        return Finding(what, "", f"{trouble}, and the service that runs says that this channel is out of order", trouble.remedy)
    if trouble is None and said is not None:
        return Finding(what, "", f"the service runs and does not listen on {where}", "Restart it; its log says what is wrong.")
    return Finding(what, f"{connector.name}, {where} is {'free' if said is None else 'where the service listens'}")


async def _says_healthy(settings: Settings, stores: Stores, id: ChannelId) -> bool | None:
    """What the service that runs with these settings says of the channel in its metrics; None when none runs."""
    host = "127.0.0.1" if settings.metrics.host in ("", "0.0.0.0") else settings.metrics.host
    authority = f"[{host}]" if ":" in host else host
    try:
        answer = await stores.outside.request("GET", f"http://{authority}:{settings.metrics.port}/metrics", seconds=5)
    except InboxError:
        return None
    found = re.search(rf'^inbox_channel_healthy\{{channel="{re.escape(id)}"\}} ([01])', answer.body.decode(errors="replace"), re.MULTILINE)
    return found[1] == "1" if found else None


async def _probe(connector: Connector) -> Health:
    try:
        return await connector.probe()
    except InboxError as error:
        return Health(False, str(error) or error.code, "See the channel's settings.")
    except OSError as error:
        return Health(False, f"not reachable: {error.strerror or type(error).__name__}", "Check host and port.")
