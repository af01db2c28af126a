"""A workspace of any size, made up but for the shape of real ones: the same for ever for the same block number.

Words are drawn by Zipf's law from a vocabulary per language, conversations differ in length and are spread over two years,
most are long done, few are open, agents differ in how much they hold. Some words and phrases are put in at fixed rates.
"""

from __future__ import annotations

import itertools
import random
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Final

from inbox.core.conversation import Category, ClockState, Conversation, LastMessage, Participant, Priority, SlaClock
from inbox.core.customer import Customer, Identity, identity_id
from inbox.core.ids import AgentId, ChannelId, ConversationId, CustomerId, Instant, MessageId, TeamId, digest
from inbox.core.message import Address, Author, Delivery, DeliveryState, Kind, Message, Reason

EDITION: Final = 1
"""Rises when any of this changes, so that a database filled before is not taken for one of now."""
NOW: Final[Instant] = 1_780_272_000_000
"""1 June 2026, 00:00 UTC."""
HOUR: Final = 3_600_000
DAY: Final = 24 * HOUR
SPAN: Final = 730 * DAY
BLOCK: Final = 1_000
MESSAGES_PER_BLOCK: Final = 7_500
AGENTS: Final = tuple(AgentId(f"agent-{n:03}") for n in range(200))
AGENT_WEIGHTS: Final = tuple(1 / (rank + 30) for rank in range(len(AGENTS)))
TEAMS: Final = tuple(TeamId(f"team-{n}") for n in range(8))
CHANNELS: Final = tuple(ChannelId(f"channel-{n}") for n in range(5))
TAGS: Final = ("billing", "returns", "vip", "bug", "shipping", "Réclamation", "返品", "legal")
TAG_WEIGHTS: Final = (30, 25, 10, 10, 15, 5, 4, 1)
CUSTOMERS_PER_BLOCK: Final = 300

PUT_IN: Final = (
    (0.20, "order"),
    (0.04, "invoice"),
    (0.03, "credit card"),
    (0.03, "card credit"),
    (0.004, "warranty"),
    (0.0005, "return label"),
    (0.00002, "zephyranthes"),
)
"""What is put into texts, and into which share of all messages."""

LANGUAGES: Final = {
    "en": ("bcdfghklmnprstvw", "aeiou", 62, 45),
    "de": ("bdfghklmnrstwß", "aeiouäöü", 12, 45),
    "fr": ("bcdfgjlmnprstv", "aeiouéèà", 8, 45),
    "ru": ("бвгдклмнпрст", "аеиоуыя", 6, 40),
    "ar": ("بتجدرسعفقلمن", "اوي", 4, 40),
    "zh": ("的我订单在哪里请问退货发票收到谢谢您好物流快递付款账号", "是不了一个有人这中大为上们来到时", 5, 60),
    "ja": ("注文届配送返品確認商品住所電話番号", "のにはをがでとしまい", 3, 60),
}
"""Consonants, vowels (or the signs words are made of), weight, and words of a message in the mean."""

FIRST: Final = [
    "Anna",
    "Ben",
    "Carla",
    "David",
    "Élodie",
    "Fatima",
    "Günther",
    "Hiroshi",
    "Ivana",
    "José",
    "Kwame",
    "Léa",
    "Müge",
    "Nils",
    "Olga",
    "Pavel",
    "Søren",
    "Tereza",
    "Yara",
    "Zoë",
]
LAST: Final = [
    "Schmidt",
    "Müller",
    "Jensen",
    "Okafor",
    "Dubois",
    "Novák",
    "García",
    "Tanaka",
    "Ivanova",
    "Rossi",
    "Haddad",
    "Kowalski",
    "O'Brien",
    "Nguyen",
    "Larsen",
    "Costa",
]


@dataclass(frozen=True)
class Block:
    """A thousand conversations with all that belongs to them."""

    customers: Sequence[Customer]
    identities: Sequence[Identity]
    conversations: Sequence[Conversation]
    messages: Sequence[Message]


