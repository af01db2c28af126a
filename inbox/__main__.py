"""The command line: `inbox COMMAND`. A command that cannot do its work says so in one line, with the remedy, and ends with 1."""

from __future__ import annotations

import asyncio
import signal
import smtplib
import sys
from collections.abc import Awaitable, Callable
from email.message import EmailMessage
from email.utils import localtime, make_msgid, parseaddr
from pathlib import Path
from typing import Any

import click
import uvloop

from inbox import logs
from inbox import settings as configuration
from inbox.app import accounts, apply, connectors
from inbox.app.channels import mistakes_for_serving, mistakes_of_channels
from inbox.app.doctor import examine
from inbox.app.service import serve as serve_until
from inbox.app.steps import Steps
from inbox.app.stores import Stores
from inbox.core.agent import Role
from inbox.core.errors import CannotStart, InboxError
from inbox.demo import start as demo_start
from inbox.settings import Settings
from inbox.store.secrets import make_key

config_option = click.option(
    "--config",
    type=click.Path(dir_okay=False, path_type=Path),
    envvar="INBOX_CONFIG",
    help="Settings file; without it the defaults and the environment hold. config/inbox.example.toml lists everything.",
)


def load(config: Path | None) -> Settings:
    """The settings, all their mistakes told in one go."""
    return configuration.load(config, further=mistakes_of_channels)


def load_for_serving(config: Path | None) -> Settings:
    """As ``load``, and what would keep a service from starting is a mistake, too."""
    return configuration.load(config, further=mistakes_for_serving)


