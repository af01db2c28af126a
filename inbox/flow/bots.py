"""Lets a bot take its turn: told what the customer wrote, it answers by commands under its own identity.

A turn is a timer of the conversation, so a crash repeats it; its commands carry ids of the turn, so a repetition changes nothing.
A bot that fails, is silent or is gone hands over to people.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence

import structlog

from inbox.connector import BotAction, BotTurn, Connector
from inbox.core import commands as c
from inbox.core.agent import Role
from inbox.core.conversation import Conversation
from inbox.core.errors import Conflict, Denied, InboxError, NotFound, TryLater
from inbox.core.ids import AgentId, ChannelId, MessageId
from inbox.core.message import Kind
from inbox.core.permissions import Actor
from inbox.flow.conversations import Conversations
from inbox.flow.directory import Directory
from inbox.flow.working import timers_of
from inbox.ports import Queries, Timer

ATTEMPTS = 3
DEADLINE_S = 20
LINES = 40
MAX_ACTIONS = 10

log = structlog.get_logger(__name__)


class Bots:
    """Runs the turns of the bots that are configured as connectors of role BOT; a bot's id is its channel's id."""

    def __init__(
        self, conversations: Conversations, queries: Queries, directory: Directory, find: Callable[[ChannelId], Connector | None]
    ) -> None:
        self._conversations = conversations
        self._queries = queries
        self._directory = directory
        self._find = find

    async def turn(self, timer: Timer) -> None:
        """The timer's act: one turn of the bot that serves this conversation now."""
        conversation = await self._queries.conversation(timer.conversation)
        if conversation is None or conversation.bot is None or timer.id not in {t.id for t in timers_of(conversation, 0)}:
            return
        bot = conversation.bot
        code = await self._serve(conversation, bot, timer.epoch)
        if code:
            await self._do(bot, c.HandOver(conversation.id, code))

    async def _serve(self, conversation: Conversation, bot: AgentId, epoch: int) -> str:
        """Why the bot hands over; empty when it goes on."""
        connector = self._find(ChannelId(bot))
        if connector is None:
            return "bot_gone"
        for attempt in range(1, ATTEMPTS + 1):
            try:
                turn = await self._tell(conversation, attempt)
                async with asyncio.timeout(DEADLINE_S):
                    actions = await connector.respond(turn)
                return await self._carry_out(conversation, bot, epoch, actions[:MAX_ACTIONS])
            except (Denied, NotFound, Conflict):
                return ""
            except TryLater:
                await asyncio.sleep(attempt)
            except Exception:
                log.exception("bot_failed", bot=bot, conversation=conversation.id, attempt=attempt)
                await asyncio.sleep(attempt / 2)
        return "bot_failed"

    async def _tell(self, conversation: Conversation, attempt: int) -> BotTurn:
        page = await self._queries.timeline(conversation.id, None, LINES)
        shown = [m for m in reversed(page) if m.kind is not Kind.NOTE]
        names = await self._directory.customer_names([conversation.customer])
        return BotTurn(
            conversation=conversation.id,
            message=shown[-1].id if shown else MessageId(""),
            lines=tuple((m.author.kind, m.text[: m.fresh]) for m in shown),
            customer_name=names[conversation.customer],
            attempt=attempt,
        )

    async def _carry_out(self, conversation: Conversation, bot: AgentId, epoch: int, actions: Sequence[BotAction]) -> str:
        answered = False
        for n, action in enumerate(actions):
            match action.kind:
                case "reply":
                    await self._do(bot, c.Reply(conversation.id, f"turn-{epoch}-{n}-{conversation.id[:8]}", action.text, anyway=True))
                    answered = True
                case "note":
                    await self._do(bot, c.Note(conversation.id, f"turn-{epoch}-{n}-{conversation.id[:8]}", action.text))
                case "tag":
                    await self._do(bot, c.SetTags(conversation.id, add=(action.text,)))
                case "hand_over":
                    return "asked_for_person"
                case _:
                    raise InboxError(f"unknown action {action.kind[:40]!r}")
        return "" if answered else "bot_silent"

    async def _do(self, bot: AgentId, command: c.Command) -> None:
        await self._conversations.execute(Actor(bot, Role.BOT), command)
