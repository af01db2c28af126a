"""What `inbox demo` adds to serving: its settings, its key, its people and their past, and somewhere to send mail to."""

from __future__ import annotations

import asyncio
import errno
import socket
from collections.abc import Callable, Coroutine
from contextlib import ExitStack
from pathlib import Path

from msgspec import Struct
from msgspec.structs import replace

from inbox import settings as configuration
from inbox.api.passwords import Passwords
from inbox.app.channels import mistakes_of_channels
from inbox.app.service import serve
from inbox.app.steps import Steps, build_base, build_steps, ensure_bots
from inbox.app.stores import Stores
from inbox.core.agent import Agent, Role, Team
from inbox.core.errors import CannotStart
from inbox.core.ids import AgentId, ChannelId, TeamId
from inbox.demo.post_office import NOWHERE, PostOffice
from inbox.demo.seed import BackdatedClock, Seeder
from inbox.demo.workspace import Person, Workspace, load
from inbox.flow.accounts import save_agent
from inbox.settings import Secrets, Server, Settings
from inbox.store.secrets import make_key

SETTINGS = Path(__file__).with_name("settings.toml")
PASSWORD = "inbox-demo"
FILLED = "filled"
"""The value in the database that says that the workspace is whole; without it a start begins anew."""

Say = Callable[[str], None]
Progress = Callable[[int, int], None]


class Mail(Struct, frozen=True):
    """The demo's mailbox: where it takes mail by SMTP, and where it hands in what it sends."""

    address: str
    host: str
    port: int
    out_host: str
    out_port: int


def demo_settings(file: Path | None) -> Settings:
    """The demo's settings, or those of ``file``, with a key that is made once and kept beside the data.

    Addresses follow the port: that of the service where none is set, and those of the pages that may carry the chat.
    """
    settings = _at_home(configuration.load(file or SETTINGS, further=mistakes_of_channels))
    if settings.secrets.keys:
        return settings
    return replace(settings, secrets=Secrets(keys=(_key(settings.data.path / "demo.key"),)))


def _at_home(settings: Settings) -> Settings:
    server = settings.server
    if server.public_url == Server().public_url:
        server = replace(server, public_url=f"http://127.0.0.1:{server.port}")
    own = {server.public_url, f"http://127.0.0.1:{server.port}", f"http://localhost:{server.port}"}
    channels = [
        replace(c, settings={**c.settings, "origins": sorted(own.union(c.settings["origins"]))}) if "origins" in c.settings else c
        for c in settings.channels
    ]
    return replace(settings, server=server, channels=tuple(channels))


def _key(file: Path) -> str:
    try:
        if not file.exists():
            file.parent.mkdir(parents=True, exist_ok=True)
            fresh = file.with_suffix(".new")  # a full disk leaves no half of a key
            fresh.touch(mode=0o600)
            fresh.write_text(make_key("demo"), encoding="utf-8")
            fresh.replace(file)
        return file.read_text(encoding="utf-8").strip()
    except OSError as error:
        raise CannotStart(f"{file} cannot be written: {error.strerror}", "free some space, or set data.dir to a folder you own") from error


def mail_of(settings: Settings) -> Mail | None:
    """The first channel that takes mail on a port of its own and hands in at another, None without one."""
    for channel in settings.channels:
        into, out = channel.settings.get("listener"), channel.settings.get("smtp")
        if isinstance(into, dict) and isinstance(out, dict):
            host = into.get("host", "127.0.0.1")
            return Mail(channel.settings.get("address", ""), host, into["port"], out["host"], out.get("port", 25))
    return None


async def run(settings: Settings, stop: asyncio.Event, say: Say, progress: Progress, send_mail: str) -> None:
    """Serve the demo until ``stop`` is set; the first time its past is played before. Raises ``CannotStart``.

    ``send_mail`` is the command that hands in a mail, for the user to copy.
    """
    workspace = load()
    mail = mail_of(settings)
    sent = settings.data.path / "sent"
    _check_ports(settings, mail)
    say("Connecting to the database ..." if settings.mongodb.uri else "Starting the database ...")

    async def prepare(stores: Stores) -> None:
        if await is_empty(stores):
            for mail_file in sent.glob("*.eml"):
                mail_file.unlink()
            await unless(stop, fill(settings, stores, workspace, progress))

    async def ready(stores: Stores, steps: Steps) -> None:
        say(welcome(settings, workspace, mail, send_mail))

    with ExitStack() as stack:
        if mail is not None:
            stack.enter_context(PostOffice(sent, mail.out_host, mail.out_port))
        await serve(settings, stop, ready, prepare=prepare, demo=True)


