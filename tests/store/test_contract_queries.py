"""Threads, events, people, what is due, tags, merges: the same answers from both stores."""

from __future__ import annotations

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from inbox.core.conversation import Category, Priority
from inbox.core.customer import Customer
from inbox.core.events import EventType
from inbox.core.ids import AgentId, ChannelId, ConversationId, CustomerId, MessageId, TeamId
from inbox.core.message import Delivery, DeliveryState
from inbox.core.permissions import Scope
from inbox.core.persons import CustomerMerge
from inbox.core.templates import Template, TemplateButton
from inbox.records import (
    CONVERSATIONS,
    CUSTOMER_MERGES,
    CUSTOMERS,
    IDENTITIES,
    MESSAGES,
    TEMPLATES,
    TIMERS,
    Batch,
    ChannelTemplate,
    Put,
    Timer,
)
from inbox.store.client import Database
from inbox.testing.builders import (
    a_channel,
    a_conversation,
    a_customer,
    a_message,
    a_note,
    a_reply,
    a_team,
    an_agent,
    an_event,
    an_identity,
)
from inbox.testing.clock import START
from tests.store.conftest import AGAINST_MONGODB, Store, in_memory, on_mongodb, wipe

C1 = ConversationId("c1")


async def test_a_timeline_is_read_backwards_by_arrival_and_id(store: Store) -> None:
    thread = [a_message("b", arrived_at=START), a_reply("a", arrived_at=START), a_note("c", arrived_at=START + 1)]
    elsewhere = a_message("x", conversation=ConversationId("c2"))
    await store.journal.commit(Batch(puts=[Put(MESSAGES, m, None) for m in (*thread, elsewhere)]))
    assert [m.id for m in await store.queries.timeline(C1, None, 10)] == ["c", "b", "a"]
    assert [m.id for m in await store.queries.timeline(C1, (START, "b"), 10)] == ["a"]
    assert [m.id for m in await store.queries.timeline(C1, (START + 1, "c"), 1)] == ["b"]
    assert await store.queries.timeline(C1, (START, "a"), 10) == []


async def test_a_timeline_is_read_forwards_from_any_place(store: Store) -> None:
    thread = [a_message("b", arrived_at=START), a_reply("a", arrived_at=START), a_note("c", arrived_at=START + 1)]
    elsewhere = a_message("x", conversation=ConversationId("c2"))
    await store.journal.commit(Batch(puts=[Put(MESSAGES, m, None) for m in (*thread, elsewhere)]))
    assert [m.id for m in await store.queries.timeline_after(C1, (0, ""), 10)] == ["a", "b", "c"]
    assert [m.id for m in await store.queries.timeline_after(C1, (START, "a"), 1)] == ["b"]
    assert await store.queries.timeline_after(C1, (START + 1, "c"), 10) == []


async def test_replies_after_a_message_are_those_a_colleague_wrote_since(store: Store) -> None:
    thread = [
        a_reply("r1", arrived_at=START - 5),
        a_message("seen", arrived_at=START),
        a_reply("z", arrived_at=START),
        a_reply("a", arrived_at=START),
        a_note("note", arrived_at=START + 1),
        a_reply("r2", arrived_at=START + 2),
    ]
    await store.journal.commit(Batch(puts=[Put(MESSAGES, m, None) for m in thread]))
    assert [m.id for m in await store.queries.replies_after(C1, MessageId("seen"))] == ["z", "r2"]
    assert [m.id for m in await store.queries.replies_after(C1, MessageId("unknown"))] == ["r1", "a", "z", "r2"]


async def test_inbound_is_counted_up_to_a_mark(store: Store) -> None:
    thread = [a_message("a"), a_message("b"), a_reply("c"), a_message("d", arrived_at=START + 1)]
    await store.journal.commit(Batch(puts=[Put(MESSAGES, m, None) for m in thread]))
    assert await store.queries.inbound_up_to(C1, START, MessageId("a")) == 1
    assert await store.queries.inbound_up_to(C1, START, MessageId("c")) == 2
    assert await store.queries.inbound_up_to(C1, START + 1, MessageId("d")) == 3


