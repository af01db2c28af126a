"""The operator's settings: frozen, read once from a TOML file and the environment; a fault names its key and what is allowed.

A text may be `${NAME}`, which stands for an environment variable, or `${file:PATH}`, which stands for a file's content.
`INBOX_SECTION__KEY` in the environment overrides a key; `INBOX_SECTION__KEY_FILE` names a file with its value.
"""

from __future__ import annotations

import os
import re
import tomllib
from collections.abc import Callable, Iterable, Mapping
from ipaddress import IPv4Network, IPv6Network, ip_network
from pathlib import Path
from typing import Annotated, Any, Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import msgspec
from msgspec import UNSET, Meta, Struct

from inbox.core.acknowledgement import Acknowledgement
from inbox.core.errors import CannotStart
from inbox.core.mistakes import expected, mistakes, shown
from inbox.store.secrets import KEY_PATTERN

MIB = 1024 * 1024
LEAST_KEPT_DAYS = 7

Port = Annotated[int, Meta(ge=1, le=65_535)]
Id = Annotated[
    str,
    Meta(pattern=r"^[a-z0-9][a-z0-9_-]{0,63}$", description="a name in quotes of small letters, digits, - and _, at most 64 characters"),
]
_URI = 'an address in quotes such as "mongodb://user:password@host/?replicaSet=rs0", or empty'
_KEY = 'a key in quotes, "ID:BASE64", as `inbox make-key` prints it'
Bytes = Annotated[int, Meta(ge=1024, le=1024 * MIB)]


