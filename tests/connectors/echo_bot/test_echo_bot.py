"""What the echo bot does about a customer's message."""

from pathlib import Path

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.echo_bot import EchoBot, EchoBotSettings
from inbox.connector import BotAction, BotTurn, OutboundMessage, RawDelivery, Tools
from inbox.core.errors import Rejected, Unsupported
from inbox.core.ids import ChannelId, MessageId

HERE = Path(__file__).parent
CASES = sorted(path.name.removesuffix(".in.json") for path in HERE.glob("*.in.json"))


def bot(settings: EchoBotSettings | None = None) -> EchoBot:
    tools: Tools = None  # type: ignore[assignment]  # a bot that only echoes asks nothing of the outside
    return EchoBot(ChannelId("echo"), settings or EchoBotSettings(turns=2), tools)


def turn(*lines: tuple[str, str]) -> BotTurn:
    return BotTurn("c1", MessageId("m1"), lines)


@pytest.mark.parametrize("case", CASES)
async def test_recorded_turn(case: str) -> None:
    asked = msgspec.json.decode((HERE / f"{case}.in.json").read_bytes(), type=BotTurn)
    assert msgspec.to_builtins(list(await bot().respond(asked))) == msgspec.json.decode((HERE / f"{case}.out.json").read_bytes())


@pytest.mark.parametrize(
    "text",
    [
        "I want to talk to a HUMAN!",
        "agent",
        "Kann ich mit einem Mitarbeiter sprechen?",
        "je veux parler à une personne",
        "Quiero hablar con una persona, por favor.",
        "Vorrei parlare con un operatore",
        "Соедините с оператором",
        "转人工",
        "担当者につないでください",
    ],
)
async def test_asking_for_a_person_in_many_languages_hands_over(text: str) -> None:
    assert (await bot().respond(turn(("customer", text))))[-1] == BotAction("hand_over", "asked_for_person")


@pytest.mark.parametrize("text", ["My agenda is full", "personal data", "humane trap", "Menschenrechte", "Is this superhuman?"])
async def test_words_that_only_look_like_it_are_echoed(text: str) -> None:
    assert [action.kind for action in await bot().respond(turn(("customer", text)))] == ["reply"]


@given(st.lists(st.tuples(st.sampled_from(["customer", "bot", "agent"]), st.text()), max_size=12))
async def test_it_always_answers_a_customer_and_nobody_else(lines: list[tuple[str, str]]) -> None:
    actions = await bot().respond(turn(*lines))
    assert bool(actions) == bool(lines and lines[-1][0] == "customer")
    assert list(actions) == list(await bot().respond(turn(*lines)))


def test_an_echo_without_the_text_is_refused() -> None:
    with pytest.raises(msgspec.ValidationError, match="echo"):
        msgspec.convert({"echo": "Hello"}, EchoBotSettings)


async def test_it_neither_delivers_nor_is_sent_to() -> None:
    with pytest.raises(Unsupported):
        EchoBot.parse(RawDelivery(ChannelId("echo"), "k", b"", 0))
    with pytest.raises(Rejected):
        await bot().send(OutboundMessage(MessageId("m1"), ChannelId("echo"), "Sam", "Hello", 0))
