"""A person and the addresses he is known by."""

from __future__ import annotations

from functools import lru_cache

from msgspec import Struct

from inbox.core.ids import CustomerId, Instant, digest

MAX_ATTRIBUTES = 100
MAX_ABSORBED = 50
"""So many can be merged into one; nobody follows more merges than that, whatever is stored."""


class Identity(Struct, frozen=True, omit_defaults=True):
    """One address of one person. ``scope`` is the channel for addresses that mean nothing outside it, else empty.

    ``how`` says why it is linked: ``seen`` (a message came from it), ``stated`` (a visitor typed it in about himself),
    ``entered`` (an agent typed it in), ``signed`` (a host site's token proved it), ``answered`` (a link or code sent to
    it came back). ``consent``: ``out`` when its owner has asked by a word (STOP) for no more messages, at ``consent_at``, ``in`` when he
    asked for them again. ``asked_at``: when the provider was asked for a name; 0: it was not.
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
    consent: str = ""
    consent_at: Instant = 0
    acknowledged_at: Instant = 0
    asked_at: Instant = 0
    version: int = 1


class Customer(Struct, frozen=True, omit_defaults=True):
    """A person who writes to us; ``attributes`` are what agents and forms filled in.

    ``surveyed_at``: when he was last asked how satisfied he is, 0 for never.
    ``merged_into`` is who he turned out to be; ``absorbed`` is who turned out to be him, directly or with another, and ``merges`` are the
    merges that stand, the last one last. What was merged keeps its addresses, conversations and own state, as if it were alone.
    """

    id: CustomerId
    name: str = ""
    created_at: Instant = 0
    version: int = 1
    attributes: dict[str, str] = {}
    language: str = ""
    company: str = ""
    notes: str = ""
    surveyed_at: Instant = 0
    merged_into: CustomerId | None = None
    absorbed: tuple[CustomerId, ...] = ()
    merges: tuple[str, ...] = ()

    @property
    def whole(self) -> tuple[CustomerId, ...]:
        """His own id and those of all who were merged into him: whose addresses and conversations are his."""
        return (self.id, *self.absorbed)


@lru_cache(4096)  # a message's identity is asked for at every step of placing it
def identity_id(kind: str, scope: str, value: str) -> str:
    """The identity's deterministic id, which is what makes (kind, scope, value) unique."""
    return digest("identity", kind, scope, value)
