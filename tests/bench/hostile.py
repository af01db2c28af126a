"""A workspace that is hard on a screen: endless and right-to-left names, emoji, marks on marks, words without an end, markup as text.

The same for ever, so that figures of two days can be compared.
"""

from __future__ import annotations

import itertools
import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

from msgspec import Struct
from pymongo.asynchronous.database import AsyncDatabase

from inbox.core.conversation import Category, ClockState, Conversation, LastMessage, Participant, Priority, SlaClock
from inbox.core.customer import Customer, Identity, identity_id
from inbox.core.ids import ChannelId, ConversationId, CustomerId, Instant, MessageId, digest
from inbox.core.message import Address, Author, Delivery, DeliveryState, Kind, Message
from inbox.store.documents import document

HOUR: Final = 3_600_000
AT_ONCE: Final = 1000
NAMES: Final = (
    "Ada Nwosu",
    "Wolfeschlegelsteinhausenbergerdorff " * 5,
    "شركة النخبة للتجهيزات الرياضية والرحلات المحدودة",
    "רוני שפירא 3 (תל־אביב)",
    "\u202eesrever si siht\u202c",
    "👩‍👩‍👧‍👦 Familie 🏳️‍🌈 Müller 👍🏽",
    "Z̸͖͑a̴̛͓l̵̳͝g̷̱̈́o̶͔͐ " * 8,
    "x" * 180,
    "<script>alert(1)</script>",
    "有限会社山田商店 第二営業部 返品・交換ご相談窓口",
    "Nguyễn Thị Ánh Tuyết",
    "&amp; <b>bold</b> {{name}}",
)
TEXTS: Final = (
    "Thanks, that helped.",
    "The zip of my tent is broken. " * 12,
    "وصلت الخيمة بدون الأوتاد، متى تصل البقية؟ رقم الطلب NW-20611 شكراً",
    "שלום, החבילה לא הגיעה. האם אפשר לבדוק? order #1042 תודה",
    "😀😃😄😁😆😅🤣😂🙂🙃🫠😉😊😇 " * 6,
    "Line one\nLine two\n\n- a\n- b\n\n> quoted\n> quoted more\n\n```\ncode = 1\n```",
    "https://shop.example/returns/" + "a" * 300 + "?q=1",
    "w" * 2_000,
    "<img src=x onerror=alert(1)> is what the page said.",
    "テントのファスナーが壊れています。交換できますか？" * 6,
    "H̶̛͚̭e̵̢͗ ̷̳̑c̸̱̾o̶̰͝m̴̞̈e̸̗͝s̷͉̈́ " * 20,
    "ok",
)
LONG_TEXT: Final = "All of it happened on a Tuesday, and nobody was told of it. " * 250


@dataclass(frozen=True)
class Case:
    """A conversation with all that belongs to it."""

    customer: Customer
    identity: Identity
    conversation: Conversation
    messages: Sequence[Message]


def conversations(count: int, now: Instant, channel: ChannelId, first: int = 1) -> Iterator[Case]:
    """So many open conversations with a message or three each, numbered from ``first``."""
    rng = random.Random("hostile")
    return (_case(rng, number, rng.randrange(1, 4), now - number * 7_000, channel) for number in range(first, first + count))


def thread(number: int, count: int, now: Instant, channel: ChannelId) -> Case:
    """One conversation with so many messages."""
    return _case(random.Random("thread"), number, count, now, channel)


async def store(db: AsyncDatabase[dict[str, Any]], cases: Sequence[Case]) -> None:
    """Write them into an inbox's database, behind the back of its service."""
    stored: dict[str, list[Struct]] = {
        "customers": [c.customer for c in cases],
        "identities": [c.identity for c in cases],
        "conversations": [c.conversation for c in cases],
        "messages": [m for c in cases for m in c.messages],
    }
    for name, values in stored.items():
        for start in range(0, len(values), AT_ONCE):
            await db[name].insert_many([document(value) for value in values[start : start + AT_ONCE]], ordered=False)


def _case(rng: random.Random, number: int, count: int, now: Instant, channel: ChannelId) -> Case:
    id = ConversationId(digest("hostile", str(number)))
    name = NAMES[number % len(NAMES)].strip()
    address = f"customer{number}@mail.example"
    customer = Customer(CustomerId(digest("customer", str(number))), name, now - count * HOUR)
    identity = Identity(identity_id("email", "", address), "email", address, customer.id, name=name, since=customer.created_at)
    sender = Address("email", address, name)
    messages = [_message(rng, id, n, now - (count - n) * HOUR // 4, customer, sender, channel) for n in range(count)]
    return Case(customer, identity, _conversation(rng, id, number, customer, sender, channel, messages), messages)


def _message(
    rng: random.Random, home: ConversationId, n: int, at: Instant, customer: Customer, sender: Address, channel: ChannelId
) -> Message:
    kind = rng.choices((Kind.CUSTOMER, Kind.REPLY, Kind.NOTE), (6, 4, 1))[0] if n else Kind.CUSTOMER
    theirs = kind is Kind.CUSTOMER
    id = MessageId(digest("message", home, str(n)))
    return Message(
        *(id, home, kind, Author("customer", customer.id) if theirs else Author("agent", "bench")),
        *(at, at, None if kind is Kind.NOTE else channel, sender if theirs else None),
        to=(sender,) if kind is Kind.REPLY else (),
        text=LONG_TEXT if n % 500 == 250 else rng.choice(TEXTS),
        external_id=f"<{id}@mail.example>",
        delivery=Delivery(DeliveryState.SENT, attempts=1, provider_id=id) if kind is Kind.REPLY else None,
        customer=customer.id,
    )


def _conversation(
    rng: random.Random,
    id: ConversationId,
    number: int,
    customer: Customer,
    sender: Address,
    channel: ChannelId,
    messages: Sequence[Message],
) -> Conversation:
    last = messages[-1]
    due = last.at + rng.randrange(1, 48) * HOUR
    return Conversation(
        *(id, number, len(messages), channel, customer.id, messages[0].at, last.at),
        channels=(channel,),
        subject=rng.choice((*NAMES, *TEXTS))[:300].replace("\n", " "),
        status=Category.OPEN.value,
        category=Category.OPEN,
        priority=rng.choice(list(Priority)),
        tags=tuple(itertools.islice(("Réclamation " * 4, "返品", "🏕️ camp", "مرتجع", "t" * 50), number % 4)),
        participants=(Participant("email", sender.value, sender.name, customer=customer.id),),
        waiting_since=last.at,
        sla=(SlaClock("first_response", ClockState.RUNNING, HOUR, since=last.at, due_at=due),),
        sort_due=due,
        last=LastMessage(last.id, last.at, last.kind, last.author.id, last.text[:140]),
        messages=len(messages),
        inbound=sum(m.kind is Kind.CUSTOMER for m in messages),
    )
