"""A tag renamed, merged into another or removed, and back: the tag itself, the rules that ask for it, and the job over conversations."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from msgspec.structs import replace

from inbox.core.bulk import Job
from inbox.core.errors import Conflict, NotFound
from inbox.core.permissions import Action, require
from inbox.core.tags import Retag, tag_id
from inbox.flow.job_units import Start, StartUndo
from inbox.flow.tagging import Rule, rename_rules
from inbox.flow.working import Layer
from inbox.flow.writing import author_of
from inbox.records import JOBS, TAGS

CHANGED = "Somebody else changed this; load again."


@dataclass(frozen=True)
class StartRetag(Start):
    """Change a tag as ``change.retag`` says, and begin to do so in all conversations; ``rules`` ask for it."""

    rules: Sequence[Rule] = ()

    def decide(self, layer: Layer) -> Job:
        """The job. Raises ``NotFound``, and ``Conflict`` when somebody changed the tag since."""
        require(self.actor, Action.MANAGE_TAGS)
        layer.need((JOBS, (self.id,)))
        if layer.get(JOBS, self.id) is None and self.change.retag is not None:
            self._retag(layer, self.change.retag)
        return super().decide(layer)

    def _retag(self, layer: Layer, retag: Retag) -> None:
        old, author = retag.tag, author_of(self.actor)
        new = "" if retag.into is None else tag_id(retag.into)
        layer.need((TAGS, (old.id, new)))
        if layer.get(TAGS, old.id) is None:
            raise NotFound
        if layer.get(TAGS, old.id) != old or (new not in ("", old.id) and (layer.get(TAGS, new) is None) is not retag.fresh):
            raise Conflict(CHANGED)
        if new != old.id:
            layer.remove(TAGS, old.id)
            layer.entry_changed(TAGS, old.id, author)
        if retag.into is None:
            return
        if retag.fresh:
            layer.put(TAGS, replace(old, id=new, name=retag.into))
            layer.entry_changed(TAGS, new, author)
        rename_rules(layer, self.actor, self.rules, old.name, retag.into)


@dataclass(frozen=True)
class UndoRetag(StartUndo):
    """Bring a tag back, and begin to do so in all conversations. After a rename, what asks for the new name asks for the old one."""

    retag: Retag
    rules: Sequence[Rule] = ()

    def decide(self, layer: Layer) -> Job:
        """The undoing job, the same for every attempt."""
        require(self.actor, Action.MANAGE_TAGS)
        layer.need((JOBS, (self.id,)))
        before = layer.get(JOBS, self.id)
        job = super().decide(layer)
        if before is not None and not before.undone_by:
            self._restore(layer)
        return job

    def _restore(self, layer: Layer) -> None:
        author, tag, into = author_of(self.actor), self.retag.tag, self.retag.into
        layer.need((TAGS, (tag.id,)))
        if into is not None and self.retag.fresh:
            rename_rules(layer, self.actor, self.rules, into, tag.name)
            if tag_id(into) != tag.id:
                layer.remove(TAGS, tag_id(into))
                layer.entry_changed(TAGS, tag_id(into), author)
        layer.put(TAGS, tag)
        layer.entry_changed(TAGS, tag.id, author)
