"""Asks the customer of a resolved matter how satisfied he is, and stores what he answers: by a button in his chat, or on a page."""

from __future__ import annotations

from dataclasses import dataclass

from msgspec.structs import replace

from inbox.connector import InboundMessage
from inbox.core import acknowledgement, choices, lifecycle, rating, surveys, tokens
from inbox.core.conversation import Category, Conversation, Rating
from inbox.core.customer import Customer
from inbox.core.errors import NotFound
from inbox.core.events import EventType
from inbox.core.ids import CustomerId, MessageId, digest
from inbox.core.message import Address, Author, Message, Reason
from inbox.core.rating import Asked
from inbox.core.surveys import Survey
from inbox.flow import consent, placing
from inbox.flow.acknowledging import automatic_answer
from inbox.flow.committer import Committer, Rank
from inbox.flow.recounts import customer_changed
from inbox.flow.working import ChannelFacts, Layer
from inbox.ports import Queries
from inbox.records import CUSTOMERS, MESSAGES, THREAD_KEYS

PATH = "/s/"


def ask(layer: Layer, before: Conversation) -> Message | None:
    """Commits the question as a message of the house's own, with the mark that the customer was asked. None: he is not asked.

    What is due is planned when the conversation is resolved; whether it still may be sent is decided here.
    """
    planned = before.asking
    survey = None if planned is None else layer.promises.surveys.get(planned.survey)
    ended = replace(before, asking=None)
    people = layer.people(before.customer)
    customer = people[-1] if people else None
    facts = layer.channels.get(before.reply_channel or before.channel)
    if survey is None or customer is None or facts is None or not _may_ask(layer, before, survey, customer, facts):
        layer.change(before, lifecycle.Changed(ended), placing.SYSTEM)
        return None
    address = _address(before, facts)
    question = None if address is None else _question(layer, before, survey, facts, address)
    if question is None or question.survey is None or consent.withdrawn(layer, question):
        layer.change(before, lifecycle.Changed(ended), placing.SYSTEM)
        return None
    asked_now = [layer.put(CUSTOMERS, replace(one, surveyed_at=layer.now)) for one in people]
    customer_changed(layer, customer, asked_now[-1], placing.SYSTEM)
    layer.add_message(question)
    asked = replace(ended, rating=Rating(question.id, survey.kind.value))
    happened = (
        lifecycle.Happened(EventType.MESSAGE_QUEUED),
        lifecycle.Happened(EventType.SURVEY_ASKED, _about(question.id, question.channel, question.survey)),
    )
    layer.change(before, lifecycle.Changed(asked, happened), placing.SYSTEM, question)
    return question


def _may_ask(layer: Layer, before: Conversation, survey: Survey, customer: Customer, facts: ChannelFacts) -> bool:
    if not survey.enabled or not surveys.is_asked_about(before, layer.now) or surveys.rests(customer.surveyed_at, survey, layer.now):
        return False
    in_time = facts.window is None or layer.now <= (before.heard_at or 0) + facts.window
    return facts.sends and not facts.public and in_time


def _address(c: Conversation, facts: ChannelFacts) -> Address | None:
    """Where the customer himself is written to, and nobody else; not one behind which is a machine, or we are."""
    his = (p for p in c.participants if p.kind == facts.kind and p.customer == c.customer and p.accepted and not p.stopped)
    one = next(his, None)
    if one is None or one.value.lower() in facts.own:
        return None
    address = Address(one.kind, one.value, one.name)
    return None if acknowledgement.nobody_reads(address) else address


def _question(layer: Layer, c: Conversation, survey: Survey, facts: ChannelFacts, to: Address) -> Message:
    """With buttons where the channel has enough of them, else with an address, which is added when it goes out."""
    id = MessageId(digest("survey", c.id, str(layer.now)))
    last = c.last_reply.author if c.last_reply is not None else ""
    asked = Asked(survey.id, survey.kind, survey.words, layer.now, c.assignee or last, c.team or "", c.queue or "")
    offered = rating.choices(asked)
    shown = facts.conversational and len(offered) <= facts.choices and len(survey.words.question) <= choices.LONGEST_TEXT
    message = _of_the_house(layer, c, id, facts, to, survey.words.question, rating.ASKS)
    return replace(message, survey=asked, choices=offered if shown else (), rates=None if shown else id)


def _of_the_house(layer: Layer, c: Conversation, id: MessageId, facts: ChannelFacts, to: Address, text: str, why: str) -> Message:
    return replace(automatic_answer(layer, c, to, text, facts, id), channel=facts.id, automatic=why)


def _about(message: MessageId, channel: str | None, asked: Asked, **numbers: int) -> Reason:
    """What reports count: ids and numbers."""
    ids = (asked.survey, message, channel or "", asked.team, asked.queue, asked.agent)
    return Reason(asked.kind.value, ids, {"asked_at": asked.at, **numbers})


@dataclass(frozen=True)
class Said:
    """A message that answers a survey: of which conversation, which question, and the score or the comment it gives."""

    conversation: Conversation
    question: Message
    score: int | None
    comment: str | None = None


