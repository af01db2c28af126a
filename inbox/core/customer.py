"""A person and the addresses he is known by."""

from __future__ import annotations

from msgspec import Struct

from inbox.core.ids import CustomerId, Instant, digest


class Identity(Struct, frozen=True, omit_defaults=True):
    """One address of one person. ``scope`` is the channel for addresses that mean nothing outside it, else empty.

    ``how`` says why it is linked: ``seen`` (a message came from it), ``stated`` (a visitor typed it in about himself),
    ``entered`` (an agent typed it in), ``signed`` (a host site's token proved it), ``answered`` (a link or code sent to
    it came back).
    """

    id: str
    kind: str
    value: str
    customer: CustomerId
    scope: str = ""
    name: str = ""
    verified: bool = False
    how: str = "seen"
    since: Instant = 0
    version: int = 1


class Customer(Struct, frozen=True, omit_defaults=True):
    """A person who writes to us; ``attributes`` are what agents and forms filled in."""

    id: CustomerId
    name: str = ""
    created_at: Instant = 0
    version: int = 1
    attributes: dict[str, str] = {}
    language: str = ""
    company: str = ""
    notes: str = ""
    blocked: bool = False


def identity_id(kind: str, scope: str, value: str) -> str:
    """The identity's deterministic id, which is what makes (kind, scope, value) unique."""
    return digest("identity", kind, scope, value)
