"""Changes that agents want of messages that are out: stored first, carried out by the provider, shown when he did it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass

import structlog

from inbox import failpoints
from inbox.connector import Amendment, Connector
from inbox.core import amending, commands, delivery, revisions
from inbox.core.agent import Role
from inbox.core.conversation import Conversation
from inbox.core.errors import Conflict, Denied, InboxError, Invalid, NeedsLogin, NotFound, Rejected, TryLater, Unknown, Unsupported
from inbox.core.events import EventType
from inbox.core.ids import ChannelId, ConversationId, Instant, MessageId
from inbox.core.message import Amending, AmendKind, Kind, Message, Reason
from inbox.core.permissions import Actor
from inbox.flow import writing
from inbox.flow.committer import Committer, Rank
from inbox.flow.errands import Errand, Errands
from inbox.flow.feed import Change
from inbox.flow.traffic import Traffic
from inbox.flow.working import Layer
from inbox.ports import Clock, Queries
from inbox.records import MESSAGES

LEASE_MS = 120_000
SECONDS = 100.0
MOST = 200
AWAY_MS = 5 * 60 * 1000

log = structlog.get_logger(__name__)


def ask(layer: Layer, before: Conversation, actor: Actor, command: commands.Amend) -> tuple[Conversation, Message]:
    """Store what is wanted. Somebody else's answer is reworded by nobody, and taken back by supervisors."""
    layer.need((MESSAGES, (command.message,)))
    message = layer.get(MESSAGES, command.message)
    if message is None or message.conversation not in before.whole or message.channel is None:
        raise NotFound
    facts = layer.channels.get(message.channel)
    if facts is None or command.kind not in facts.amends:
        raise Invalid("kind", "this channel cannot do that")
    _check_author(message, actor, command.kind)
    limit = facts.text_limit if command.kind is AmendKind.EDIT else 32
    if limit is not None and len(command.text) > limit:
        raise Invalid("text", f"at most {limit} characters")
    wanted = Amending(command.kind, writing.author_of(actor), layer.now, layer.now, command.text)
    return _stored(layer, before, amending.asked(message, wanted), "amending")


def _check_author(message: Message, actor: Actor, kind: AmendKind) -> None:
    if message.kind is not Kind.REPLY or message.author.id == actor.id:
        return
    if kind is AmendKind.EDIT or actor.role not in (Role.ADMIN, Role.SUPERVISOR):
        raise Denied("not_author")


def _stored(layer: Layer, before: Conversation, message: Message, code: str) -> tuple[Conversation, Message]:
    stored = layer.add_message(message)
    author = stored.amending.by if stored.amending is not None else stored.author
    return layer.change(before, revisions.in_conversation(before, stored, Reason(code)), author, stored), stored


@dataclass(frozen=True)
class ClaimAmending:
    """Take what is wanted of a message, under a lease."""

    message: MessageId
    conversation: ConversationId
    rank: Rank = Rank.COMMAND
    size: int = 1000

    @property
    def group(self) -> str:
        """In order with everything else of the conversation."""
        return self.conversation

    def decide(self, layer: Layer) -> Message | None:
        """The message as claimed; None when somebody else has it."""
        layer.need((MESSAGES, (self.message,)))
        message = layer.get(MESSAGES, self.message)
        held = amending.claimed(message, layer.now, LEASE_MS) if message is not None else None
        return None if held is None else layer.add_message(held)


Outcome = Callable[[Message, Instant], Message]


@dataclass(frozen=True)
class ReportAmending:
    """What came of it."""

    message: MessageId
    conversation: ConversationId
    outcome: Outcome
    rank: Rank = Rank.COMMAND
    size: int = 1000

    @property
    def group(self) -> str:
        """In order with everything else of the conversation."""
        return self.conversation

    def decide(self, layer: Layer) -> None:
        """Nothing where another worker has taken it over."""
        layer.need((MESSAGES, (self.message,)))
        message = layer.get(MESSAGES, self.message)
        before = layer.conversation(self.conversation)
        if message is None or before is None:
            return
        try:
            after = self.outcome(message, layer.now)
        except Conflict:
            return
        _stored(layer, before, after, "amended" if after.amending is None else "amending")