@dataclass(frozen=True)
class Language:
    """Its words, and how often each comes, summed up."""

    words: Sequence[str]
    weights: Sequence[float]
    length: int
    spaced: bool


@cache
def language(name: str) -> Language:
    """The vocabulary: 40,000 words, the commonest are the shortest."""
    consonants, vowels, _, length = LANGUAGES[name]
    spaced = name not in ("zh", "ja")
    size = 40_000 if spaced else 4_000
    rng = random.Random(name)
    found: dict[str, None] = {}
    while len(found) < size:
        syllables = 1 + len(found).bit_length() // 5 + rng.randrange(2)
        pairs = (rng.choice(consonants) + rng.choice(vowels) for _ in range(syllables))
        found["".join(pairs) + (rng.choice(consonants) if spaced and rng.random() < 0.4 else "")] = None
    return Language(tuple(found), tuple(itertools.accumulate(1 / (rank + 2) for rank in range(size))), length, spaced)


def common_word(name: str, rank: int) -> str:
    """A word of a language by how common it is, 0 for the commonest."""
    return language(name).words[rank]


def block(number: int, blocks: int) -> Block:
    """One of so many blocks, the oldest first."""
    rng = random.Random(f"block {number}")
    customers = [_customer(rng, number, n) for n in range(CUSTOMERS_PER_BLOCK)]
    sizes = _sizes(rng)
    conversations: list[Conversation] = []
    messages: list[Message] = []
    for n, size in enumerate(sizes):
        at = NOW - SPAN + int(SPAN * (number + n / BLOCK) / blocks)
        thread = _Thread(rng, number * BLOCK + n + 1, at, *rng.choice(customers))
        messages += thread.messages(size)
        conversations.append(thread.conversation(1 - (number + n / BLOCK) / blocks))
    return Block([c for c, _ in customers], [i for _, i in customers], conversations, messages)


def _sizes(rng: random.Random) -> list[int]:
    """How many messages each conversation of a block has: few in most, a hundred and more in some, always the same in all."""
    weights = [min(rng.paretovariate(1.6), 60) for _ in range(BLOCK)]
    more = Counter(rng.choices(range(BLOCK), weights, k=MESSAGES_PER_BLOCK - BLOCK))
    return [1 + more[n] for n in range(BLOCK)]


def _customer(rng: random.Random, number: int, n: int) -> tuple[Customer, Identity]:
    id = CustomerId(digest("customer", str(number), str(n)))
    name = f"{rng.choice(FIRST)} {rng.choice(LAST)}"
    address = f"customer{number * CUSTOMERS_PER_BLOCK + n}@mail{n % 7}.example"
    at = NOW - SPAN
    return Customer(id, name, at), Identity(identity_id("email", "", address), "email", address, id, name=name, since=at)


