"""From a stored reply to what a connector sends: references, tokens, quote and signature."""

from __future__ import annotations

from collections.abc import Sequence

from inbox.connector import Connector, OutboundFile, OutboundMessage, Quoted
from inbox.core import tokens
from inbox.core.conversation import Conversation
from inbox.core.errors import Rejected
from inbox.core.message import Address, DeliveryState, Kind, Message
from inbox.flow.directory import Directory
from inbox.ports import Queries

LOOK_BACK = 40
MAX_QUOTE = 20_000


class Composer:
    """Reads what surrounds a reply and makes the outbound message."""

    def __init__(self, queries: Queries, directory: Directory, signing: tuple[bytes, ...]) -> None:
        self._queries = queries
        self._directory = directory
        self._signing = signing

    async def compose(self, message: Message, connector: Connector) -> OutboundMessage:
        """The same message gives the same result at every attempt, apart from ``attempt`` and ``envelope``."""
        conversation = await self._queries.conversation(message.conversation)
        if conversation is None or message.channel is None or message.delivery is None:
            raise Rejected("conversation_gone")
        earlier = await self._queries.timeline(message.conversation, (message.arrived_at, message.id), LOOK_BACK)
        same = [m for m in earlier if m.channel == message.channel and m.kind is not Kind.NOTE]
        agents = await self._directory.agents()
        author = agents.get(message.author.id)
        waiting = tuple(r.address for r in message.delivery.recipients if r.state is DeliveryState.PENDING)
        partly = waiting if len(waiting) < len(message.delivery.recipients) else ()
        return OutboundMessage(
            id=message.id,
            channel=message.channel,
            author=author.name if author else "",
            text=message.text,
            at=message.at,
            to=message.to,
            cc=message.cc,
            bcc=message.bcc,
            subject=_subject(message, conversation, bool(same)),
            files=tuple(OutboundFile(a.file, a.name, a.type, a.size, a.content_id, a.inline) for a in message.attachments),
            references=tuple(m.external_id for m in reversed(same) if m.external_id),
            token=tokens.reply_token(self._signing[0], conversation.id) if connector.capabilities.reply_keys else "",
            message_token=tokens.signed_message_token(self._signing[0], message.id),
            signature=author.signature if author else "",
            quoted=await self._quote(message, conversation, same) if connector.capabilities.subject else None,
            automatic=bool(message.automatic),
            by_bot=message.author.kind == "bot",
            attempt=message.delivery.attempts,
            envelope=partly,
        )

    async def _quote(self, message: Message, conversation: Conversation, same: Sequence[Message]) -> Quoted | None:
        """The newest customer message, unless somebody among the recipients has not been accepted: he gets no history."""
        answered = next((m for m in same if m.kind is Kind.CUSTOMER and not m.unreadable), None)
        if answered is None or not _all_accepted(conversation, (*message.to, *message.cc, *message.bcc)):
            return None
        sender = answered.sender
        name = (sender.name or sender.value) if sender else await self._directory.author_name(answered.author)
        return Quoted(name, answered.at, answered.text[: answered.fresh][:MAX_QUOTE])


def _all_accepted(conversation: Conversation, recipients: Sequence[Address]) -> bool:
    accepted = {(p.kind, p.value) for p in conversation.participants if p.accepted}
    return all((r.kind, r.value) in accepted for r in recipients)


def _subject(message: Message, conversation: Conversation, answers: bool) -> str:
    """The message's own subject, else the conversation's with one ``Re:`` in front of an answer."""
    if message.subject:
        return message.subject
    subject = conversation.subject
    return subject if not answers or subject.lower().startswith("re:") else f"Re: {subject}".strip()
