"""The undo of one act in one commit: what somebody changed since is looked at where it is written, and stays."""

from __future__ import annotations

from dataclasses import dataclass

from inbox.core.errors import Conflict
from inbox.core.ids import ConversationId
from inbox.core.undoing import CHANGED, Left, require_left
from inbox.flow.working import Layer


@dataclass(frozen=True)
class AsLeft:
    """The first of several steps, which refuses them all."""

    conversation: ConversationId
    left: Left
    size: int = 0

    def decide(self, layer: Layer) -> None:
        """Raises ``Conflict`` where somebody changed the same since."""
        found = layer.conversation(self.conversation)
        if found is None or found.id != self.conversation:
            raise Conflict(CHANGED)  # it was merged into another one
        require_left(found, self.left)