async def test_events_of_a_conversation_are_read_both_ways(store: Store) -> None:
    events = [
        an_event(1, at=START),
        an_event(2, at=START, type=EventType.TAGS_CHANGED),
        an_event(1, o=2, at=START + 1, type=EventType.ASSIGNED),
        an_event(3, at=START + 2, type=EventType.TAGS_CHANGED),
        an_event(4, at=START, about=a_conversation("c2")),
    ]
    await store.journal.commit(Batch(events=events))
    found = await store.queries.events_between(C1, START, START + 2, 10)
    assert [(e.o, e.n) for e in found] == [(1, 1), (1, 2), (2, 1)]
    types = frozenset({EventType.TAGS_CHANGED, EventType.ASSIGNED})
    assert [(e.o, e.n) for e in await store.queries.quiet_lines(C1, types, None, 2)] == [(1, 3), (2, 1)]
    assert [(e.o, e.n) for e in await store.queries.quiet_lines(C1, types, (START + 1, 2, 1), 5)] == [(1, 2)]
    assert await store.queries.quiet_lines(C1, frozenset(), None, 5) == []


async def test_messages_fall_due_exactly_when_a_worker_may_take_them(store: Store) -> None:
    deliveries = {
        "pending": Delivery(DeliveryState.PENDING, due_at=START),
        "later": Delivery(DeliveryState.PENDING, due_at=START + 1),
        "abandoned": Delivery(DeliveryState.SENDING, due_at=START - 9, lease_until=START - 1),
        "in work": Delivery(DeliveryState.SENDING, due_at=START - 9, lease_until=START + 1),
        "unknown": Delivery(DeliveryState.UNKNOWN, due_at=START - 2),
        "sent": Delivery(DeliveryState.SENT, due_at=START - 5),
    }
    await store.journal.commit(Batch(puts=[Put(MESSAGES, a_reply(id, delivery=d), None) for id, d in deliveries.items()]))
    assert [m.id for m in await store.queries.due_messages(START, 10)] == ["unknown", "abandoned", "pending"]
    assert [m.id for m in await store.queries.due_messages(START, 1)] == ["unknown"]
    own = a_reply("unknown").channel
    assert own is not None
    assert [m.id for m in await store.queries.due_messages(START, 1, only=own)] == ["unknown"]
    assert await store.queries.due_messages(START, 1, only=ChannelId("another")) == []
    assert await store.queries.due_messages(START, 10, without={own}) == []
    assert len(await store.queries.due_messages(START, 10, without={ChannelId("another")})) == 3
    sent = a_reply("unknown", version=2, delivery=Delivery(DeliveryState.SENT))
    await store.journal.commit(Batch(puts=[Put(MESSAGES, sent, 1)], events=[an_event(1)]))
    assert [m.id for m in await store.queries.due_messages(START, 1)] == ["abandoned"]


async def test_timers_come_soonest_first(store: Store) -> None:
    timers = [Timer(id, C1, "snooze", 1, due) for id, due in (("b", START), ("a", START), ("late", START + 1))]
    await store.journal.commit(Batch(puts=[Put(TIMERS, t, None) for t in timers]))
    assert [t.id for t in await store.queries.timers_due(START + 1, 10)] == ["a", "b"]
    assert await store.queries.timers_due(START, 10) == []


async def test_the_queue_is_the_most_urgent_and_then_the_longest_waiting(store: Store) -> None:
    queued = [
        a_conversation("new", queued_at=START + 5),
        a_conversation("old", queued_at=START),
        a_conversation("urgent", queued_at=START + 9, priority=Priority.URGENT),
        a_conversation("low", queued_at=START - 9, priority=Priority.LOW),
        a_conversation("held"),
        a_conversation("merged", queued_at=START, merged_into=C1),
    ]
    await store.journal.commit(Batch(puts=[Put(CONVERSATIONS, c, None) for c in queued]))
    assert [c.id for c in await store.queries.waiting(10)] == ["urgent", "old", "new", "low"]
    first = await store.queries.waiting(2)
    assert [c.id for c in first] == ["urgent", "old"]
    assert [c.id for c in await store.queries.waiting(2, first[-1])] == ["new", "low"]


async def test_old_ids_and_numbers_lead_to_where_a_conversation_was_merged(store: Store) -> None:
    chain = [a_conversation("a", number=1, merged_into="b"), a_conversation("b", number=2, merged_into="c"), a_conversation("c", number=3)]
    loop = [a_conversation("x", number=4, merged_into="y"), a_conversation("y", number=5, merged_into="x")]
    await store.journal.commit(Batch(puts=[Put(CONVERSATIONS, c, None) for c in (*chain, *loop)]))
    assert await store.queries.conversation(ConversationId("a")) == chain[2]
    assert await store.queries.numbered(2) == chain[2]
    assert await store.queries.conversation(ConversationId("x")) in loop
    assert await store.queries.numbered(99) is None
    assert await store.queries.numbered(2**80) is None
    assert await store.queries.conversations([ConversationId("a"), ConversationId("no")]) == {"a": chain[0]}