class _Thread:
    """One conversation in the making."""

    def __init__(self, rng: random.Random, number: int, at: Instant, customer: Customer, identity: Identity) -> None:
        self.rng, self.number, self.created, self.at = rng, number, at, at
        self.customer = customer
        self.id = ConversationId(digest("conversation", str(number)))
        self.sender = Address("email", identity.value, customer.name)
        self.language = language(rng.choices(list(LANGUAGES), [spec[2] for spec in LANGUAGES.values()])[0])
        self.channel = rng.choice(CHANNELS)
        self.agent = rng.choices(AGENTS, AGENT_WEIGHTS)[0] if rng.random() < 0.95 else None
        self.team = None if rng.random() < 0.05 else TEAMS[rng.randrange(len(TEAMS))]
        self.subject = _text(rng, self.language, 5)
        self.sent: list[Message] = []

    def messages(self, size: int) -> list[Message]:
        """The messages, one after the other."""
        pause = DAY if size < 20 else 3 * DAY
        for n in range(size):
            self.sent.append(self._message(n))
            self.at += int(min(self.rng.expovariate(1 / pause), (NOW - self.at) / (size - n + 1)))
        return self.sent

    def _message(self, n: int) -> Message:
        kind = self.rng.choices((Kind.CUSTOMER, Kind.REPLY, Kind.NOTE), (5, 4, 1))[0] if n else Kind.CUSTOMER
        own = kind is Kind.CUSTOMER
        text = _put_in(self.rng, _text(self.rng, self.language, max(3, int(self.rng.gammavariate(2, self.language.length / 2)))))
        id = MessageId(digest("message", str(self.number), str(n)))
        return Message(
            *(id, self.id, kind, Author("customer", self.customer.id) if own else Author("agent", self.agent or AGENTS[0])),
            *(self.at, self.at, None if kind is Kind.NOTE else self.channel, self.sender if own else None),
            to=(self.sender,) if kind is Kind.REPLY else (),
            subject=self.subject if n == 0 else "",
            text=text,
            html=f"<p>{text}</p>" if own and n % 3 == 0 else "",
            reason=Reason("started" if n == 0 else "in_reply_to") if own else None,
            external_id=f"<{id}@mail.example>",
            raw=None,
            delivery=Delivery(DeliveryState.SENT, attempts=1, provider_id=id) if kind is Kind.REPLY else None,
            customer=self.customer.id,
        )

    def conversation(self, age: float) -> Conversation:
        """As it stands after its messages; ``age`` from 0, just begun, to 1."""
        rng, last = self.rng, self.sent[-1]
        category = _category(rng, age)
        active = category in (Category.OPEN, Category.WAITING)
        replies = [m for m in self.sent if m.kind is Kind.REPLY]
        waiting = category is Category.OPEN
        queued = waiting and self.agent is None
        due = last.at + HOUR
        clock = SlaClock("first_response", ClockState.RUNNING if waiting else ClockState.MET, HOUR, since=last.at, due_at=due)
        return Conversation(
            *(self.id, self.number, len(self.sent), self.channel, self.customer.id, self.created, last.arrived_at),
            channels=(self.channel,),
            subject=self.subject,
            status=category.value,
            category=category,
            priority=rng.choices(list(Priority), (10, 75, 12, 3))[0],
            tags=tuple(dict.fromkeys(rng.choices(TAGS, TAG_WEIGHTS, k=rng.randrange(3)))),
            participants=(Participant("email", self.sender.value, self.sender.name, customer=self.customer.id),),
            team=self.team,
            assignee=self.agent,
            queued_at=last.at if queued else None,
            snoozed_until=NOW + DAY if category is Category.SNOOZED else None,
            waiting_since=last.at if waiting else None,
            sla=(clock,),
            sort_due=due if waiting else None,
            last=_shown(last),
            last_reply=_shown(replies[-1]) if replies else None,
            resolved_at=None if active else last.at,
            messages=len(self.sent),
            inbound=sum(m.kind is Kind.CUSTOMER for m in self.sent),
        )


def _category(rng: random.Random, age: float) -> Category:
    weights = (40, 25, 5, 27, 3) if age < 0.02 else (0.3, 0.3, 0.3, 95, 4)
    return rng.choices(list(Category), weights)[0]


def _shown(m: Message) -> LastMessage:
    return LastMessage(m.id, m.arrived_at, m.kind, m.author.id, m.text[:140])


def _text(rng: random.Random, tongue: Language, count: int) -> str:
    drawn = rng.choices(tongue.words, cum_weights=tongue.weights, k=count)
    return " ".join(drawn) if tongue.spaced else "".join(drawn)


def _put_in(rng: random.Random, text: str) -> str:
    put = " ".join(phrase for share, phrase in PUT_IN if rng.random() < share)
    return f"{text[: len(text) // 2]} {put} {text[len(text) // 2 :]}" if put else text
