"""The operator's settings: frozen, read once from a TOML file and the environment; a fault names its key and what is allowed.

A text may be `${NAME}`, which stands for an environment variable, or `${file:PATH}`, which stands for a file's content.
`INBOX_SECTION__KEY` in the environment overrides a key; `INBOX_SECTION__KEY_FILE` names a file with its value.
"""

from __future__ import annotations

import os
import re
import tomllib
from collections.abc import Mapping
from ipaddress import IPv4Network, IPv6Network, ip_network
from pathlib import Path
from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta, Struct

from inbox.core.errors import CannotStart
from inbox.store.secrets import KEY_PATTERN

MIB = 1024 * 1024

Port = Annotated[int, Meta(ge=1, le=65_535)]
Id = Annotated[str, Meta(pattern=r"^[a-z0-9][a-z0-9_-]{0,63}$")]
Bytes = Annotated[int, Meta(ge=1024, le=1024 * MIB)]


class Section(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A table of the file. Its repr shows no values, because some of them are secrets."""

    def __repr__(self) -> str:
        return f"{type(self).__name__}(...)"


class Server(Section, frozen=True):
    """Where the service listens and as what it is seen."""

    host: str = "127.0.0.1"
    port: Port = 8080
    public_url: Annotated[str, Meta(pattern=r"^https?://[^/\s?#@]+$")] = "http://127.0.0.1:8080"
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
            raise ValueError(f"trusted_proxies: {error}") from error


class Metrics(Section, frozen=True):
    """Where `/metrics` is; never on the public port."""

    host: str = "127.0.0.1"
    port: Port = 9464


class MongoDB(Section, frozen=True):
    """The database. `port` and `cache_gb` are for the embedded one, which serves while `uri` is empty."""

    uri: Annotated[str, Meta(pattern=r"^$|^mongodb(\+srv)?://")] = ""
    database: Annotated[str, Meta(pattern=r"^[A-Za-z0-9_-]{1,38}$")] = "inbox"
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

    keys: tuple[Annotated[str, Meta(pattern=KEY_PATTERN)], ...] = ()


class Log(Section, frozen=True):
    """What is logged, to standard error, and how."""

    level: Literal["debug", "info", "warning", "error"] = "info"
    format: Literal["console", "json"] = "console"


class Limits(Section, frozen=True):
    """How much of something is too much."""

    max_message_bytes: Bytes = 35 * MIB
    max_upload_bytes: Bytes = 25 * MIB
    sockets_per_agent: Annotated[int, Meta(ge=1, le=1000)] = 20


class Sla(Section, frozen=True):
    """The promise that a new workspace starts with."""

    first_response_minutes: Annotated[int, Meta(ge=0, le=525_600)] = 60
    warn_share: Annotated[int, Meta(ge=1, le=99)] = 80


class Mail(Section, frozen=True):
    """Mail that the service writes on its own behalf."""

    system_channel: str = ""


class Connectors(Section, frozen=True):
    """Connectors that come from other packages; those in the folder `connectors` are always there."""

    outside: tuple[str, ...] = ()


class Channel(Section, frozen=True):
    """One channel or bot. `settings` is for its connector to check; `bot` names the bot that answers first here."""

    id: Id
    connector: Id
    name: Annotated[str, Meta(min_length=1, max_length=100)]
    team: str = ""
    bot: str = ""
    settings: dict[str, Any] = {}


class Settings(Section, frozen=True):
    """Everything an operator can set."""

    server: Server = Server()
    metrics: Metrics = Metrics()
    mongodb: MongoDB = MongoDB()
    data: Data = Data()
    secrets: Secrets = Secrets()
    log: Log = Log()
    limits: Limits = Limits()
    sla: Sla = Sla()
    mail: Mail = Mail()
    connectors: Connectors = Connectors()
    channels: tuple[Channel, ...] = ()

    def __post_init__(self) -> None:
        """Raise `ValueError` for two channels of one id."""
        ids = [channel.id for channel in self.channels]
        for twice in {i for i in ids if ids.count(i) > 1}:
            raise ValueError(f"channels: the id {twice!r} is used twice")


def load(file: Path | None = None, environment: Mapping[str, str] = os.environ) -> Settings:
    """Return the settings of `file` (None: the defaults) under those of the environment.

    Raises `CannotStart` naming the key and what is allowed, or the file and line that is not TOML.
    """
    tree = _resolved(_read(file) if file else {}, "", environment)
    _override(tree, environment)
    try:
        return msgspec.convert(tree, Settings)
    except msgspec.ValidationError as error:
        raise _explained(error) from error


def _read(file: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(file.read_text(encoding="utf-8"))
    except OSError as error:
        raise CannotStart(f"{file} cannot be read: {error.strerror}", "name the settings file with --config FILE") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise CannotStart(f"{file} is not TOML: {error}", "config/inbox.example.toml shows how it is written") from error


def _resolved(value: Any, key: str, environment: Mapping[str, str]) -> Any:
    """Return the tree with every `${...}` replaced by what it stands for."""
    if isinstance(value, dict):
        return {name: _resolved(inner, f"{key}.{name}".lstrip("."), environment) for name, inner in value.items()}
    if isinstance(value, list):
        return [_resolved(inner, f"{key}[{place}]", environment) for place, inner in enumerate(value)]
    stands_for = re.fullmatch(r"\$\{(file:)?([^}]+)\}", value) if isinstance(value, str) else None
    if stands_for is None:
        return value
    if stands_for[1]:
        return _content(Path(stands_for[2]), key)
    if stands_for[2] not in environment:
        raise CannotStart(f"{key}: the environment variable {stands_for[2]} is not set", f"set {stands_for[2]}, or write the value itself")
    return environment[stands_for[2]]


def _content(file: Path, key: str) -> str:
    try:
        return file.read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise CannotStart(f"{key}: {file} cannot be read", "check that the file exists and that this user may read it") from error


def _override(tree: dict[str, Any], environment: Mapping[str, str]) -> None:
    """Put what `INBOX_SECTION__KEY` says into the tree."""
    for variable, text in environment.items():
        section, separator, key = variable.removeprefix("INBOX_").lower().partition("__")
        if not variable.startswith("INBOX_") or not separator:
            continue
        types = {field.name: field.type for field in _fields(section)}
        if key.removesuffix("_file") in types and key not in types:
            key, text = key.removesuffix("_file"), _content(Path(text), variable)
        if key not in types:
            known = [f"INBOX_{section}__{name}".upper() for name in types] or [f"INBOX_{name}__...".upper() for name in _sections()]
            raise CannotStart(f"{variable} in the environment is not a setting", f"known are {', '.join(known)}")
        try:
            tree.setdefault(section, {})[key] = msgspec.convert(_as_list(text, types[key]), types[key], strict=False)
        except msgspec.ValidationError as error:
            raise CannotStart(f"{variable} in the environment: {_sentence(str(error))}", f"it overrides {section}.{key}") from error


def _as_list(text: str, kind: Any) -> str | list[str]:
    several = isinstance(msgspec.inspect.type_info(kind), msgspec.inspect.VarTupleType)
    return [part.strip() for part in text.split(",") if part.strip()] if several else text


def _sections() -> list[str]:
    return [field.name for field in msgspec.structs.fields(Settings) if field.name != "channels"]


def _fields(section: str) -> tuple[msgspec.structs.FieldInfo, ...]:
    return msgspec.structs.fields(type(getattr(Settings(), section))) if section in _sections() else ()


def _explained(error: msgspec.ValidationError) -> CannotStart:
    """Return the same fault with the key's dotted name and what would be right there."""
    found = re.fullmatch(r"(.*?)(?: - at `\$\.?(.*)`)?", str(error), re.DOTALL)
    text, path = (found[1], found[2] or "") if found else (str(error), "")
    named = re.fullmatch(r"Object (contains unknown|missing required) field `(.*)`", text)
    if named:
        key = f"{path}.{named[2]}".lstrip(".")
        if named[1] == "missing required":
            return CannotStart(f"{key} is missing", f"{path} needs it")
        return CannotStart(f"{key} is not a setting", f"allowed are {', '.join(_allowed(path))}")
    own = re.fullmatch(r"([a-z_]+): (.*)", text, re.DOTALL)
    if own:  # from a __post_init__, which names the field itself
        path, text = f"{path}.{own[1]}".lstrip("."), own[2]
    allowed = _allowed(path)
    return CannotStart(f"{path}: {_sentence(text)}", f"allowed are {', '.join(allowed)}" if allowed else "see config/inbox.example.toml")


def _allowed(path: str) -> list[str]:
    """Return the keys of the table, or the values of the choice, that lies at `path`; empty if it is neither."""
    kind: msgspec.inspect.Type = msgspec.inspect.type_info(Settings)
    for part in re.findall(r"[a-z_]+|\[", path):
        if isinstance(kind, msgspec.inspect.StructType):
            kind = next(field.type for field in kind.fields if field.name == part)
        elif isinstance(kind, msgspec.inspect.VarTupleType):
            kind = kind.item_type
    if isinstance(kind, msgspec.inspect.StructType):
        return [field.name for field in kind.fields]
    return [str(value) for value in kind.values] if isinstance(kind, msgspec.inspect.LiteralType) else []


def _sentence(text: str) -> str:
    return text.replace("Expected", "expected").replace("Invalid", "invalid").replace("`", "")