async def test_a_tag_is_known_in_all_its_spellings_and_counted_where_it_is_now(store: Store) -> None:
    tagged = a_conversation(tags=("vip", "angry"))
    await store.journal.commit(Batch(puts=[Put(CONVERSATIONS, tagged, None)], events=[an_event(1)]))
    changed = replace(tagged, version=2, tags=("VIP", "billing"))
    await store.journal.commit(Batch(puts=[Put(CONVERSATIONS, changed, 1)], events=[an_event(2)]))
    done = a_conversation("done", number=2, tags=("billing",), category=Category.RESOLVED, team=TeamId("sales"))
    other = a_conversation("other", number=3, tags=("billing",), team=TeamId("sales"))
    await store.journal.commit(Batch(puts=[Put(CONVERSATIONS, c, None) for c in (done, other)], events=[an_event(3)]))
    assert await store.queries.spellings("Vip") == ["VIP", "vip"]
    assert await store.queries.spellings("other") == []
    assert await store.queries.tag_counts(Scope(all=True)) == {"VIP": 1, "billing": 2}
    assert await store.queries.tag_counts(Scope(teams=(TeamId("sales"),))) == {"billing": 1}
    assert await store.queries.tag_counts(Scope()) == {}


async def test_what_is_configured(store: Store) -> None:
    assert not await store.directory.has_agents()
    await store.directory.save_agent(an_agent("tom"))
    await store.directory.save_agent(an_agent("mia"))
    await store.directory.save_team(a_team())
    await store.directory.save_channel(a_channel(settings={"host": "x"}))
    await store.directory.save_channel(a_channel(version=2, settings={"host": "y"}), expect=1)
    assert [a.id for a in await store.queries.agents()] == ["mia", "tom"]
    assert await store.queries.teams() == [a_team()]
    assert await store.queries.channels() == [a_channel(version=2, settings={"host": "y"})]
    await store.directory.remove_channel(a_channel().id)
    assert await store.queries.channels() == []
    assert await store.directory.has_agents()


async def test_templates_are_listed_by_channel_name_and_language(store: Store) -> None:
    kept = [
        ChannelTemplate("3", a_channel().id, Template("b", "en", "B {{1}}")),
        ChannelTemplate("2", a_channel().id, Template("a", "en", "A", buttons=(TemplateButton("reply", "Yes"),))),
        ChannelTemplate("1", a_channel().id, Template("a", "de", "A")),
        ChannelTemplate("4", a_channel("other").id, Template("a", "de", "A")),
    ]
    await store.journal.commit(Batch(puts=[Put(TEMPLATES, entry, None) for entry in kept]))
    assert await store.queries.templates(a_channel().id) == [kept[2], kept[1], kept[0]]
    assert await store.queries.templates(a_channel("none").id) == []


names = st.sampled_from(["Anna Schmidt", "anna", "ANNABEL", "Ben", "Änne", "", "李雷", "a" * 300])
addresses = st.sampled_from(["anna@example.org", "ANNA@example.com", "ben@example.org", "+49301234", "李雷@例え.jp"])


