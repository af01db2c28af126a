"""Tags as everybody chooses from them: who may make new ones, and which rules of the workspace ask for one."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from msgspec.structs import replace

from inbox.core import lifecycle, triage
from inbox.core.commands import SetTags
from inbox.core.conversation import Conversation
from inbox.core.errors import Denied
from inbox.core.permissions import ALLOWED, Action, Actor, may
from inbox.core.policies import Policy
from inbox.core.tags import WORKSPACE, asks_for, filter_asks_for, filter_renamed, renamed, tag_id
from inbox.flow.directory import Directory
from inbox.flow.working import Layer
from inbox.flow.writing import author_of
from inbox.records import POLICIES, QUEUES, SURVEYS, TAGGING, TAGS, VIEWS, Noun

Rule = tuple[Noun[Any], str]
"""An entry of the catalog that may ask for a tag."""
_RULES: tuple[Noun[Any], ...] = (QUEUES, POLICIES, SURVEYS, VIEWS)


def set_tags(layer: Layer, before: Conversation, actor: Actor, command: SetTags) -> lifecycle.Changed:
    """Tags that are known keep their spelling; new ones are for whom the workspace lets make them. Raises ``Denied``, ``Invalid``."""
    names = [triage.tag(name) for name in command.add]
    ids = [tag_id(name) for name in names]
    layer.need((TAGS, ids), (TAGGING, (WORKSPACE,) if ids else ()))
    known = [layer.get(TAGS, id) for id in ids]
    rules = layer.get(TAGGING, WORKSPACE) if ids else None
    if rules is not None and rules.closed and not all(known) and may(actor, Action.MANAGE_TAGS) != ALLOWED:
        raise Denied("new_tag")
    spelled = tuple(name if tag is None else tag.name for name, tag in zip(names, known, strict=True))
    return lifecycle.set_tags(before, spelled, command.remove)


async def asking(directory: Directory, name: str) -> list[tuple[Rule, str]]:
    """The rules that ask for a tag, with their names."""
    found: list[tuple[Rule, str]] = []
    for noun in _RULES:
        known: Iterable[Any] = (await directory.entries(noun)).values()
        found += [((noun, entry.id), entry.name) for entry in known if _asks(entry, name)]
    return found


def _asks(entry: Any, name: str) -> bool:
    if hasattr(entry, "filter"):
        return filter_asks_for(entry.filter, name)
    given = [action.value for action in (*entry.on_warning, *entry.on_breach) if action.kind == "tag"] if isinstance(entry, Policy) else []
    return asks_for(entry.conditions, name) or tag_id(name) in map(tag_id, given)


def _renamed(entry: Any, old: str, new: str) -> Any:
    if hasattr(entry, "filter"):
        return replace(entry, filter=filter_renamed(entry.filter, old, new))
    entry = replace(entry, conditions=renamed(entry.conditions, old, new))
    if not isinstance(entry, Policy):
        return entry
    acts = {
        name: tuple(
            replace(action, value=new) if action.kind == "tag" and tag_id(action.value) == tag_id(old) else action
            for action in getattr(entry, name)
        )
        for name in ("on_warning", "on_breach")
    }
    return replace(entry, **acts)


def rename_rules(layer: Layer, actor: Actor, rules: Sequence[Rule], old: str, new: str) -> None:
    """What asks for a tag asks for it under another name."""
    layer.need(*((noun, (id,)) for noun, id in rules))
    for noun, id in rules:
        entry = layer.get(noun, id)
        if entry is not None and _asks(entry, old):
            layer.put(noun, _renamed(entry, old, new))
            layer.entry_changed(noun, id, author_of(actor))