class Amendments:
    """Carries out what is wanted, by this server or left behind by another."""

    def __init__(
        self,
        committer: Committer,
        queries: Queries,
        find: Callable[[ChannelId], Connector | None],
        traffic: Traffic,
        hold: Callable[[Connector], AbstractContextManager[None]],
        clock: Clock,
    ) -> None:
        """``find`` knows nothing of paused channels; within ``hold`` a connector is not closed."""
        self._committer = committer
        self._queries = queries
        self._find = find
        self._traffic = traffic
        self._hold = hold
        self._clock = clock
        self._never = asyncio.Event()
        self._errands = Errands("amending", clock, self._due, self._carry_out)

    def heard(self, changes: Sequence[Change]) -> None:
        """Listener of the feed."""
        for change in changes:
            message = change.message
            if change.event.type is EventType.MESSAGE_CHANGED and message is not None and amending.due(message) is not None:
                self._errands.wake()

    async def run(self) -> None:
        """Until cancelled; at the start whatever an earlier process left."""
        await self._errands.run()

    async def _due(self, until: Instant) -> list[Errand[Message]]:
        found = await self._queries.amendings(until, MOST)
        return [Errand(message.id, at, message) for message in found if (at := amending.due(message)) is not None]

    async def _carry_out(self, message: Message) -> None:
        held = await self._committer.submit(ClaimAmending(message.id, message.conversation))
        if held is not None and held.amending is not None:
            failpoints.hit("amending.claimed")
            outcome = await self._tried(held, held.amending)
            failpoints.hit("amending.done")
            await self._committer.submit(ReportAmending(held.id, held.conversation, outcome))

    async def _tried(self, message: Message, wanted: Amending) -> Outcome:
        fence, channel = wanted.fence, message.channel
        connector = self._find(channel) if channel is not None else None
        if connector is None or channel is None:
            return lambda m, now: amending.put_off(m, fence, "channel_paused", now + AWAY_MS)
        await self._traffic.turn(channel, self._never)
        try:
            with self._hold(connector):
                async with asyncio.timeout(SECONDS):
                    await connector.amend(_amendment(message, wanted))
            self._traffic.went(channel)
            return lambda m, now: amending.done(m, fence, now)
        except (Rejected, Unsupported) as no:
            why = str(no)
            return lambda m, now: amending.refused(m, fence, why)
        except (TryLater, NeedsLogin, Unknown, TimeoutError) as error:
            return self._again(connector, message, wanted, error if isinstance(error, InboxError) else Unknown("no_answer"))
        except Exception:  # a connector's bug ends as an answer that never came does, not in trying for ever
            log.exception("amending_failed", message=message.id)
            return self._again(connector, message, wanted, Unknown("connector_failed"))
        finally:
            self._traffic.ended(channel)

    def _again(self, connector: Connector, message: Message, wanted: Amending, error: InboxError) -> Outcome:
        """Later, for as long as an answer would be tried."""
        self._traffic.failed(connector.channel, error)
        after = error.after if isinstance(error, TryLater) else None
        due = delivery.next_attempt(wanted.attempts, after, wanted.at, self._clock.now(), 0.0)
        why = str(error) or error.code
        if isinstance(due, delivery.GiveUp):
            return lambda m, now: amending.refused(m, wanted.fence, why)
        return lambda m, now: amending.put_off(m, wanted.fence, why, due)


def _amendment(message: Message, wanted: Amending) -> Amendment:
    d = message.delivery
    if d is None:
        return Amendment(wanted.kind, message.sender.value if message.sender else "", (message.external_id,), wanted.text)
    to = message.to[0].value if message.to else ""
    return Amendment(wanted.kind, to, d.provider_ids, wanted.text, len(message.attachments), message.choices)
