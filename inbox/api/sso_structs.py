"""Bodies and answers about single sign-on."""

from __future__ import annotations

from msgspec import Struct

from inbox.api.structs import Id, Input
from inbox.core.ids import Instant


class ProviderName(Struct, frozen=True):
    """A provider by which one can log in; ``start`` is where the browser goes."""

    id: str
    name: str
    start: str


class ProviderRow(Struct, frozen=True):
    """A provider as the settings file has it. ``redirect`` is the address to register there; ``problem``: why it cannot be used, or ''.
    ``create_accounts``: who is not known yet gets an account of ``role``."""

    id: str
    name: str
    issuer: str
    redirect: str
    problem: str
    create_accounts: bool
    role: str


class SignInRow(Struct, frozen=True):
    """A person at a provider who is this account; ``name`` is what the provider calls him."""

    id: str
    provider: str
    name: str
    at: Instant


class ChooseProvider(Input, frozen=True):
    """The provider's id."""

    provider: Id


class Destination(Struct, frozen=True):
    """Where the browser is to go now."""

    url: str