def said(layer: Layer, item: InboundMessage, facts: ChannelFacts) -> Said | None:
    """What a customer's message on a chat-like channel answers to a survey; ``None`` for a message like any other.

    A bare number is a score only while nothing else is being talked about; nor is the line after the thanks a comment otherwise.
    """
    if not facts.conversational or item.automatic or item.files:
        return None
    held = layer.get(THREAD_KEYS, placing.open_key(facts.id, placing.sender_identity(facts, item.sender)))
    conversation = None if held is None else layer.conversation(held.conversation)
    if conversation is None or conversation.rating is None:
        return None
    layer.need((MESSAGES, (conversation.rating.message, _thanks_id(conversation.rating.message))))
    question = layer.get(MESSAGES, conversation.rating.message)
    if question is None or question.survey is None or question.channel != facts.id or not rating.is_open(question.survey, layer.now):
        return None
    rests = conversation.category is Category.RESOLVED
    score = rating.score_of(question.survey, item.text, digits=rests)
    if score is not None:
        return Said(conversation, question, score)
    thanked = rests and layer.get(MESSAGES, _thanks_id(question.id)) is not None
    comment = rating.comment_of(question.survey, item.text, layer.now) if thanked else None
    return None if comment is None else Said(conversation, question, None, comment)


def answer(
    layer: Layer, c: Conversation, question: Message, score: int | None, comment: str | None, by: CustomerId, *, thank: bool = False
) -> Asked:
    """Store an answer with the entry that reports count; it changes nobody's turn. ``thank``: with a message, the first time.

    Raises what ``rating.answered`` raises, and ``NotFound`` for a message that asks nothing.
    """
    before = question.survey
    if before is None:
        raise NotFound
    after = rating.answered(before, score, comment, layer.now)
    if after is before or after.score is None:
        return before
    stored = layer.add_message(replace(question, survey=after))
    numbers = {"score": after.score, "scored_at": after.scored_at, "commented": int(bool(after.comment))}
    if before.score is not None:
        numbers["was"] = before.score
    happened = (lifecycle.Happened(EventType.SURVEY_ANSWERED, _about(question.id, question.channel, after, **numbers)),)
    rated = c
    if c.rating is not None and c.rating.message == question.id:
        rated = replace(c, rating=replace(c.rating, score=after.score))
    told = layer.change(c, lifecycle.Changed(rated, happened), Author("customer", by), stored)
    if thank and before.score is None:
        _thank(layer, told, stored, after)
    return after


def _thanks_id(question: MessageId) -> MessageId:
    return MessageId(digest("survey-thanks", question))


def _thank(layer: Layer, c: Conversation, question: Message, asked: Asked) -> None:
    facts = layer.channels.get(question.channel) if question.channel else None
    if facts is None or not question.to:
        return
    id = _thanks_id(question.id)
    text = f"{asked.words.thanks}\n\n{asked.words.comment_question}"
    thanks = _of_the_house(layer, c, id, facts, question.to[0], text, rating.THANKS)
    layer.need((MESSAGES, (id,)))
    layer.add_message(thanks)
    layer.change(c, lifecycle.Changed(c, (lifecycle.Happened(EventType.MESSAGE_QUEUED),)), placing.SYSTEM, thanks)


@dataclass(frozen=True)
class Answer:
    """What somebody who has a survey's address says: a score, a comment, or both."""

    question: Message
    score: int | None
    comment: str | None
    rank: Rank = Rank.COMMAND
    size: int = 3_000

    @property
    def group(self) -> str:
        """In order with everything else of the conversation."""
        return self.question.conversation

    def decide(self, layer: Layer) -> Asked:
        """The answer as stored."""
        layer.need((MESSAGES, (self.question.id,)))
        question, c = layer.get(MESSAGES, self.question.id), layer.conversation(self.question.conversation)
        if question is None or c is None:
            raise NotFound
        return answer(layer, c, question, self.score, self.comment, c.customer)


class Surveys:
    """The door for those who were asked: an address each, what stands behind it, and their answers."""

    def __init__(self, committer: Committer, queries: Queries, signing: tuple[bytes, ...], public_url: str) -> None:
        self._committer = committer
        self._queries = queries
        self._signing = signing
        self._public_url = public_url.rstrip("/")

    def address(self, message: MessageId) -> str:
        """Where the survey that this message asked is answered."""
        return f"{self._public_url}{PATH}{tokens.survey_token(self._signing[0], message)}"

    async def question(self, token: str) -> Message:
        """The message that asked. Raises ``NotFound`` for an address that is not ours."""
        id = tokens.verify_survey_token(self._signing, token)
        found = None if id is None else (await self._queries.messages([id])).get(id)
        if found is None or found.survey is None:
            raise NotFound
        return found

    async def comment(self, id: MessageId, text: str) -> None:
        """What somebody who saw the question says beside his score. Raises what ``answer`` raises, and ``NotFound`` for no question."""
        found = (await self._queries.messages([id])).get(id)
        if found is None or found.survey is None:
            raise NotFound
        await self.answer(found, None, text)

    async def answer(self, question: Message, score: int | None, comment: str | None) -> Asked:
        """Durable when it returns. Raises ``Conflict`` when it is too late, ``Invalid`` for no score."""
        return await self._committer.submit(Answer(question, score, comment))
