"""Secrets among a channel's settings: which they are, and the record with them sealed or back in their places."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from copy import deepcopy
from typing import Any

import msgspec
from msgspec import Struct, inspect
from msgspec.structs import replace

from inbox.records import ChannelRecord

Seal = Callable[[str, str, str], str]
"""(value, channel, field) to what may be stored, or back."""


def split(kind: type[Struct], record: ChannelRecord, seal: Seal) -> ChannelRecord:
    """The record with every secret setting taken out of ``settings`` and sealed."""
    plain = msgspec.to_builtins(record.settings)
    secrets = dict(record.secrets)
    for path in secret_paths(kind):
        holder = _holder(plain, path)
        if holder is not None and holder.get(path[-1]):
            name = ".".join(path)
            secrets[name] = seal(str(holder.pop(path[-1])), record.id, name)
    return replace(record, settings=plain, secrets=secrets)


def joined(record: ChannelRecord, unseal: Seal) -> dict[str, Any]:
    """The settings with the secrets in their places."""
    whole: dict[str, Any] = msgspec.to_builtins(record.settings)
    for name, sealed in record.secrets.items():
        *outer, last = name.split(".")
        holder = whole
        for part in outer:
            holder = holder.setdefault(part, {})
        holder[last] = unseal(sealed, record.id, name)
    return whole


def kept(kind: type[Struct], given: Mapping[str, Any], stored: Mapping[str, str], forget: Collection[str] = ()) -> dict[str, Any]:
    """The given settings with the ``stored`` secrets, by name, where they say nothing and ``forget`` does not name them."""
    whole: dict[str, Any] = deepcopy(msgspec.to_builtins(given))
    for path in secret_paths(kind):
        name, holder = ".".join(path), _holder(whole, path)
        if holder is not None and name in stored and name not in forget and not holder.get(path[-1]):
            holder[path[-1]] = stored[name]
    return whole


def _holder(tree: dict[str, Any], path: tuple[str, ...]) -> dict[str, Any] | None:
    for part in path[:-1]:
        inner = tree.get(part)
        if not isinstance(inner, dict):
            return None
        tree = inner
    return tree


def secret_paths(kind: type[Struct]) -> list[tuple[str, ...]]:
    """The places of all secret settings: fields whose ``Meta`` says ``extra={"secret": True}``, at any depth."""
    return list(_secrets(inspect.type_info(kind), ()))


def _secrets(kind: inspect.Type, path: tuple[str, ...]) -> Iterator[tuple[str, ...]]:
    match kind:
        case inspect.StructType(fields=fields):
            for field in fields:
                yield from _secrets(field.type, (*path, field.name))
        case inspect.UnionType(types=types):
            for inner in types:
                yield from _secrets(inner, path)
        case inspect.Metadata(extra=extra) if extra and extra.get("secret"):
            yield path
        case inspect.Metadata(type=inner):
            yield from _secrets(inner, path)
