"""Whom nobody wants to hear from: a sender by his address, or a whole mail domain with everything below it."""

from __future__ import annotations

import re
from collections.abc import Collection

from msgspec import Struct

from inbox.core.errors import Invalid
from inbox.core.ids import AgentId, Instant, digest

MAX_LABELS = 6
_DOMAIN = re.compile(r"(?=.{4,253}\Z)([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z][a-z0-9-]{0,61}[a-z0-9]")
_OF_EVERYBODY = frozenset(
    """aol.com fastmail.com gmail.com gmx.at gmx.ch gmx.com gmx.de gmx.net googlemail.com hotmail.com icloud.com live.com mac.com mail.com
    mail.ru me.com msn.com outlook.com outlook.de proton.me protonmail.com qq.com t-online.de web.de yahoo.com yahoo.de yandex.com
    yandex.ru zoho.com""".split()  # noqa: SIM905 - a list of thirty names is read more easily without marks
)
"""Where so many people have their mail that blocking it would silence customers."""


class Block(Struct, frozen=True, omit_defaults=True):
    """One entry of the list. ``value`` is an address, or ``@`` and a mail domain; ``scope`` as in ``Identity``.

    ``stopped`` counts the messages it kept away, the last of them at ``last_at``. ``lifted_at``: it is over since then, and kept so
    that who was let in again does not go on in what was spam.
    """

    id: str
    kind: str
    value: str
    at: Instant
    by: AgentId
    scope: str = ""
    name: str = ""
    why: str = ""
    stopped: int = 0
    last_at: Instant | None = None
    lifted_at: Instant | None = None
    lifted_by: AgentId | None = None
    version: int = 1


def block_id(kind: str, scope: str, value: str) -> str:
    """The deterministic id, by which ingest finds the entry."""
    return digest("block", kind, scope, value)


def ids(kind: str, scope: str, value: str) -> tuple[str, ...]:
    """Every entry that would keep this sender away: the one of his address first, then his domain's and those above it."""
    at, domain = value.rpartition("@")[1:]
    found = [block_id(kind, scope, value)]
    if kind == "email" and at:
        labels = domain.lower().split(".")[-MAX_LABELS:]
        found += [block_id(kind, scope, "@" + ".".join(labels[n:])) for n in range(len(labels) - 1)]
    return tuple(found)


def wanted(kind: str, value: str, *, domain: bool, own: Collection[str]) -> str:
    """What is stored for a wish to block. ``own`` are the addresses of the house: its channels' and its people's.

    Raises ``Invalid`` for what is no address or domain, for the house's own, and for a domain where everybody has his mail.
    """
    text = value.strip().lower() if kind == "email" else value.strip()
    mine = {address.lower() for address in own}
    if not domain:
        if not text:
            raise Invalid("value", "must not be empty")
        if text.lower() in mine:
            raise Invalid("value", "this is an address of your own house")
        return text
    name = text.rpartition("@")[2]
    if kind != "email" or not _DOMAIN.fullmatch(name):
        raise Invalid("value", "this is not a mail domain")
    if name in _OF_EVERYBODY:
        raise Invalid("value", "very many people write from this domain; block the single address")
    if any(_within(address.rpartition("@")[2], name) for address in mine):
        raise Invalid("value", "this is a domain of your own house")
    return f"@{name}"


def _within(domain: str, of: str) -> bool:
    return domain == of or domain.endswith(f".{of}")
