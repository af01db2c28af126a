"""Calls that repeat themselves without harm: the key is kept to notice that it is used for something else."""

from __future__ import annotations

from inbox.core.errors import KeyReused
from inbox.core.ids import ConversationId, MessageId, digest
from inbox.flow.working import Layer
from inbox.records import IDEMPOTENCY, Remembered


def repeated(layer: Layer, actor: str, key: str, *body: str) -> bool:
    """Whether the actor made this very call before under this key; False without a key. Raises ``KeyReused`` for another call."""
    if not key:
        return False
    id, content = digest("idempotency", actor, key), digest(*body)
    layer.need((IDEMPOTENCY, (id,)))
    known = layer.get(IDEMPOTENCY, id)
    if known is None:
        layer.put(IDEMPOTENCY, Remembered(id, content, ConversationId(""), MessageId(""), layer.now))
        return False
    if known.body != content:
        raise KeyReused
    return True
