"""Bodies and answers about browsers that are told of notices while no window is in sight."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta, Struct

from inbox.api.structs import Input
from inbox.core.ids import Instant
from inbox.core.notifications import KINDS

Encoded = Annotated[str, Meta(min_length=16, max_length=120, pattern=r"^[A-Za-z0-9_-]+={0,2}\Z")]
Kind = Annotated[str, Meta(max_length=40)]


class DeviceRow(Struct, frozen=True):
    """A browser that is told. ``browser``: what it calls itself; ``content``: it also shows who and what it is about; ``current``: it was
    set up under the login that asks."""

    id: str
    browser: str
    at: Instant
    content: bool
    kinds: tuple[str, ...]
    current: bool


class PushSetup(Struct, frozen=True):
    """``key`` is what a browser subscribes with (applicationServerKey, base64url)."""

    key: str
    devices: tuple[DeviceRow, ...]


class SaveDevice(Input, frozen=True):
    """A browser's subscription as it gives it (Push API): ``p256dh`` and ``auth`` in base64url. The same ``endpoint`` is
    the same device."""

    endpoint: Annotated[str, Meta(min_length=12, max_length=1000, pattern=r"^https://[^\s\u0000-\u001f\u007f]+\Z")]
    p256dh: Encoded
    auth: Encoded
    content: bool = False
    kinds: Annotated[tuple[Kind, ...], Meta(max_length=20)] = KINDS