class PlainFaults(click.Group):
    """A group whose commands end with a sentence instead of a traceback when the fault is one we foresaw."""

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command; raises `click.ClickException` for every `InboxError`."""
        try:
            return super().invoke(ctx)
        except CannotStart as error:
            raise click.ClickException(f"{error}\nWhat to do: {error.remedy}" if error.remedy else str(error)) from error
        except InboxError as error:
            raise click.ClickException(str(error)) from error


def run(work: Awaitable[Any]) -> Any:
    """Run something in an event loop of its own, and show its one fault instead of a group of them."""

    async def inner() -> Any:
        return await work

    try:
        return uvloop.run(inner())
    except BaseExceptionGroup as group:
        found = group
        while isinstance(found.exceptions[0], BaseExceptionGroup):
            found = found.exceptions[0]
        if isinstance(found.exceptions[0], InboxError):
            raise found.exceptions[0] from None
        raise


async def until_told(work: Callable[[asyncio.Event], Awaitable[None]], answer: str = "") -> None:
    """Run ``work`` with an event that SIGTERM, Ctrl-C and a terminal that is closed set; a second signal ends the process the hard way.

    ``answer`` is printed at the first one.
    """
    stop, loop = asyncio.Event(), asyncio.get_running_loop()

    def told(number: int) -> None:
        stop.set()
        if answer and number != signal.SIGHUP:
            click.echo(answer)
        loop.remove_signal_handler(number)

    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        if number != signal.SIGHUP or signal.getsignal(number) != signal.SIG_IGN:  # as nohup wants it
            loop.add_signal_handler(number, told, number)
    await work(stop)


@click.group(cls=PlainFaults, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="inbox-conversations")
def main() -> None:
    """Inbox: email, web chat, SMS and social in one live inbox."""


@main.command()
@config_option
def serve(config: Path | None) -> None:
    """Serve for real: your own settings, your own database, no demo accounts."""
    settings = load_for_serving(config)
    logs.configure(settings.log.level, settings.log.format)

    async def refuse_demo(stores: Stores) -> None:
        if any(agent.demo for agent in await stores.queries.agents()):
            raise CannotStart(
                "this database holds the demo's accounts, whose passwords everybody knows", "use another mongodb.database or data.dir"
            )

    async def ready(stores: Stores, steps: Steps) -> None:
        click.echo(f"Inbox runs at {settings.server.public_url}")
        if not await stores.directory.has_agents():
            click.echo("There is no account yet: run `inbox create-admin`.")

    run(until_told(lambda stop: serve_until(settings, stop, ready, prepare=refuse_demo)))


@main.command()
@config_option
def demo(config: Path | None) -> None:
    """A working inbox on this machine with a believable workspace; Ctrl-C ends all of it."""
    settings = demo_start.demo_settings(config)
    logs.configure("warning", settings.log.format)

    def progress(done: int, of: int) -> None:
        if sys.stdout.isatty():
            click.echo(f"\rFilling the workspace ... {done} of {of} ", nl=done == of)
        elif done in (1, of):
            click.echo("Filling the workspace ..." if done == 1 else f"Filled it with {of} steps.")

    program = Path(sys.argv[0])
    command = program.relative_to(Path.cwd()) if program.is_relative_to(Path.cwd()) else program
    send_mail = f"{command} demo-mail" + (f" --config {config}" if config else "")
    run(until_told(lambda stop: demo_start.run(settings, stop, click.echo, progress, send_mail), "\nEnding ..."))
    click.echo("Ended.")


@main.command("demo-mail")
@config_option
@click.option("--from", "sender", default="Ada Lindqvist <ada@example.com>", show_default=True, help="Who writes.")
@click.option("--subject", default="A question", show_default=True)
@click.argument("text")
def demo_mail(config: Path | None, sender: str, subject: str, text: str) -> None:
    """Send a mail to the running demo, as a customer would."""
    box = demo_start.mail_of(load(config or demo_start.SETTINGS))
    if box is None:
        raise CannotStart("no channel of these settings takes mail on a port of its own", "give the one that shall a listener and an smtp")
    mail = EmailMessage()
    mail["From"], mail["To"], mail["Subject"], mail["Message-ID"] = sender, box.address, subject, make_msgid(domain="example.com")
    mail["Date"] = localtime()
    mail.set_content(text)
    try:
        with smtplib.SMTP(box.host, box.port, timeout=10) as server:
            server.send_message(mail, parseaddr(sender)[1], [box.address])
    except (OSError, smtplib.SMTPException) as error:
        raise CannotStart("the demo does not take mail", "start it with `make demo`, then try again") from error
    click.echo("Delivered.")


@main.command("create-admin")
@config_option
@click.option("--email", prompt="Mail address")
@click.option("--name", prompt="Name")
@click.password_option(help="At least 10 characters; asked for when it is not given.", envvar="INBOX_ADMIN_PASSWORD")
def create_admin(config: Path | None, email: str, name: str, password: str) -> None:
    """Make an account that may do everything."""
    made = run(accounts.create_admin(load(config), email, name, password))
    click.echo(f"{made.name} <{made.email}> can log in now.")


@main.command("create-agent")
@config_option
@click.option("--email", prompt="Mail address")
@click.option("--name", prompt="Name")
@click.option("--role", type=click.Choice(["agent", "supervisor", "admin"]), default="agent", show_default=True)
@click.option("--team", "teams", multiple=True, metavar="ID", help="A team of his; may be given several times.")
@click.option("--password", envvar="INBOX_AGENT_PASSWORD", default="", help="Without it a link is printed by which he sets one himself.")
def create_agent(config: Path | None, email: str, name: str, role: str, teams: tuple[str, ...], password: str) -> None:
    """Make an account for somebody who answers, and a link by which he sets his password."""
    made, link = run(accounts.create_agent(load(config), accounts.Newcomer(email, name, Role(role), teams, password)))
    click.echo(f"{made.name} <{made.email}> {'sets a password, within seven days, at' if link else 'can log in now.'}")
    if link:
        click.echo(link)


@main.command("create-team")
@config_option
@click.option("--name", default="", help="What agents see; the id when it is not given.")
@click.argument("id")
def create_team(config: Path | None, name: str, id: str) -> None:
    """Make a team under ID, by which the settings file gives channels to it."""
    made = run(accounts.create_team(load(config), id, name))
    click.echo(f"There is a team {made.id!r} now, called {made.name!r}.")


@main.command("apply")
@config_option
@click.option("--dry-run", is_flag=True, help="Say what would be done, and do nothing.")
@click.option("--try", "try_out", is_flag=True, help="Ask the providers of the channels first; do nothing unless all of them work.")
@click.argument("file", type=click.Path(dir_okay=False, exists=True, path_type=Path))
def apply_file(config: Path | None, dry_run: bool, try_out: bool, file: Path) -> None:
    """Make teams, channels, queues, opening hours and the other lists of FILE be as it says, with or without the service beside it;
    what FILE does not name stays."""
    run(apply.apply(load(config), file, click.echo, dry_run=dry_run, try_out=try_out))


@main.command("reset-password")
@config_option
@click.option("--email", prompt="Mail address")
@click.password_option(envvar="INBOX_ADMIN_PASSWORD")
def reset_password(config: Path | None, email: str, password: str) -> None:
    """Set an account's password and end its sessions."""
    changed = run(accounts.reset_password(load(config), email, password))
    click.echo(f"{changed.name} <{changed.email}> has a new password; all sessions are ended.")


