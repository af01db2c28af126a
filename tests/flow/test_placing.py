"""Whose message it is: people are known by their addresses, claims join nobody, proofs do."""

from __future__ import annotations

import asyncio

import pytest

from inbox.connector import IdentityProof, Item
from inbox.core import commands as c
from inbox.core.customer import Identity, identity_id
from inbox.core.errors import Conflict, Denied, KeyReused, NotFound
from inbox.core.events import EventType
from inbox.core.ids import CustomerId, MessageId, message_id
from inbox.core.message import Address
from inbox.records import CUSTOMERS, IDENTITIES
from tests.flow.house import ANNA, BOT_ACTOR, CHAT, MAIL, VISITOR, House, a_line, load
from tests.store.conftest import Store

LAPTOP, PHONE = VISITOR, Address("visitor", "v2")
ACCOUNT = Address("webchat-user", "user-7")


async def owner(house: House, address: Address, scope: str = "") -> Identity | None:
    """The stored identity of an address."""
    id = identity_id(address.kind, scope, address.value)
    found: Identity | None = (await load(house.store.journal, IDENTITIES, id)).get(id)
    return found


async def prove(house: House, me: Address, *owned: Address, text: str = "") -> MessageId:
    """The host site vouches for the visitor's addresses; he says something along with it."""
    line = a_line(text or f"from {me.value} {[a.value for a in owned]}", sender=me)
    proofs: list[Item] = [IdentityProof(me, also, "signed", "Anna") for also in owned]
    await house.deliver(*proofs, line, channel=CHAT)
    return (await house.message(message_id(CHAT, line.key))).id


async def customer_of(house: House, id: MessageId) -> CustomerId:
    customer = (await house.message(id)).customer
    assert customer is not None
    return customer


async def test_a_second_mail_from_an_address_is_of_the_same_person(house: House) -> None:
    first = await house.write("one", key="1", sender=Address("email", ANNA.value))
    second = await house.write("two", key="2", sender=ANNA)
    assert second.customer == first.customer
    person = (await load(house.store.journal, CUSTOMERS, str(first.customer)))[str(first.customer)]
    assert person.name == "Anna Schmidt", "a name that was missing is filled in"


async def test_two_processes_make_one_person_of_one_address(any_store: Store) -> None:
    async with House(any_store).running() as one, House(any_store, name="two").running() as two:
        messages = await asyncio.gather(*(house.write(f"m{n}", key=f"k{n}") for n, house in enumerate((one, two) * 8)))
        assert len({m.customer for m in messages}) == 1


async def test_a_mail_proves_its_address_only_if_the_transport_does(house: House) -> None:
    await house.write("one", key="1")
    assert (identity := await owner(house, ANNA)) is not None
    assert not identity.verified
    await house.write("two", key="2", authenticated=True)
    assert (proved := await owner(house, ANNA)) is not None
    assert proved.verified
    await house.write("three", key="3")
    assert await owner(house, ANNA) == proved


async def test_what_a_visitor_says_of_himself_makes_him_nobody_else(house: House) -> None:
    mail = await house.write("hello", authenticated=True)
    chat = await house.write("hi", channel=CHAT, attributes={"email": ANNA.value})
    assert chat.customer != mail.customer
    assert (identity := await owner(house, ANNA)) is not None
    assert identity.customer == mail.customer


async def test_the_true_owner_of_an_address_somebody_else_typed_in_is_a_person_of_his_own(house: House) -> None:
    chat = await house.write("hi", channel=CHAT, attributes={"email": ANNA.value})
    assert (stated := await owner(house, ANNA)) is not None
    assert (stated.customer, stated.how, stated.verified) == (chat.customer, "stated", False)
    mail = await house.write("hello")
    assert mail.customer != chat.customer
    assert (taken := await owner(house, ANNA)) is not None
    assert taken.customer == mail.customer


async def test_what_a_visitor_fills_in_is_shown_with_him(house: House) -> None:
    chat = await house.write("hi", channel=CHAT, attributes={"page": "/pricing", "email": "", "plan": "x" * 5_000})
    person = (await load(house.store.journal, CUSTOMERS, str(chat.customer)))[str(chat.customer)]
    assert person.attributes == {"page": "/pricing", "plan": "x" * 1_000}


async def test_one_account_on_two_devices_is_one_person(house: House) -> None:
    laptop = await prove(house, LAPTOP, ACCOUNT)
    phone = await prove(house, PHONE, ACCOUNT)
    assert await customer_of(house, phone) == await customer_of(house, laptop)


