"""Calls under an idempotency key: made once, and a key that comes with something else is refused."""

from __future__ import annotations

from inbox.core.errors import KeyReused
from inbox.core.ids import ConversationId, MessageId, digest
from inbox.flow.working import Layer
from inbox.records import IDEMPOTENCY, Remembered


def call_id(actor: str, key: str) -> str:
    """Under which an actor's call with a key is remembered."""
    return digest("idempotency", actor, key)


def earlier(layer: Layer, actor: str, key: str, content: str) -> Remembered | None:
    """What this very call led to before; None for the first and without a key. Raises ``KeyReused`` for another call."""
    if not key:
        return None
    layer.need((IDEMPOTENCY, (call_id(actor, key),)))
    known = layer.get(IDEMPOTENCY, call_id(actor, key))
    if known is not None and known.body != content:
        raise KeyReused
    return known


def remember(layer: Layer, actor: str, key: str, content: str, conversation: str = "", message: str = "") -> None:
    """Keep what the call led to; without a key nothing is kept."""
    if key:
        layer.put(IDEMPOTENCY, Remembered(call_id(actor, key), content, ConversationId(conversation), MessageId(message), layer.now))


def repeated(layer: Layer, actor: str, key: str, *body: str) -> bool:
    """Whether the actor made this very call before under this key; the first is remembered. Raises ``KeyReused`` for another call."""
    content = digest(*body)
    if earlier(layer, actor, key, content) is not None:
        return True
    remember(layer, actor, key, content)
    return False
