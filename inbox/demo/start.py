"""What `inbox demo` adds to serving: its settings, its key, its people and their past, and somewhere to send mail to."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path

from msgspec.structs import replace

from inbox import settings as configuration
from inbox.api.passwords import Passwords
from inbox.app.service import serve
from inbox.app.steps import Steps, build_base, build_steps
from inbox.app.stores import Stores
from inbox.core.agent import Agent, Role, Team
from inbox.core.errors import CannotStart
from inbox.core.ids import AgentId, TeamId
from inbox.demo.post_office import PostOffice
from inbox.demo.seed import BackdatedClock, Seeder
from inbox.demo.workspace import Person, Workspace, load
from inbox.flow.accounts import save_agent
from inbox.settings import Secrets, Settings
from inbox.store.secrets import make_key

SETTINGS = Path(__file__).with_name("settings.toml")
PASSWORD = "inbox-demo"
HOST = "127.0.0.1"
MAIL_PORT = 2525
POST_OFFICE_PORT = 2526

Say = Callable[[str], None]
Progress = Callable[[int, int], None]


def demo_settings(file: Path | None) -> Settings:
    """The demo's settings, or those of ``file``, with a key that is made once and kept beside the data."""
    settings = configuration.load(file or SETTINGS)
    if settings.secrets.keys:
        return settings
    return replace(settings, secrets=Secrets(keys=(_key(settings.data.path / "demo.key"),)))


def _key(file: Path) -> str:
    if not file.exists():
        file.parent.mkdir(parents=True, exist_ok=True)
        file.touch(mode=0o600)
        file.write_text(make_key("demo"), encoding="utf-8")
    return file.read_text(encoding="utf-8").strip()


async def run(settings: Settings, stop: asyncio.Event, say: Say, progress: Progress) -> None:
    """Serve the demo until ``stop`` is set; the first time its past is played before. Raises ``CannotStart``."""
    workspace = load()

    async def prepare(stores: Stores) -> None:
        if not await stores.directory.has_agents():
            say("Filling the workspace ...")
            await fill(settings, stores, workspace, progress)

    async def ready(stores: Stores, steps: Steps) -> None:
        say(welcome(settings, workspace))

    with ExitStack() as stack:
        try:
            stack.enter_context(PostOffice(settings.data.path / "sent", HOST, POST_OFFICE_PORT))
        except OSError as error:
            raise CannotStart(f"port {POST_OFFICE_PORT} of {HOST} is taken", "is another demo running? End it first") from error
        await serve(settings, stop, ready, prepare=prepare, demo=True)


async def fill(settings: Settings, stores: Stores, workspace: Workspace, progress: Progress) -> None:
    """Make the people and play their past."""
    now = stores.clock.now()
    clock = BackdatedClock(now)
    steps = await build_steps(settings, stores, build_base(stores), frozenset, clock=clock)
    await steps.feed.start()
    for team in workspace.teams:
        await stores.directory.save_team(Team(TeamId(team.id), team.name))
    async with asyncio.TaskGroup() as tasks:
        committing = tasks.create_task(steps.committer.run())
        hashed = await Passwords().hash(PASSWORD)
        for person in workspace.people:
            agent = await save_agent(steps.committer, account(person))
            if agent.role is not Role.BOT:
                await stores.accounts.set_password(agent.id, hashed)
        seeder = Seeder(
            steps.committer,
            steps.conversations,
            stores.queries,
            stores.journal,
            stores.ledger,
            clock,
            steps.signing,
            lambda channel: next(f.kind for id, f in steps.channels.facts().items() if id == channel),
        )
        await seeder.play(workspace, now, progress)
        committing.cancel()
    await steps.committer.close()


def account(person: Person) -> Agent:
    """The account of somebody in the demo workspace."""
    return Agent(
        id=AgentId(person.id),
        email=person.email or f"{person.id}@bots.invalid",
        name=person.name,
        role=Role(person.role),
        teams=tuple(TeamId(t) for t in person.teams),
        capacity=person.capacity,
        demo=True,
        signature=person.signature,
    )


def welcome(settings: Settings, workspace: Workspace) -> str:
    """What stands on the terminal when it runs."""
    url = settings.server.public_url
    people = [p for p in workspace.people if p.email]
    width = max(len(p.email) for p in people)
    logins = "\n".join(f"    {p.email:<{width}}  {p.role:<10}  {p.name}" for p in people)
    return f"""
Inbox runs at   {url}
Log in as       (password of all: {PASSWORD})
{logins}

Chat with it    {url}/demo/shop/
Send it mail    .venv/bin/inbox demo-mail --from "Ada <ada@example.com>" --subject "My tent" "The zip is broken."
                or any mail program, by SMTP to {HOST}:{MAIL_PORT}, to support@northwind.example
Its answers     lie as files in {settings.data.path / "sent"}
Ctrl-C          ends all of it; the next start keeps the data
"""
