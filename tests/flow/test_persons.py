"""Two customers who are one person: whose is what, that old ids lead on, and that undoing brings back what was."""

from __future__ import annotations

import random
from collections.abc import Sequence

import msgspec
import pytest
from msgspec.structs import replace

from inbox.core import commands as c
from inbox.core.agent import Role
from inbox.core.conversation import Category
from inbox.core.customer import Customer, identity_id
from inbox.core.errors import Conflict, Denied, Invalid, KeyReused, NotFound
from inbox.core.events import EventType
from inbox.core.ids import AgentId, CustomerId
from inbox.core.message import Address, Message
from inbox.core.permissions import Actor, Scope
from inbox.core.persons import Choice, CustomerMerge
from inbox.core.views import View
from inbox.core.words import ALL_HISTORY, SearchQuery
from inbox.flow.persons import MergeCustomers
from inbox.records import CUSTOMERS
from inbox.testing.memory_store import MemoryStore
from tests.flow.house import ANNA, BOB, CHAT, MAIL, VISITOR, House, load, stored_in
from tests.store.conftest import Store

ALL = Scope(all=True)
NOTHING = Choice()


async def raw(house: House, id: str) -> Customer:
    """As it is stored, merged or not."""
    found: Customer = (await load(house.store.journal, CUSTOMERS, id))[id]
    return found


async def merge(
    house: House, actor: Actor, customer: str, into: str, choice: Choice = NOTHING, key: str = "", seen: tuple[int, int] | None = None
) -> CustomerMerge:
    """On the versions that are stored, unless others were ``seen``."""
    versions = seen or ((await raw(house, customer)).version, (await raw(house, into)).version)
    ids = CustomerId(customer), CustomerId(into)
    return await house.people.merge(MergeCustomers(actor=actor, customer=ids[0], into=ids[1], versions=versions, choice=choice, key=key))


def customer_of(message: Message) -> CustomerId:
    assert message.customer is not None
    return message.customer


async def pair(house: House) -> tuple[Actor, Message, Message]:
    """Anna wrote by mail and in the chat, as a visitor of whom nothing is known; Mia may edit customers."""
    mia = await house.hire("mia", role=Role.ADMIN, online=False)
    mail = await house.write("Where is my order?", key="a1")
    line = await house.write("Hello?", key="l1", channel=CHAT)
    return mia, mail, line


async def conversations_of(house: House, customer: str) -> set[str]:
    view = View("", tuple(Category), customer=CustomerId(customer), absorbed=await house.directory.whole(CustomerId(customer)))
    found, _ = await house.store.queries.page(view, ALL, AgentId(""), None, 100)
    return {one.id for one in found}


async def test_all_that_both_have_is_the_one_persons_and_the_old_id_leads_to_him(any_store: Store) -> None:
    async with House(any_store).running() as house:
        mia, mail, line = await pair(house)
        anna, visitor = customer_of(mail), customer_of(line)
        await merge(house, mia, visitor, anna)
        person = await house.store.queries.customer(visitor)
        assert person is not None
        assert (person.id, person.absorbed) == (anna, (visitor,))
        assert {i.value for i in await house.store.queries.identities_of(*person.whole)} == {ANNA.value, VISITOR.value}
        assert await conversations_of(house, anna) == await conversations_of(house, visitor) == {mail.conversation, line.conversation}
        assert await house.directory.customer_names([visitor, anna]) == {visitor: "Anna Schmidt", anna: "Anna Schmidt"}
        found, _ = await house.store.queries.find_customers("", None, 10)
        assert [one.id for one in found] == [anna], "who was merged is nobody of his own"
        by_address, _ = await house.store.queries.find_customers(VISITOR.value, None, 10)
        assert [one.id for one in by_address] == [anna]
        asked = SearchQuery(where=replace(ALL_HISTORY, customer=anna, absorbed=person.absorbed))
        hits, _ = await house.store.search.find(asked, ALL, mia.id, None, 10)
        assert {id for id, _ in hits} == {mail.conversation, line.conversation}
        later = await house.write("Still there?", key="l2", channel=CHAT)
        assert later.conversation == line.conversation
        fresh = await house.write("Another matter", key="a9", subject="Other")
        assert fresh.conversation in await conversations_of(house, visitor)


