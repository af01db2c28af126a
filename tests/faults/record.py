"""What the people outside know for certain: what they were acknowledged, and what they saw."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass
class Record:
    """Everything that was acknowledged to somebody outside, and everything that was tried."""

    delivered: set[str] = field(default_factory=set)
    """Texts of customers' messages whose delivery was acknowledged."""
    tried: set[str] = field(default_factory=set)
    """All of them, acknowledged or not."""
    replied: dict[str, str] = field(default_factory=dict)
    """Message ids of replies the API acknowledged, with their texts."""
    snoozed: set[str] = field(default_factory=set)
    """Conversations whose snooze was acknowledged, each snoozed once."""


@dataclass(frozen=True)
class Seen:
    """One message of the final state as the API shows it."""

    id: str
    text: str
    kind: str
    state: str | None


@dataclass(frozen=True)
class Final:
    """The state after the dust has settled, read through the API by a fresh client."""

    messages: tuple[Seen, ...]
    wakes: Mapping[str, int]
    """How often each conversation came back from a snooze, by the quiet lines of its thread."""
    rows: Mapping[str, int]
    """Version by conversation of a fresh snapshot of the followed view."""
    followed: Mapping[str, int]
    """The same as the client knows it that lived through everything by snapshot, frames and resumes."""


def faults(record: Record, final: Final, sent: Mapping[str, int]) -> list[str]:
    """Everything that is wrong; ``sent`` counts by message id what the witness received. Empty: nothing lost, nothing doubled."""
    wrong: list[str] = []
    count: dict[str, int] = {}
    for message in final.messages:
        if message.kind == "customer":
            count[message.text] = count.get(message.text, 0) + 1
    wrong += [f"lost: {text}" for text in sorted(record.delivered) if not count.get(text)]
    wrong += [f"doubled: {text} x{n}" for text, n in sorted(count.items()) if n > 1]
    stored = {m.id: m for m in final.messages if m.kind == "reply"}
    wrong += [f"reply lost: {id}" for id in sorted(record.replied) if id not in stored]
    texts = [m.text for m in stored.values()]
    wrong += [f"reply doubled: {text}" for text in sorted(set(texts)) if texts.count(text) > 1]
    wrong += [f"sent {n} times: {id}" for id, n in sorted(sent.items()) if n > 1]
    wrong += [f"sent but not stored: {id}" for id in sorted(sent) if id not in stored]
    for id, message in stored.items():
        if message.state in ("sent", "delivered", "read") and not sent.get(id):
            wrong.append(f"shown as sent, never received: {id}")
        if message.state in ("pending", "sending", "failed", "unknown"):
            wrong.append(f"never settled ({message.state}): {id}")
    wrong += [f"woke {final.wakes.get(id, 0)} times: {id}" for id in sorted(record.snoozed) if final.wakes.get(id, 0) != 1]
    wrong += [
        f"followed client has {final.followed.get(id)} for {id}, a fresh one {v}"
        for id, v in final.rows.items()
        if final.followed.get(id) != v
    ]
    wrong += [f"followed client still shows {id}" for id in final.followed if id not in final.rows]
    return wrong