@given(
    people=st.lists(st.tuples(names, st.lists(addresses, unique=True, max_size=3)), max_size=8),
    prefix=st.sampled_from(["", "a", "AN", "anna", "anna@", "b", "+49", "李", "ä", "zzz", "$", "a" * 300]),
    limit=st.integers(1, 4),
)
@settings(max_examples=AGAINST_MONGODB, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
async def test_people_are_found_by_the_beginning_of_a_name_or_address(
    mongo: Database, people: list[tuple[str, list[str]]], prefix: str, limit: int
) -> None:
    batch = Batch()
    for i, (name, held) in enumerate(people):
        customer = CustomerId(f"p{i}")
        batch.puts.append(Put(CUSTOMERS, a_customer(customer, name=name), None))
        batch.puts += [Put(IDENTITIES, an_identity(address, customer=customer, scope=f"s{i}"), None) for address in held]
    await wipe(mongo)
    begins = prefix.casefold()[:200]
    by_name = {f"p{i}" for i, (name, _) in enumerate(people) if name.casefold().startswith(begins)}
    expected = by_name | {f"p{i}" for i, (_, held) in enumerate(people) if any(a.casefold().startswith(begins) for a in held)}
    orders = []
    for store in (in_memory(), on_mongodb(mongo)):
        await store.journal.commit(batch)
        found: list[str] = []
        after = None
        while True:
            page, after = await store.queries.find_customers(prefix, after, limit)
            found += [c.id for c in page]
            assert len(page) <= limit
            if after is None:
                break
        assert sorted(found) == sorted(expected)
        assert set(found[: len(by_name)]) == by_name
        orders.append(found)
    assert orders[0] == orders[1]


async def test_all_persons_are_read_page_by_page(store: Store) -> None:
    people = [Customer(CustomerId(f"p{n}"), f"Person {n}") for n in range(7)]
    await store.journal.commit(Batch(puts=[Put(CUSTOMERS, one, None) for one in people]))
    first = await store.queries.customers_by_id(CustomerId(""), 4)
    assert [one.id for one in first] == ["p0", "p1", "p2", "p3"]
    assert await store.queries.customers_by_id(first[-1].id, 4) == people[4:]
    assert await store.queries.customers_by_id(people[-1].id, 4) == []


async def test_a_person_has_all_his_addresses(store: Store) -> None:
    mine = [an_identity("b@example.org", since=START), an_identity("a@example.org", since=START + 1)]
    other = an_identity("c@example.org", customer=CustomerId("ben"))
    await store.journal.commit(Batch(puts=[Put(IDENTITIES, i, None) for i in (*mine, other)]))
    assert await store.queries.identities_of(CustomerId("anna")) == mine
    assert await store.queries.customers([CustomerId("anna")]) == {}
    assert await store.queries.identities_of(CustomerId("ben"), CustomerId("anna")) == sorted((*mine, other), key=lambda i: (i.since, i.id))
    assert await store.queries.identities_like([" B@Example.org", "nobody@example.org"], 9) == mine[:1]
    assert len(await store.queries.identities_like([i.value for i in (*mine, other)], 2)) == 2
    assert await store.queries.identities_like([], 9) == []


async def test_who_was_merged_leads_to_the_one_that_stays(store: Store) -> None:
    a, b, c = (CustomerId(id) for id in "abc")
    last = a_customer("c", name="Cleo", absorbed=(b, a), merges=("m2",))
    middle = a_customer("b", name="Bea", merged_into=c, absorbed=(a,), merges=("m1",))
    first = a_customer("a", name="Ada", merged_into=b)
    apart = a_customer("d", name="Dan")
    addresses = [an_identity(f"{id}@example.org", customer=CustomerId(id)) for id in "abcd"]
    merge = CustomerMerge("m1", a, b, AgentId("mia"), START, first, middle, middle)
    puts = [Put(CUSTOMERS, one, None) for one in (first, middle, last, apart)] + [Put(IDENTITIES, i, None) for i in addresses]
    await store.journal.commit(Batch(puts=[*puts, Put(CUSTOMER_MERGES, merge, None)]))
    assert [await store.queries.customer(id) for id in (a, b, c)] == [last, last, last]
    assert await store.queries.customer(CustomerId("nobody")) is None
    assert await store.queries.customers([a, c]) == {a: first, c: last}
    assert await store.queries.customer_merges(["m1", "m9"]) == {"m1": merge}
    assert await store.queries.customer_merges([]) == {}
    for typed, found in (("", [last, apart]), ("ad", []), ("cl", [last]), ("a@", [last]), ("B@example.org", [last]), ("d", [apart])):
        assert (await store.queries.find_customers(typed, None, 9))[0] == found, typed
    pages, after = [], None
    while True:
        page, after = await store.queries.find_customers("", after, 1)
        pages += page
        if after is None:
            break
    assert pages == [last, apart], "each once, however many addresses lead to him"


async def test_what_cannot_be_stored_as_it_is_becomes_storable(store: Store) -> None:
    """MongoDB cannot hold lone surrogates; nobody is to lose a message for it."""
    odd = a_message("odd", text="before\ud800after", subject="nul\0inside")
    await store.journal.commit(Batch(puts=[Put(MESSAGES, odd, None)]))
    stored = await store.queries.message(odd.id)
    assert stored is not None
    assert stored.text.startswith("before")
    assert stored.text.endswith("after")
    assert stored.subject == "nul\0inside"