async def test_undone_after_new_messages_each_has_what_is_his(any_store: Store) -> None:
    async with House(any_store).running() as house:
        mia, mail, line = await pair(house)
        anna, visitor = customer_of(mail), customer_of(line)
        before = await raw(house, anna), await raw(house, visitor)
        done = await merge(house, mia, visitor, anna)
        await house.do(mia, c.EditCustomer(visitor, (await raw(house, anna)).version, company="ACME"))
        await house.write("By mail", key="a2", subject="Other")
        await house.write("By chat", key="l2", channel=CHAT)
        undone = await house.people.part(mia, done.id)
        assert undone.undone_by == mia.id
        assert await house.people.part(mia, done.id) == undone, "a second time nothing happens"
        after = await raw(house, anna), await raw(house, visitor)
        assert msgspec.structs.replace(after[0], version=1) == msgspec.structs.replace(before[0], version=1, company="ACME")
        assert msgspec.structs.replace(after[1], version=1) == msgspec.structs.replace(before[1], version=1)
        assert await house.directory.customer_names([visitor]) == {visitor: ""}
        assert line.conversation not in await conversations_of(house, anna)
        assert await conversations_of(house, visitor) == {line.conversation}
        found, _ = await house.store.queries.find_customers("", None, 10)
        assert {one.id for one in found} == {anna, visitor}
        assert [e for e in (change.event for change in house.heard) if e.reason and e.reason.code == "customers_parted"]


async def test_every_id_of_the_person_is_told_of_so_that_each_screen_follows(house: House) -> None:
    mia, mail, line = await pair(house)
    await merge(house, mia, customer_of(line), customer_of(mail))
    house.heard.clear()
    await house.do(mia, c.EditCustomer(customer_of(line), (await raw(house, customer_of(mail))).version, name="Anna S."))
    told = {change.event.customer for change in house.heard if change.event.type is EventType.CUSTOMER_CHANGED}
    assert told == {customer_of(line), customer_of(mail)}
    assert await house.directory.customer_names([customer_of(line)]) == {customer_of(line): "Anna S."}


async def test_what_cannot_be_is_refused_in_clear_words(house: House) -> None:
    mia, mail, line = await pair(house)
    bob = customer_of(await house.write("And mine?", key="b1", sender=BOB))
    anna, visitor = customer_of(mail), customer_of(line)
    with pytest.raises(Invalid, match="same customer"):
        await merge(house, mia, anna, anna)
    with pytest.raises(NotFound):
        await merge(house, mia, anna, "nobody", seen=(1, 1))
    with pytest.raises(NotFound):
        await house.people.part(mia, "nothing")
    with pytest.raises(Conflict, match="changed"):
        await merge(house, mia, visitor, anna, seen=(99, 1))
    light = Actor(AgentId("eve"), Role.BOT)
    with pytest.raises(Denied):
        await merge(house, light, visitor, anna)
    done = await merge(house, mia, visitor, anna)
    with pytest.raises(Denied):
        await house.people.part(light, done.id)
    for pair_ in ((visitor, bob), (bob, visitor), (anna, visitor)):
        with pytest.raises(Conflict, match="merged"):
            await merge(house, mia, *pair_)
    last = await merge(house, mia, anna, bob)
    with pytest.raises(Conflict, match="undo that first"):
        await house.people.part(mia, done.id)
    assert [one.id for one in (await house.store.queries.find_customers("", None, 9))[0]] == [bob]
    await house.people.part(mia, last.id)
    await house.people.part(mia, done.id)
    assert len((await house.store.queries.find_customers("", None, 9))[0]) == 3


async def test_of_two_who_merge_at_once_one_is_told_of_it_and_a_key_merges_once(any_store: Store) -> None:
    async with House(any_store).running() as house, House(any_store, name="two").running() as other:
        mia, mail, line = await pair(house)
        anna, visitor = customer_of(mail), customer_of(line)
        seen = (await raw(house, visitor)).version, (await raw(house, anna)).version
        done = await merge(house, mia, visitor, anna, key="k1", seen=seen)
        with pytest.raises(Conflict):
            await merge(other, mia, anna, visitor, seen=(seen[1], seen[0]))
        assert await merge(other, mia, visitor, anna, key="k1", seen=seen) == done
        with pytest.raises(KeyReused):
            await merge(house, mia, visitor, anna, key="k1", seen=seen, choice=Choice(("name",)))


