"""What a customer would read: the words of an answer as its channel would send them."""

from __future__ import annotations

from inbox.api import writing_structs as w
from inbox.api.parts import Signed
from inbox.connector import ConnectorRole, OutboundMessage
from inbox.core.errors import NotFound
from inbox.core.ids import ChannelId, MessageId
from inbox.core.permissions import Action, require


async def preview_text(asked: Signed[w.PreviewText]) -> w.PreviewRow:
    """Nothing is stored or sent. Signature and quotation are left out."""
    require(asked.actor, Action.START_CONVERSATION)
    running = asked.parts.channels.running.get(ChannelId(asked.path["id"]))
    if running is None or running.connector.role is not ConnectorRole.CHANNEL:
        raise NotFound
    words = asked.body.text.strip()
    message = OutboundMessage(MessageId("preview"), running.record.id, asked.actor.id, words, asked.parts.clock.now())
    made = running.connector.render(message).strip()
    return w.PreviewRow(made, running.connector.capabilities.html or made == words)