class Section(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A table of the file. Its repr shows no values, because some of them are secrets."""

    def __repr__(self) -> str:
        return f"{type(self).__name__}(...)"


class Server(Section, frozen=True):
    """Where the service listens and as what it is seen."""

    host: str = "127.0.0.1"
    port: Port = 8080
    public_url: Annotated[
        str,
        Meta(pattern=r"^https?://[^/\s?#@]+$", description="an address in quotes that begins with http:// or https:// and has no path"),
    ] = "http://127.0.0.1:8080"
    hosts: tuple[str, ...] = ()
    trusted_proxies: tuple[str, ...] = ()
    drain_seconds: Annotated[int, Meta(ge=0, le=3600)] = 20

    def __post_init__(self) -> None:
        """Raise `ValueError` for a proxy that is not an address or a network."""
        _ = self.proxy_networks

    @property
    def proxy_networks(self) -> tuple[IPv4Network | IPv6Network, ...]:
        """`trusted_proxies` as networks."""
        try:
            return tuple(ip_network(text) for text in self.trusted_proxies)
        except ValueError as error:
            raise ValueError(f"trusted_proxies: {error}; give addresses or networks such as 10.0.0.0/8") from error


class Metrics(Section, frozen=True):
    """Where `/metrics` is; never on the public port."""

    host: str = "127.0.0.1"
    port: Port = 9464


class MongoDB(Section, frozen=True):
    """The database. `port` and `cache_gb` are for the embedded one, which serves while `uri` is empty."""

    uri: Annotated[str, Meta(pattern=r"^$|^mongodb(\+srv)?://", description=_URI, extra={"secret": True})] = ""
    database: Annotated[
        str, Meta(pattern=r"^[A-Za-z0-9_-]{1,38}$", description="a name in quotes of letters, digits, - and _, at most 38 characters")
    ] = "inbox"
    port: Annotated[int, Meta(ge=0, le=65_535)] = 0
    cache_gb: Annotated[float, Meta(ge=0.25, le=1024)] = 0.5


class Data(Section, frozen=True):
    """What lies on this machine's disk."""

    dir: Annotated[str, Meta(min_length=1)] = ".inbox"

    @property
    def path(self) -> Path:
        """`dir`, with `~` for the home directory."""
        return Path(self.dir).expanduser()


class Secrets(Section, frozen=True):
    """Keys that seal channels' credentials and sign reply tokens, see `store.secrets.Keyring`."""

    keys: tuple[Annotated[str, Meta(pattern=KEY_PATTERN, description=_KEY, extra={"secret": True})], ...] = ()


class Log(Section, frozen=True):
    """What is logged, to standard error, and how."""

    level: Literal["debug", "info", "warning", "error"] = "info"
    format: Literal["console", "json"] = "console"


class Limits(Section, frozen=True):
    """How much of something is too much."""

    max_message_bytes: Bytes = 35 * MIB
    max_upload_bytes: Bytes = 25 * MIB
    sockets_per_agent: Annotated[int, Meta(ge=1, le=1000)] = 20


class Retention(Section, frozen=True):
    """How long is kept what is no longer needed for work."""

    journal_days: Annotated[int, Meta(ge=0, le=36_500)] = 400
    sources_days: Annotated[int, Meta(ge=0, le=36_500)] = 400

    def __post_init__(self) -> None:
        """Raise `ValueError` for so few days that clients and operators would miss what they need."""
        for name in ("journal_days", "sources_days"):
            if 0 < getattr(self, name) < LEAST_KEPT_DAYS:
                raise ValueError(f"{name}: must be at least {LEAST_KEPT_DAYS}, or 0 to keep everything")


class Reports(Section, frozen=True):
    """How reports tell time."""

    time_zone: str = "UTC"
    calendar: str = ""

    def __post_init__(self) -> None:
        """Raise `ValueError` for a time zone that there is not."""
        try:
            ZoneInfo(self.time_zone)
        except (ZoneInfoNotFoundError, ValueError, OSError):
            raise ValueError(f"time_zone: {self.time_zone!r} is no time zone; give one such as Europe/Berlin") from None


class Sla(Section, frozen=True):
    """The promise that a new workspace starts with."""

    first_response_minutes: Annotated[int, Meta(ge=0, le=525_600)] = 60
    warn_share: Annotated[int, Meta(ge=1, le=99)] = 80


class Mail(Section, frozen=True):
    """Mail that the service writes on its own behalf."""

    system_channel: str = ""


class Webhooks(Section, frozen=True):
    """Where webhooks may go. ``inside``: also to addresses inside, and by http; else by https to public ones only."""

    inside: bool = False


class Connectors(Section, frozen=True):
    """Connectors that come from other packages; those in the folder `connectors` are always there."""

    outside: tuple[str, ...] = ()


class Channel(Section, frozen=True):
    """One channel or bot. `settings` is for its connector to check; `bot` names the bot that answers first here;
    `acknowledgement` is what somebody who begins a conversation hears at once; `readers` are the teams whose people see its
    conversations, none for everybody's."""

    id: Id
    connector: Id
    name: Annotated[str, Meta(min_length=1, max_length=100)]
    team: str = ""
    bot: str = ""
    acknowledgement: Acknowledgement | None = None
    readers: tuple[str, ...] = ()
    settings: dict[str, Any] = {}

    def __post_init__(self) -> None:
        """Raise `ValueError` where the team that gets its conversations would not see them."""
        if self.team and self.readers and self.team not in self.readers:
            raise ValueError("readers must hold the channel's own team")


class Sso(Section, frozen=True):
    """A provider of single sign-on (OpenID Connect). `create_accounts`: who is not known yet gets an account of `default_role`."""

    id: Id
    name: Annotated[str, Meta(min_length=1, max_length=100)]
    issuer: Annotated[str, Meta(pattern=r"^https?://[^\s?#@]+$", description="the issuer's address in quotes, exactly as it names itself")]
    client_id: Annotated[str, Meta(min_length=1)]
    client_secret: Annotated[str, Meta(extra={"secret": True})] = ""
    scopes: tuple[str, ...] = ("openid", "email", "profile")
    create_accounts: bool = False
    default_role: Annotated[str, Meta(min_length=1, max_length=200)] = "agent"

    def __post_init__(self) -> None:
        """Raise `ValueError` without the scope that makes it a sign-in."""
        if "openid" not in self.scopes:
            raise ValueError('scopes: must contain "openid"')


class Settings(Section, frozen=True):
    """Everything an operator can set."""

    server: Server = Server()
    metrics: Metrics = Metrics()
    mongodb: MongoDB = MongoDB()
    data: Data = Data()
    secrets: Secrets = Secrets()
    log: Log = Log()
    limits: Limits = Limits()
    retention: Retention = Retention()
    reports: Reports = Reports()
    sla: Sla = Sla()
    mail: Mail = Mail()
    webhooks: Webhooks = Webhooks()
    connectors: Connectors = Connectors()
    sso: tuple[Sso, ...] = ()
    channels: tuple[Channel, ...] = ()

    def __post_init__(self) -> None:
        """Raise `ValueError` for two channels or two providers of one id."""
        for line in _used_twice([channel.id for channel in self.channels]) + _used_twice([one.id for one in self.sso], "sso"):
            raise ValueError(line)


Further = Callable[[Mapping[str, Any]], Iterable[str]]
"""More to look for in the tree of settings, which may be wrong anywhere: one line a mistake."""


def load(file: Path | None = None, environment: Mapping[str, str] = os.environ, further: Further = lambda tree: ()) -> Settings:
    """Return the settings of `file` (None: the defaults) under those of the environment.

    Raises `CannotStart` with a line for every mistake, that names the key and what is allowed; or the file and line that is not TOML.
    """
    lines: list[str] = []
    tree = tree_of(file, lines, environment) if file else {}
    _override(tree, environment, lines)
    lines += [*mistakes(tree, Settings, ""), *_twice(tree), *further(tree)]
    if lines:
        raise wrong(list(dict.fromkeys(lines)))
    return msgspec.convert(tree, Settings)


def tree_of(file: Path, lines: list[str], environment: Mapping[str, str] = os.environ) -> dict[str, Any]:
    """A TOML file with every `${...}` replaced; `lines` gets one for each that stands for nothing. Raises `CannotStart`."""
    tree: dict[str, Any] = _resolved(_read(file), "", environment, lines)
    return tree


def wrong(lines: list[str]) -> CannotStart:
    """The error for settings with these mistakes."""
    message = lines[0] if len(lines) == 1 else "\n  - ".join([f"{len(lines)} settings are wrong:", *lines])
    return CannotStart(message, "config/inbox.example.toml explains every setting")


def _used_twice(ids: list[str], section: str = "channels") -> list[str]:
    return [f"{section}: the id {id!r} is used twice; each needs its own" for id in dict.fromkeys(ids) if ids.count(id) > 1]


def _twice(tree: Mapping[str, Any]) -> list[str]:
    """Ids of several channels, told also while something else is wrong, when there are no ``Settings`` yet to tell it."""
    channels = tree.get("channels")
    tables = [channel for channel in channels if isinstance(channel, dict)] if isinstance(channels, list) else []
    return _used_twice([table["id"] for table in tables if isinstance(table.get("id"), str)])


def _read(file: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(file.read_text(encoding="utf-8"))
    except OSError as error:
        raise CannotStart(f"{file} cannot be read: {error.strerror}", "name the settings file with --config FILE") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise CannotStart(f"{file} is not TOML: {error}", "config/inbox.example.toml shows how it is written") from error


def _resolved(value: Any, key: str, environment: Mapping[str, str], lines: list[str]) -> Any:
    """Return the tree with every `${...}` replaced by what it stands for, UNSET where that is not there."""
    if isinstance(value, dict):
        return {name: _resolved(inner, f"{key}.{name}".lstrip("."), environment, lines) for name, inner in value.items()}
    if isinstance(value, list):
        return [_resolved(inner, f"{key}[{place}]", environment, lines) for place, inner in enumerate(value)]
    stands_for = re.fullmatch(r"\$\{(file:)?([^}]+)\}", value) if isinstance(value, str) else None
    if stands_for is None:
        return value
    if stands_for[1]:
        return _content(Path(stands_for[2]), key, lines)
    if stands_for[2] not in environment:
        lines.append(f"{key}: the environment variable {stands_for[2]} is not set; set it, or write the value itself")
        return UNSET
    return environment[stands_for[2]]


def _content(file: Path, key: str, lines: list[str]) -> Any:
    try:
        return file.read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError):
        lines.append(f"{key}: {file} cannot be read; check that the file exists and that this user may read it")
        return UNSET


def _override(tree: dict[str, Any], environment: Mapping[str, str], lines: list[str]) -> None:
    """Put what `INBOX_SECTION__KEY` says into the tree."""
    for variable, text in environment.items():
        section, separator, key = variable.removeprefix("INBOX_").lower().partition("__")
        if not variable.startswith("INBOX_") or not separator:
            continue
        fields = {field.name: field for field in _fields(section)}
        from_file = key.removesuffix("_file") in fields and key not in fields
        field = fields.get(key.removesuffix("_file") if from_file else key)
        if field is None:
            known = [f"INBOX_{section}__{name}".upper() for name in fields] or [f"INBOX_{name}__...".upper() for name in _sections()]
            lines.append(f"{variable} in the environment is not a setting; allowed are {', '.join(known)}")
            continue
        given = _content(Path(text), variable, lines) if from_file else text
        table = tree.setdefault(section, {})
        if isinstance(table, dict):
            table[field.name] = given if given is UNSET else _read_as(field, given, variable, lines)


def _read_as(field: msgspec.structs.FieldInfo, text: str, variable: str, lines: list[str]) -> Any:
    """The text of a variable as a value of its setting, UNSET if it is none."""
    several = isinstance(msgspec.inspect.type_info(field.type), msgspec.inspect.VarTupleType)
    given: str | list[str] = [part.strip() for part in text.split(",") if part.strip()] if several else text
    try:
        return msgspec.to_builtins(msgspec.convert(given, field.type, strict=False))
    except msgspec.ValidationError:
        lines.append(f"{variable} in the environment must be {expected(field.type, field.default)}; it is {shown(text, field.type)}")
        return UNSET


def _sections() -> list[str]:
    return [field.name for field in msgspec.structs.fields(Settings) if field.name != "channels"]


def _fields(section: str) -> tuple[msgspec.structs.FieldInfo, ...]:
    return msgspec.structs.fields(type(getattr(Settings(), section))) if section in _sections() else ()