async def test_an_agent_who_writes_to_the_other_address_writes_as_to_one_person(house: House) -> None:
    mia, mail, _ = await pair(house)
    bob = customer_of(await house.write("And mine?", key="b1", sender=BOB))
    done = await merge(house, mia, bob, customer_of(mail))
    to = c.Addressee("email", BOB.value)
    begun = await house.do(mia, c.StartConversation("s1", MAIL, (to,), "Hello", subject="New", customer=customer_of(mail)))
    assert begun.conversation is not None
    assert begun.conversation.id in await conversations_of(house, customer_of(mail))
    await house.people.add_identity(mia, customer_of(mail), "email", BOB.value)
    await house.people.part(mia, done.id)
    assert begun.conversation.id in await conversations_of(house, bob), "it is where its address belongs"


async def digest(house: House) -> Sequence[object]:
    """All that is stored of customers, without versions."""
    await house.rest()
    found, _ = await house.store.queries.find_customers("", None, 100)
    people = sorted([await raw(house, one.id) for one in found], key=lambda one: one.id)
    listed = [sorted(await conversations_of(house, one.id)) for one in people]
    addresses = [await house.store.queries.identities_of(one.id) for one in people]
    plain = msgspec.to_builtins([people, addresses])
    for one in plain[0]:
        one.pop("version", None)
    return [plain, listed]


async def play(house: House, seed: int, *, merging: bool) -> Sequence[object]:
    """People write, say things about themselves, and, where ``merging``, are merged and parted at random; at the end all is undone."""
    chance, order = random.Random(seed), random.Random(-seed)
    mia = await house.hire("mia", role=Role.ADMIN, online=False)
    standing: list[str] = []
    for step in range(24):
        who = chance.randrange(5)
        said = {f"{word}{who}": str(chance.randrange(3)) for word in ("plan", "size")} if chance.random() < 0.5 else {}
        if who < 3:
            sender = Address("email", f"p{who}@example.org", f"P{who}" if who else "")
            await house.write(f"mail {step}", key=f"m{step}", sender=sender, subject=f"S{step}", attributes=said)
        else:
            await house.write(f"line {step}", key=f"l{step}", sender=Address("visitor", f"v{who}"), channel=CHAT, attributes=said)
        await house.pass_time(1_000)
        if merging:
            await surgery(house, mia, order, standing)
    while standing:
        await undo(house, mia, order, standing)
    return await digest(house)


async def surgery(house: House, mia: Actor, order: random.Random, standing: list[str]) -> None:
    """Merge two, or undo one, or leave it."""
    people = [one.id for one in (await house.store.queries.find_customers("", None, 100))[0]]
    if len(people) > 1 and order.random() < 0.5:
        one, two = order.sample(people, 2)
        keys = tuple((await raw(house, one)).attributes)
        choice = Choice(("name",) if order.random() < 0.5 else (), keys if order.random() < 0.5 else ())
        standing.append((await merge(house, mia, one, two, choice)).id)
    elif standing and order.random() < 0.4:
        await undo(house, mia, order, standing)


async def undo(house: House, mia: Actor, order: random.Random, standing: list[str]) -> None:
    """Any that may be undone: one into somebody who was merged himself has to wait."""
    for id in order.sample(standing, len(standing)):
        try:
            await house.people.part(mia, id)
        except Conflict:
            continue
        standing.remove(id)
        return


@pytest.mark.parametrize("seed", range(1, 9))
async def test_all_undone_is_as_if_nobody_had_ever_been_merged(seed: int) -> None:
    async with House(stored_in(MemoryStore())).running() as merged, House(stored_in(MemoryStore())).running() as never:
        assert await play(merged, seed, merging=True) == await play(never, seed, merging=False)


async def test_what_a_visitor_is_called_after_the_merge_is_his_own_again_after_its_undo(house: House) -> None:
    mia, mail, line = await pair(house)
    done = await merge(house, mia, customer_of(mail), customer_of(line))
    named = await raw(house, customer_of(line))
    assert named.name == "Anna Schmidt"
    await house.write("Me", key="l2", channel=CHAT, sender=Address("visitor", VISITOR.value, "Vic"), attributes={"plan": "gold"})
    assert (await raw(house, customer_of(line))).attributes == {"plan": "gold"}
    await house.people.part(mia, done.id)
    after = await raw(house, customer_of(line))
    assert (after.name, after.attributes) == ("", {"plan": "gold"})
    assert (await raw(house, customer_of(mail))).attributes == {}
    stored = await house.store.queries.identities_of(customer_of(line))
    assert [i.id for i in stored] == [identity_id("visitor", CHAT, VISITOR.value)]
