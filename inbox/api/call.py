"""One call of the HTTP API as data."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Call:
    """One call. ``name`` is the handler's; ``body`` and ``answer`` are structs or None; ``open`` calls need no session, ``person``
    calls take a session only, no token of a program.

    ``creates``: takes an ``Idempotency-Key``. ``query`` maps parameter names to what they mean. ``raw``: the media types
    of an answer that is not JSON. ``form``: the one file field of a multipart body.
    """

    method: str
    path: str
    name: str
    summary: str
    body: type[Any] | None = None
    answer: type[Any] | None = None
    query: tuple[tuple[str, str], ...] = ()
    open: bool = False
    creates: bool = False
    raw: tuple[str, ...] = ()
    form: str = ""
    person: bool = False