async def test_a_proof_joins_the_chat_to_the_person_whose_mail_address_is_proved(house: House) -> None:
    mail = await house.write("hello", authenticated=True)
    chat = await prove(house, LAPTOP, ANNA)
    assert await customer_of(house, chat) == mail.customer


async def test_whoever_wrote_from_an_address_that_somebody_else_proves_keeps_it_as_a_claim(house: House) -> None:
    mail = await house.write("maybe it was Anna, maybe not")
    assert mail.customer is not None
    for _ in range(2):
        await prove(house, LAPTOP, ANNA)
    kept = await house.store.queries.identities_of(mail.customer)
    assert [(i.kind, i.value, i.verified, i.how) for i in kept] == [("email", ANNA.value, False, "claimed")]
    again = await house.write("a second mail", key="again")
    assert again.customer != mail.customer, "nobody is found by a claim"


async def test_a_second_account_with_the_same_proved_address_is_the_same_person(house: House) -> None:
    other = Address("webchat-user", "user-8")
    first = await prove(house, LAPTOP, ACCOUNT, ANNA)
    second = await prove(house, PHONE, other, ANNA)
    assert await customer_of(house, second) == await customer_of(house, first)
    for address, scope in ((other, CHAT), (ACCOUNT, CHAT), (ANNA, "")):
        assert (identity := await owner(house, address, scope)) is not None
        assert (identity.customer, identity.verified) == (await customer_of(house, first), True)


async def test_a_proof_takes_an_address_that_was_only_seen_but_merges_nobody(house: House) -> None:
    mail = await house.write("maybe it was Anna, maybe not")
    chat = await prove(house, LAPTOP, ANNA)
    assert await customer_of(house, chat) != mail.customer
    assert (identity := await owner(house, ANNA)) is not None
    assert (identity.customer, identity.verified) == (await customer_of(house, chat), True)


async def test_proofs_that_name_two_people_make_them_neither_one_nor_waver(house: House) -> None:
    mail = await house.write("I am somebody else", authenticated=True)
    account = await prove(house, PHONE, ACCOUNT)
    both = await prove(house, LAPTOP, ACCOUNT, ANNA)
    assert await customer_of(house, both) == await customer_of(house, account)
    assert (identity := await owner(house, ANNA)) is not None
    assert identity.customer == mail.customer
    await house.rest()
    house.heard.clear()
    again = await prove(house, LAPTOP, ACCOUNT, ANNA, text="again")
    await house.rest()
    assert await customer_of(house, again) == await customer_of(house, account)
    assert not [x for x in house.heard if x.event.type is EventType.CUSTOMER_CHANGED], "nothing is written that was known"


async def test_whoever_logs_in_next_on_a_browser_is_himself(house: House) -> None:
    first = await prove(house, LAPTOP, ACCOUNT)
    other = await prove(house, PHONE, Address("webchat-user", "user-8"))
    second = await prove(house, LAPTOP, Address("webchat-user", "user-8"))
    assert await customer_of(house, second) == await customer_of(house, other)
    assert await customer_of(house, second) != await customer_of(house, first)


async def test_agents_enter_addresses_that_are_nobodys_yet(house: House) -> None:
    mia = await house.hire("mia")
    chat = await house.write("hi", channel=CHAT)
    mail = await house.write("hello")
    assert chat.customer is not None
    await house.people.add_identity(mia, chat.customer, "email", "anna@work.example", "key")
    await house.people.add_identity(mia, chat.customer, "email", "anna@work.example", "key")
    assert (entered := await owner(house, Address("email", "anna@work.example"))) is not None
    assert (entered.customer, entered.verified, entered.version) == (chat.customer, False, 1)
    with pytest.raises(Conflict):
        await house.people.add_identity(mia, chat.customer, "email", ANNA.value)
    with pytest.raises(KeyReused):
        await house.people.add_identity(mia, chat.customer, "email", "other@work.example", "key")
    with pytest.raises(NotFound):
        await house.people.add_identity(mia, CustomerId("nobody"), "email", "x@example.org")
    with pytest.raises(Denied):
        await house.people.add_identity(BOT_ACTOR, chat.customer, "email", "x@example.org")
    work = await house.write("from work", key="w", sender=Address("email", "anna@work.example"))
    assert work.customer == chat.customer
    assert mail.customer != chat.customer


async def test_writing_to_an_address_first_makes_its_owner_known(house: House) -> None:
    mia = await house.hire("mia")
    outcome = await house.do(mia, c.StartConversation("1", MAIL, (c.Addressee("email", "New@Example.ORG", "Nina"),), "Welcome"))
    assert outcome.conversation is not None
    answer = await house.write("thanks", key="t", sender=Address("email", "new@example.org"))
    assert answer.customer == outcome.conversation.customer
