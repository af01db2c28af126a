"""Small lists that people make by hand, such as queues or saved replies: saved and deleted the same way, whatever they are.

What an entry must fulfil beyond its type is the ``rule`` its list brings; it decides on what is stored when the change is.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

import msgspec
from msgspec import Struct

from inbox.core.errors import Conflict, NotFound, Prevented
from inbox.core.ids import digest
from inbox.core.permissions import Actor
from inbox.core.saved_replies import SavedReply
from inbox.flow.committer import Committer, Rank
from inbox.flow.idempotency import repeated
from inbox.flow.removing import remove
from inbox.flow.replying import UseReply
from inbox.flow.working import Layer
from inbox.flow.writing import author_of
from inbox.records import Noun

S = TypeVar("S", bound=Struct)

Rule = Callable[[Layer, Actor, Any, Any], None]
"""Asked with what is stored (None: nothing) and what shall be (None: nothing any more). Raises ``Denied``, ``NotFound``, ``Invalid``
or ``Conflict``; asks the layer's ``need`` for what it looks at."""


@dataclass(frozen=True)
class Save(Generic[S]):
    """Store an entry: a new one (``expect`` 0), or over the version that was seen."""

    actor: Actor
    noun: Noun[S]
    entry: S
    expect: int
    rule: Rule
    key: str = ""
    rank: Rank = Rank.COMMAND

    @property
    def group(self) -> str:
        """One entry's changes keep their order."""
        return self.noun.id_of(self.entry)

    @property
    def size(self) -> int:
        """What it takes in the transaction."""
        return 200 + len(msgspec.json.encode(self.entry))

    def decide(self, layer: Layer) -> S:
        """The entry as stored. Raises ``Conflict`` when somebody changed it since, or when its id is taken."""
        noun, id = self.noun, self.noun.id_of(self.entry)
        layer.need((noun, (id,)))
        before = layer.get(noun, id)
        self.rule(layer, self.actor, before, self.entry)
        content = digest(msgspec.json.encode(self.entry).decode())
        if repeated(layer, self.actor.id, self.key, "save", noun.name, content) and before is not None:
            return before
        _expect(noun, before, self.expect)
        stored = layer.put(noun, self.entry)
        layer.entry_changed(noun, id, author_of(self.actor))
        return stored


@dataclass(frozen=True)
class Delete(Generic[S]):
    """Remove an entry; ``expect`` is the version that was seen, 0 whatever there is."""

    actor: Actor
    noun: Noun[S]
    id: str
    expect: int
    rule: Rule
    rank: Rank = Rank.COMMAND
    size: int = 300

    @property
    def group(self) -> str:
        """One entry's changes keep their order."""
        return self.id

    def decide(self, layer: Layer) -> None:
        """Raises ``NotFound``, and ``Conflict`` when somebody changed it since."""
        layer.need((self.noun, (self.id,)))
        before = layer.get(self.noun, self.id)
        if before is None:
            raise NotFound
        self.rule(layer, self.actor, before, None)
        if self.expect:
            _expect(self.noun, before, self.expect)
        remove(layer, self.noun, before, author_of(self.actor))
        layer.entry_changed(self.noun, self.id, author_of(self.actor))


def _expect(noun: Noun[S], before: S | None, expect: int) -> None:
    if expect and before is None:
        raise NotFound
    if not expect and before is not None:
        name = getattr(before, "name", "")
        raise Prevented("taken", f"There is one called {name!r} already.", name)
    if expect and before is not None and noun.version_of(before) != expect:
        raise Conflict("Somebody else changed this; load again.")


class Catalog:
    """The door for changes to lists of the catalog; everything is durable when it returns."""

    def __init__(self, committer: Committer) -> None:
        self._committer = committer

    async def save(self, actor: Actor, noun: Noun[S], entry: S, expect: int, rule: Rule, key: str = "") -> S:
        """Raises ``KeyReused``, ``NotFound``, ``Conflict``, and what the rule raises."""
        return await self._committer.submit(Save(actor, noun, entry, expect, rule, key))

    async def delete(self, actor: Actor, noun: Noun[Any], id: str, expect: int, rule: Rule) -> None:
        """Raises ``NotFound``, ``Conflict``, and what the rule raises."""
        await self._committer.submit(Delete(actor, noun, id, expect, rule))

    async def used(self, actor: Actor, reply: str, key: str = "") -> SavedReply:
        """A saved reply that somebody puts into what he writes. Raises ``KeyReused``, ``NotFound``."""
        return await self._committer.submit(UseReply(actor, reply, key))