@main.command()
@config_option
@click.option("--demo", is_flag=True, help="Look at the demo, running or not, instead of a service of your own.")
@click.pass_context
def doctor(context: click.Context, config: Path | None, demo: bool) -> None:
    """Look at keys, disk, database, clock, accounts and channels; say what is wrong and what to do. Ends with 1 if something is.

    It may run beside the service: its database is used and left running, and nothing is changed.
    """
    settings = demo_start.demo_settings(config) if demo else load(config)

    async def look() -> int:
        wrong = 0
        async for finding in examine(settings):
            click.echo(f"{'ok    ' if not finding.problem else 'WRONG '} {finding.what:<16} {finding.fine or finding.problem}")
            if finding.problem:
                wrong += 1
                click.echo(f"       {'':<16} {finding.remedy}")
        return wrong

    context.exit(1 if run(look()) else 0)


@main.command("check-config")
@config_option
@click.option("--demo", is_flag=True, help="They are for `inbox demo`, which makes itself a key.")
def check_config(config: Path | None, demo: bool) -> None:
    """Read the settings and say whether they can be used: the same mistakes that `inbox serve` would tell."""
    settings = load(config) if demo else load_for_serving(config)
    database = "the one at mongodb.uri" if settings.mongodb.uri else f"started by this service under {settings.data.path}"
    click.echo(f"{config or 'The defaults and the environment'}: all settings are known and valid.")
    click.echo(f"Address   {settings.server.public_url}, listening on {settings.server.host}:{settings.server.port}")
    click.echo(f"MongoDB   {database}")
    click.echo(f"Keys      {', '.join(key.partition(':')[0] for key in settings.secrets.keys) or 'the one of the demo'}")
    click.echo(f"Channels  {', '.join(channel.id for channel in settings.channels) or 'none in the file'}")


@main.command("make-key")
@click.argument("key_id", default="k1")
def new_key(key_id: str) -> None:
    """Print a new random key for secrets.keys, named KEY_ID."""
    click.echo(make_key(key_id))


outside_option = click.option("--outside", multiple=True, help="Also look at this installed package; see connectors.outside.")
folder_option = click.option(
    "--folder", type=click.Path(file_okay=False, exists=True, path_type=Path), default=Path(), help="The checkout; by default here."
)


@main.group("connectors", cls=PlainFaults)
def connector_group() -> None:
    """List the connectors, begin a new one, check one."""


@connector_group.command("list")
@outside_option
@folder_option
def list_connectors(outside: tuple[str, ...], folder: Path) -> None:
    """Every connector that is found, with what it shows that it can."""
    every = list(connectors.known(outside, folder / connectors.RECORDED))
    width = max(len(known.name) for known in every)
    for known in every:
        able = ", ".join(name for name, is_so in known.shown.items() if is_so)
        click.echo(f"{known.name:<{width}} {known.role:<8} {known.level:<9} {able}")


@connector_group.command("new")
@click.argument("name")
@folder_option
def new_connector(name: str, folder: Path) -> None:
    """Write a working connector called NAME with a recorded delivery, a test and a page."""
    for path in connectors.begin(name, folder):
        click.echo(f"wrote {path}")
    click.echo(f"Next: change it to what the provider sends, then run `inbox connectors check {name}`.")


@connector_group.command("check")
@click.argument("name")
@outside_option
@folder_option
@click.pass_context
def check_connector(context: click.Context, name: str, outside: tuple[str, ...], folder: Path) -> None:
    """Try NAME out against the contract and say what is missing. Ends with 1 if something is."""
    found = connectors.check(name, folder, outside)
    for problem in found:
        click.echo(f"WRONG  {problem}")
    if not found:
        click.echo(f"ok     {name} keeps the contract")
    context.exit(1 if found else 0)


if __name__ == "__main__":
    main()
