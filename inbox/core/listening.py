"""Ports on which channels listen themselves: which two of them would be one and the same."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

LOOPBACK = "127.0.0.1"
_EVERYWHERE = frozenset({"", "0.0.0.0", "::"})

Place = tuple[str, Any, Any]
"""Who listens, on which host and port."""


def listener_of(settings: object) -> tuple[Any, Any] | None:
    """Host and port of a channel's own settings, None for a channel that does not listen."""
    listener = settings.get("listener") if isinstance(settings, Mapping) else None
    return (listener.get("host", LOOPBACK), listener.get("port")) if isinstance(listener, Mapping) else None


def clash(host: object, port: object, others: Iterable[Place]) -> str:
    """Who listens there already, '' for nobody; port 0 is any that is free, and what is no host or port is somebody else's to refuse."""
    if not isinstance(host, str) or not isinstance(port, int) or not port:
        return ""
    return next((who for who, where, taken in others if port == taken and isinstance(where, str) and _overlap(host, where)), "")


def _overlap(one: str, other: str) -> bool:
    return bool(_EVERYWHERE & {one, other}) or _plain(one) == _plain(other)


def _plain(host: str) -> str:
    return LOOPBACK if host.lower() == "localhost" else host.lower()
