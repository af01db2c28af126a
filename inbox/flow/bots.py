"""Lets a bot take its turn: told what the customer wrote, it answers by commands under its own identity.

A turn is a timer of the conversation, so a crash repeats it, and what the bot wants is committed as a whole or not at all. When
the customer wrote again meanwhile, the later turn answers. A bot that fails, is silent or is gone hands over to people.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Awaitable, Callable, Iterator, Sequence

import structlog

from inbox.connector import BotAction, BotTurn, Connector
from inbox.core import commands as c
from inbox.core.agent import Role
from inbox.core.conversation import Conversation
from inbox.core.errors import Conflict, Denied, InboxError, NotFound, TryLater, Unavailable
from inbox.core.ids import AgentId, ChannelId, ConversationId, MessageId
from inbox.core.message import Kind
from inbox.core.permissions import Actor
from inbox.flow.conversations import Conversations
from inbox.flow.directory import Directory
from inbox.flow.working import timers_of
from inbox.ports import Queries
from inbox.records import Timer

ATTEMPTS = 3
DEADLINE_S = 20.0
LINES = 40
MAX_ACTIONS = 10

_CODE = re.compile("[a-z0-9_]{1,64}")

log = structlog.get_logger(__name__)


class Bots:
    """Runs the turns of the bots that are configured as connectors of role BOT; a bot's id is its channel's id."""

    def __init__(
        self,
        conversations: Conversations,
        queries: Queries,
        directory: Directory,
        find: Callable[[ChannelId], Connector | None],
        pause: Callable[[float], Awaitable[None]] = asyncio.sleep,
        deadline_s: float = DEADLINE_S,
    ) -> None:
        """``pause`` waits the given seconds between two attempts; a bot that answers later than ``deadline_s`` has failed."""
        self._conversations = conversations
        self._queries = queries
        self._directory = directory
        self._find = find
        self._pause = pause
        self._deadline_s = deadline_s

    async def turn(self, timer: Timer) -> None:
        """The timer's act: one turn of the bot that serves this conversation now."""
        conversation = await self._queries.conversation(timer.conversation)
        if conversation is None or conversation.bot is None or timer.id not in {t.id for t in timers_of(conversation, 0)}:
            return
        bot = conversation.bot
        code = await self._serve(conversation, bot, timer.epoch)
        if code:
            await self._conversations.together(Actor(bot, Role.BOT), [c.HandOver(conversation.id, code)], timer.epoch)

    async def _serve(self, conversation: Conversation, bot: AgentId, epoch: int) -> str:
        """Why the bot hands over; empty when it goes on."""
        connector = self._find(ChannelId(bot))
        if connector is None:
            return "bot_gone"
        for attempt in range(1, ATTEMPTS + 1):
            try:
                turn = await self._tell(conversation, attempt)
                async with asyncio.timeout(self._deadline_s):
                    actions = await connector.respond(turn)
                return await self._carry_out(conversation, bot, epoch, actions[:MAX_ACTIONS])
            except (Denied, NotFound):
                return ""
            except (Unavailable, Conflict):
                raise
            except TryLater as later:
                log.warning("bot_put_off", bot=bot, conversation=conversation.id, attempt=attempt, error=later.code)
            except Exception:
                log.exception("bot_failed", bot=bot, conversation=conversation.id, attempt=attempt)
            if attempt < ATTEMPTS:
                await self._pause(attempt)
        return "bot_failed"

    async def _tell(self, conversation: Conversation, attempt: int) -> BotTurn:
        page = await self._queries.timeline(conversation.id, None, LINES)
        shown = [m for m in reversed(page) if m.kind not in (Kind.NOTE, Kind.CALL)]
        names = await self._directory.customer_names([conversation.customer])
        return BotTurn(
            conversation=conversation.id,
            message=shown[-1].id if shown else MessageId(""),
            lines=tuple((m.author.kind, m.text[: m.fresh]) for m in shown),
            customer_name=names[conversation.customer],
            attempt=attempt,
        )

    async def _carry_out(self, conversation: Conversation, bot: AgentId, epoch: int, actions: Sequence[BotAction]) -> str:
        commands = list(_commands(conversation.id, epoch, actions))
        if not any(isinstance(command, c.Reply | c.HandOver) for command in commands):
            commands.append(c.HandOver(conversation.id, "bot_silent"))
        await self._conversations.together(Actor(bot, Role.BOT), commands, epoch)
        return ""


def _commands(conversation: ConversationId, epoch: int, actions: Sequence[BotAction]) -> Iterator[c.InConversation]:
    """What a bot wants, in commands whose ids come from the turn; nothing comes after it has handed over."""
    for n, action in enumerate(actions):
        client_id = f"turn-{epoch}-{n}-{conversation[:8]}"
        match action.kind:
            case "reply":
                yield c.Reply(conversation, client_id, action.text, anyway=True, choices=action.choices)
            case "note":
                yield c.Note(conversation, client_id, action.text)
            case "tag":
                yield c.SetTags(conversation, add=(action.text,))
            case "hand_over":
                yield c.HandOver(conversation, action.text if _CODE.fullmatch(action.text) else "asked_for_person")
                return
            case _:
                raise InboxError(f"unknown action {action.kind[:40]!r}")
