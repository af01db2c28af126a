"""The command line: `inbox COMMAND`. A command that cannot do its work says so in one line, with the remedy, and ends with 1."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from inbox.core.errors import CannotStart, InboxError
from inbox.settings import load
from inbox.store.secrets import make_key

config_option = click.option(
    "--config",
    type=click.Path(dir_okay=False, path_type=Path),
    envvar="INBOX_CONFIG",
    help="Settings file; without it the defaults and the environment hold. config/inbox.example.toml lists everything.",
)


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


@click.group(cls=PlainFaults, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="inbox-conversations")
def main() -> None:
    """Inbox: email, web chat, SMS and social in one live inbox."""


@main.command("check-config")
@config_option
def check_config(config: Path | None) -> None:
    """Read the settings and say whether they can be used."""
    settings = load(config)
    database = "the one at mongodb.uri" if settings.mongodb.uri else f"started by this service under {settings.data.path}"
    click.echo(f"{config or 'The defaults and the environment'}: all settings are known and valid.")
    click.echo(f"Address   {settings.server.public_url}, listening on {settings.server.host}:{settings.server.port}")
    click.echo(f"MongoDB   {database}")
    click.echo(f"Keys      {', '.join(key.partition(':')[0] for key in settings.secrets.keys) or 'none: `inbox serve` needs one'}")
    click.echo(f"Channels  {', '.join(channel.id for channel in settings.channels) or 'none in the file'}")


@main.command("make-key")
@click.argument("key_id", default="k1")
def new_key(key_id: str) -> None:
    """Print a new random key for secrets.keys, named KEY_ID."""
    click.echo(make_key(key_id))


if __name__ == "__main__":
    main()