async def unless(stop: asyncio.Event, filling: Coroutine[None, None, None]) -> None:
    """Fill, but not longer than until ``stop`` is set: then raise ``CannotStart``, for nothing of it counts."""
    async with asyncio.TaskGroup() as tasks:
        both = tasks.create_task(filling), tasks.create_task(stop.wait())
        await asyncio.wait(both, return_when=asyncio.FIRST_COMPLETED)
        finished = both[0].done()
        for task in both:
            task.cancel()
    if not finished:
        raise CannotStart("ended before the workspace was filled", "the next start begins anew")


def _check_ports(settings: Settings, mail: Mail | None) -> None:
    """Look at all ports first: what is taken is said before a database is started and filled, not after."""
    places = [(settings.server.host, settings.server.port, "server.port"), (settings.metrics.host, settings.metrics.port, "metrics.port")]
    if mail is not None:
        places += [(mail.host, mail.port, "the channel's listener.port"), (mail.out_host, mail.out_port, "the channel's smtp.port")]
    for host, port, setting in places:
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((host, port))
            except OSError as error:
                what = "is taken" if error.errno == errno.EADDRINUSE else f"cannot be used: {error.strerror}"
                remedy = f"is another demo running? End it; or change {setting} in a copy of {SETTINGS} and run scripts/demo --config COPY"
                raise CannotStart(f"port {port} of {host} {what}", remedy) from error


async def is_empty(stores: Stores) -> bool:
    """Whether the workspace has to be filled; what an interrupted filling left is removed.

    Raises ``CannotStart`` for a database with accounts that are not the demo's.
    """
    if await stores.cursors.load(ChannelId("demo"), FILLED):
        return False
    if not all(agent.demo or agent.role is Role.BOT for agent in await stores.queries.agents()):
        raise CannotStart("this database holds accounts that are not the demo's", "use another mongodb.database or data.dir")
    for name in await stores.db.list_collection_names():
        if name != "migrations":
            await stores.db[name].delete_many({})
    return True


async def fill(settings: Settings, stores: Stores, workspace: Workspace, progress: Progress) -> None:
    """Make the people and play their past. Mail needs a running ``PostOffice``."""
    clock = BackdatedClock(stores.clock.now())
    steps = await build_steps(settings, stores, build_base(stores), frozenset, clock=clock)
    await steps.feed.start()
    for team in workspace.teams:
        await stores.directory.save_team(Team(TeamId(team.id), team.name))
    async with asyncio.TaskGroup() as tasks:
        loops = [tasks.create_task(loop()) for loop in (steps.committer.run, steps.intake.run)]
        hashed = await Passwords().hash(PASSWORD)
        for person in workspace.people:
            agent = await save_agent(steps.committer, account(person))
            await stores.accounts.set_password(agent.id, hashed)
        await ensure_bots(steps)
        await Seeder(steps, stores, clock, workspace).play(progress)
        for loop in loops:
            loop.cancel()
    await steps.sandbox.close()
    await steps.channels.close()
    await steps.committer.close()
    await stores.cursors.save(ChannelId("demo"), FILLED, {"people": len(workspace.people)})


def account(person: Person) -> Agent:
    """The account of somebody in the demo workspace."""
    return Agent(
        id=AgentId(person.id),
        email=person.email,
        name=person.name,
        role=Role(person.role),
        teams=tuple(TeamId(t) for t in person.teams),
        capacity=person.capacity,
        demo=True,
        signature=person.signature,
    )


def welcome(settings: Settings, workspace: Workspace, mail: Mail | None, send_mail: str) -> str:
    """What stands on the terminal when it runs."""
    url = settings.server.public_url
    width = max(len(p.email) for p in workspace.people)
    logins = "\n".join(f"    {p.email:<{width}}  {p.role:<10}  {p.name}" for p in workspace.people)
    lines = [
        "",
        f"Inbox runs at   {url}",
        f"Log in as       (password of all: {PASSWORD})",
        logins,
        "",
        f"Chat with it    {url}/demo/shop/",
    ]
    if mail is not None:
        lines += [
            f'Send it mail    {send_mail} --from "Ada <ada@example.com>" --subject "My tent" "The zip is broken."',
            f"                or any mail program, by SMTP to {mail.host}:{mail.port}, to {mail.address}",
            f"Its answers     lie as files in {settings.data.path / 'sent'}; whoever@{NOWHERE} is refused",
        ]
    return "\n".join([*lines, "Ctrl-C          ends all of it; the next start keeps the data", ""])
