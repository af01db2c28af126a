"""The smallest bot: repeats what the customer says, and hands over when he asks for a person or has heard enough echoes."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Annotated, ClassVar

from msgspec import Meta, Struct

from inbox.connector import BotAction, BotTurn, Capabilities, Connector, ConnectorRole, Item, OutboundMessage, RawDelivery, Sent
from inbox.core.errors import Rejected, Unsupported
from inbox.core.labels import label

PERSON_WORDS = (
    *("agent", "human", "person", "representative", "operator", "somebody real", "someone real"),
    *("mensch", "menschen", "mitarbeiter", "mitarbeiterin", "berater", "beraterin"),
    *("humain", "une personne", "quelqu'un", "conseiller", "conseillère"),
    *("humano", "humana", "persona", "agente", "asesor", "asesora"),
    *("umano", "operatore", "operatrice", "pessoa", "atendente"),
    *("medewerker", "mens", "człowiek", "człowiekiem", "konsultant", "insan", "temsilci"),
    *("человек", "человеком", "оператор", "оператором", "людина", "оператора"),
)
PERSON_PARTS = ("人工", "真人", "オペレーター", "担当者", "人間", "상담원", "사람", "موظف", "إنسان")
"""Scripts that join words or set no spaces: found anywhere in the text."""

_ASKS_FOR_PERSON = re.compile(rf"(?<!\w)(?:{'|'.join(map(re.escape, PERSON_WORDS))})(?!\w)|{'|'.join(PERSON_PARTS)}")

Line = Annotated[str, Meta(min_length=1, max_length=500)]


class EchoBotSettings(Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """``echo`` holds ``{text}``, the customer's words. After ``turns`` echoes a person takes over."""

    echo: Annotated[Line, label("Answer", "{text} stands for the words of the customer.")] = "You said: {text}"
    farewell: Annotated[Line, label("Farewell", "Said before a person takes over.")] = (
        "I am passing you on to a colleague, who will answer here."
    )
    turns: Annotated[int, Meta(ge=1, le=100), label("Answers before a person takes over")] = 5

    def __post_init__(self) -> None:
        """Raises ``ValueError`` for an echo that repeats nothing."""
        if "{text}" not in self.echo:
            raise ValueError("echo: {text} must stand where the customer's words go")


class EchoBot(Connector):
    """Shows that a bot is a plug-in like any channel: told through ``respond``, it answers with actions."""

    name: ClassVar[str] = "echo_bot"
    title: ClassVar[str] = "Echo bot"
    purpose: ClassVar[str] = "Repeats what customers say and hands over; shows how a bot is connected."
    role: ClassVar[ConnectorRole] = ConnectorRole.BOT
    capabilities: Capabilities = Capabilities(address_kind="", media=False)
    Settings: ClassVar[type[Struct]] = EchoBotSettings

    settings: EchoBotSettings

    async def respond(self, turn: BotTurn) -> Sequence[BotAction]:
        """An echo, or a farewell and ``hand_over`` (``asked_for_person``, ``turns_used_up``, ``nothing_to_repeat``)."""
        if not turn.lines or turn.lines[-1][0] != "customer":
            return ()
        text = turn.lines[-1][1].strip()
        reason = self._reason_to_stop(turn, text)
        if reason:
            return BotAction("reply", self.settings.farewell), BotAction("hand_over", reason)
        return (BotAction("reply", self.settings.echo.replace("{text}", text)),)

    def _reason_to_stop(self, turn: BotTurn, text: str) -> str:
        if not text:
            return "nothing_to_repeat"
        if _ASKS_FOR_PERSON.search(text.casefold()):
            return "asked_for_person"
        said = sum(1 for kind, _ in turn.lines if kind == "bot")
        return "turns_used_up" if said >= self.settings.turns else ""

    @classmethod
    def parse(cls, raw: RawDelivery) -> Sequence[Item]:
        """A bot that answers at once has nothing to deliver later."""
        raise Unsupported("this bot answers at once")

    async def send(self, message: OutboundMessage) -> Sent:
        """Customers' messages come in by ``respond``."""
        raise Rejected("bots_are_told_by_respond")


CONNECTORS = (EchoBot,)
