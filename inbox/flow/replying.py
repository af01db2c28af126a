"""Counting how often saved replies are used, apart from them: a use is no change of the reply."""

from __future__ import annotations

from dataclasses import dataclass

from inbox.core.errors import NotFound
from inbox.core.permissions import Actor
from inbox.core.saved_replies import ReplyUse, SavedReply, sees
from inbox.flow.committer import Rank
from inbox.flow.idempotency import repeated
from inbox.flow.working import Layer
from inbox.records import REPLY_USES, SAVED_REPLIES


@dataclass(frozen=True)
class UseReply:
    """Somebody puts a saved reply into what he writes."""

    actor: Actor
    reply: str
    key: str = ""
    rank: Rank = Rank.COMMAND
    size: int = 200

    @property
    def group(self) -> str:
        """Uses of one reply are counted one after the other."""
        return self.reply

    def decide(self, layer: Layer) -> SavedReply:
        """The reply, its use counted once for a key. Raises ``NotFound``."""
        layer.need((SAVED_REPLIES, (self.reply,)), (REPLY_USES, (self.reply,)))
        found = layer.get(SAVED_REPLIES, self.reply)
        if found is None or not sees(self.actor, found):
            raise NotFound
        if not repeated(layer, self.actor.id, self.key, "use_saved_reply", self.reply):
            before = layer.get(REPLY_USES, self.reply)
            layer.put(REPLY_USES, ReplyUse(self.reply, 1 if before is None else before.uses + 1, layer.now))
        return found
