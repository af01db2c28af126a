"""Browsers that are told of notices while no window of the screen is in sight, and what they are told."""

from __future__ import annotations

from typing import Final

from msgspec import Struct
from msgspec.structs import replace

from inbox.core.conversation import Conversation
from inbox.core.errors import Invalid
from inbox.core.ids import AgentId, Instant, digest
from inbox.core.notifications import KINDS, Notification

MOST_DEVICES: Final = 10
"""Of one account; with one more the oldest goes."""
LONGEST_BODY: Final = 160


class Device(Struct, frozen=True, omit_defaults=True):
    """One browser's subscription (Push API): where its push service takes messages, its public key and secret, both base64url.

    ``session`` names the login it was made under: with that it ends. ``content``: it also shows who and what it is about. ``kinds`` of
    notices it is told of.
    """

    id: str
    endpoint: str
    key: str
    secret: str
    session: str
    browser: str
    at: Instant
    content: bool = False
    kinds: tuple[str, ...] = KINDS


class Devices(Struct, frozen=True, omit_defaults=True):
    """An account's devices, newest first. ``id`` is the account's."""

    id: AgentId
    name: str = ""
    version: int = 1
    devices: tuple[Device, ...] = ()


class SealedKey(Struct, frozen=True, omit_defaults=True):
    """A private key that this installation made for itself, sealed."""

    id: str
    sealed: str
    name: str = ""
    version: int = 1


class Pushed(Struct, frozen=True, omit_defaults=True):
    """That a server has taken it upon itself to push a notice; ``id`` is the notice's."""

    id: str
    at: Instant
    version: int = 1


class PushMessage(Struct, frozen=True, omit_defaults=True):
    """What a browser gets. ``tag``: one of the same replaces the one before. ``body`` only where its owner wants it."""

    kind: str
    number: int
    tag: str
    body: str = ""


def device_id(endpoint: str) -> str:
    """One browser is one device, however often it subscribes."""
    return digest("device", endpoint)


def with_device(before: Devices, device: Device) -> Devices:
    """The devices with one that is new or has changed. Raises ``Invalid`` for a kind of notice there is not."""
    if unknown := [kind for kind in device.kinds if kind not in KINDS]:
        raise Invalid("kinds", f"{unknown[0]!r} is none of {', '.join(KINDS)}")
    others = tuple(one for one in before.devices if one.id != device.id)
    return replace(before, devices=(device, *others)[:MOST_DEVICES])


def without(before: Devices, device: str) -> Devices:
    """The devices without one."""
    return replace(before, devices=tuple(one for one in before.devices if one.id != device))


def message_for(device: Device, told: Notification, c: Conversation, customer: str) -> PushMessage:
    """Its kind and the conversation's number, and nothing else unless the device's owner wants more."""
    said = " ".join(part for part in (f"#{c.number}", customer, c.subject) if part)
    return PushMessage(told.kind, c.number, c.id, said[:LONGEST_BODY] if device.content else "")
