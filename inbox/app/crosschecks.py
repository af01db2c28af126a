"""What settings say that does not go together: names that lead nowhere, ports given twice. Looked at as they were read, wrong or not."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from inbox.connector import Connector, ConnectorRole
from inbox.core.errors import CannotStart
from inbox.core.listening import Place, clash, listener_of
from inbox.settings import Settings
from inbox.store.secrets import Keyring

Tables = list[dict[str, Any]]
Classes = Mapping[str, type[Connector]]


def mistakes_between(tree: Mapping[str, Any], tables: Tables, classes: Classes) -> Iterator[str]:
    """One line for each; ``tables`` are the channels. What is of a wrong type is passed over: it is complained about elsewhere."""
    named = {table["id"]: table for table in tables if isinstance(table.get("id"), str)}
    yield from _bots(named, classes)
    yield from _system_channel(tree, named, classes)
    yield from _ports_twice(tree, tables)


def mistakes_of_keys(tree: Mapping[str, Any]) -> list[str]:
    """What keeps a service from starting with these keys, beside keys that are none."""
    keys = _table(tree, "secrets").get("keys", [])
    if not isinstance(keys, list) or not all(isinstance(key, str) for key in keys):
        return []
    try:
        Keyring(keys)
    except CannotStart as error:
        told = str(error).startswith("secrets.keys[")  # that one is no key, which the settings say themselves
        return [] if told else [f"{error}; {error.remedy}"]
    return []


def sends_mail(kind: type[Connector], way_out: object) -> bool:
    """Whether a channel of this kind can write to any mail address; ``way_out``: what it has as ``smtp``, if it needs one."""
    able = kind.capabilities.subject and kind.capabilities.recipients
    return able and (bool(way_out) or "smtp" not in kind.Settings.__struct_fields__)


def _bots(named: Mapping[str, dict[str, Any]], classes: Classes) -> Iterator[str]:
    for id, table in named.items():
        bot = table.get("bot")
        if not isinstance(bot, str) or not bot:
            continue
        key = f"channels.{id}.bot"
        if bot not in named:
            yield f"{key}: there is no channel {bot!r}; name the id of one whose connector is a bot"
            continue
        kind = _kind(named[bot], classes)
        if kind is not None and kind.role is not ConnectorRole.BOT:
            yield f"{key}: {bot!r} is not a bot; name the id of a channel whose connector is one"


def _system_channel(tree: Mapping[str, Any], named: Mapping[str, dict[str, Any]], classes: Classes) -> Iterator[str]:
    id = _table(tree, "mail").get("system_channel")
    if not isinstance(id, str) or not id:
        return
    if id not in named:
        yield f"mail.system_channel: there is no channel {id!r}; name the id of one that sends mail"
        return
    kind, settings = _kind(named[id], classes), named[id].get("settings", {})
    if kind is not None and isinstance(settings, dict) and not sends_mail(kind, settings.get("smtp")):
        yield f"mail.system_channel: the channel {id!r} cannot send mail; name one of the connector email that has smtp"


def _kind(table: Mapping[str, Any], classes: Classes) -> type[Connector] | None:
    name = table.get("connector")
    return classes.get(name) if isinstance(name, str) else None


def _ports_twice(tree: Mapping[str, Any], tables: Tables) -> Iterator[str]:
    had: list[Place] = []
    for key, host, port in _ports(tree, tables):
        other = clash(host, port, had)
        if other:
            yield f"{key} is {port}, which {other} has already; give each a port of its own"
        had.append((key, host, port))


def _ports(tree: Mapping[str, Any], tables: Tables) -> Iterator[tuple[str, Any, Any]]:
    default = Settings()
    for name, section in (("server", default.server), ("metrics", default.metrics)):
        table = _table(tree, name)
        yield f"{name}.port", table.get("host", section.host), table.get("port", section.port)
    if not _table(tree, "mongodb").get("uri"):
        yield "mongodb.port", "127.0.0.1", _table(tree, "mongodb").get("port", 0)
    for table in tables:
        listener = listener_of(table.get("settings"))
        if listener is not None:
            yield f"channels.{table.get('id')}.settings.listener.port", *listener


def _table(tree: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    found = tree.get(name, {})
    return found if isinstance(found, dict) else {}
