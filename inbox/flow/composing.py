"""From a stored reply to what a connector sends: references, tokens, quote and signature."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from inbox.connector import Connector, OutboundFile, OutboundMessage, Quoted
from inbox.core import choices, tokens
from inbox.core.conversation import Conversation
from inbox.core.errors import Rejected
from inbox.core.ids import MessageId
from inbox.core.message import Address, DeliveryState, Kind, Message
from inbox.flow.directory import Directory
from inbox.ports import Queries

LOOK_BACK = 40
MAX_QUOTE = 20_000


def nowhere(message: MessageId) -> str:
    """For a service without addresses of its own."""
    return ""


class Composer:
    """Reads what surrounds a reply and makes the outbound message."""

    def __init__(
        self, queries: Queries, directory: Directory, signing: tuple[bytes, ...], rated_at: Callable[[MessageId], str] = nowhere
    ) -> None:
        """``rated_at``: the address at which the survey that a message asked is answered."""
        self._rated_at = rated_at
        self._queries = queries
        self._directory = directory
        self._signing = signing

    async def compose(self, message: Message, connector: Connector) -> OutboundMessage:
        """The same message gives the same result at every attempt, apart from ``attempt`` and ``envelope``."""
        conversation = await self._queries.conversation(message.conversation)
        if conversation is None or message.channel is None or message.delivery is None:
            raise Rejected("conversation_gone")
        earlier = await self._queries.timeline(message.conversation, (message.arrived_at, message.id), LOOK_BACK)
        same = [m for m in earlier if m.channel == message.channel and m.kind not in (Kind.NOTE, Kind.CALL)]
        agents = await self._directory.agents()
        author = agents.get(message.author.id)
        of_the_house = message.author.kind == "system"  # what a stranger wrote is not sent on by itself
        waiting = tuple(r.address for r in message.delivery.recipients if r.state is DeliveryState.PENDING)
        shown = len(message.choices) <= connector.capabilities.choices
        partly = waiting if len(waiting) < len(message.delivery.recipients) else ()
        return OutboundMessage(
            id=message.id,
            channel=message.channel,
            author=author.name if author else "",
            text=self._text(message, () if shown else message.choices),
            choices=message.choices if shown else (),
            sticker=message.sticker if any(one.id == message.sticker for one in connector.capabilities.stickers) else "",
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
            quoted=await self._quote(message, conversation, same) if connector.capabilities.subject and not of_the_house else None,
            automatic=bool(message.automatic),
            by_bot=message.author.kind == "bot",
            attempt=message.delivery.attempts,
            envelope=partly,
            template=message.template,
            **_token(message, same),
        )

    def _text(self, message: Message, offered: Sequence[str]) -> str:
        """The customer's words with what only he is to have: the address at which he rates."""
        text = choices.numbered(message.text, offered) or "".join(card.title for card in message.cards if card.kind == "sticker")
        return text if message.rates is None else f"{text}\n\n{self._rated_at(message.rates)}"

    async def _quote(self, message: Message, conversation: Conversation, same: Sequence[Message]) -> Quoted | None:
        """The newest message of an accepted participant, unless somebody among the recipients has not been accepted: he gets no history."""
        answered = next((m for m in same if m.kind is Kind.CUSTOMER and not m.unreadable and _is_of(conversation, m)), None)
        if answered is None or not _all_accepted(conversation, (*message.to, *message.cc, *message.bcc)):
            return None
        sender = answered.sender
        name = (sender.name or sender.value) if sender else await self._directory.author_name(answered.author)
        return Quoted(name, answered.at, answered.text[: answered.fresh][:MAX_QUOTE])


def _token(message: Message, same: Sequence[Message]) -> dict[str, Any]:
    """What one answer to the latest message may be given by, if it goes to whoever wrote that."""
    latest = same[0] if same else None
    if latest is None or not latest.answer_token or latest.sender not in message.to:
        return {}
    return {"answer_token": latest.answer_token, "answered_at": latest.arrived_at}


def _all_accepted(conversation: Conversation, recipients: Sequence[Address]) -> bool:
    accepted = {(p.kind, p.value) for p in conversation.participants if p.accepted}
    return all((r.kind, r.value) in accepted for r in recipients)


def _is_of(conversation: Conversation, message: Message) -> bool:
    sender = message.sender
    return sender is None or any((p.kind, p.value) == (sender.kind, sender.value) and p.accepted for p in conversation.participants)


def _subject(message: Message, conversation: Conversation, answers: bool) -> str:
    """The message's own subject, else the conversation's with one ``Re:`` in front of an answer."""
    if message.subject:
        return message.subject
    subject = conversation.subject
    return subject if not answers or subject.lower().startswith("re:") else f"Re: {subject}".strip()
