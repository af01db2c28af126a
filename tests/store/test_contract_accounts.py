"""Passwords, sessions, reset links, login attempts and the audit record."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from msgspec.structs import replace

from inbox.admission import AuditEntry, AuditFilter, Factor, Invitation, Session
from inbox.core.errors import Conflict, NotFound
from inbox.core.ids import AgentId
from inbox.ports import Accounts
from inbox.testing.builders import an_agent
from inbox.testing.clock import START
from tests.store.conftest import Store

MIA = AgentId("mia")
HOUR = 60 * 60 * 1000


def a_session(id: str = "s1", agent: AgentId = MIA, created_at: int = START) -> Session:
    """A login that ends an hour after it began."""
    return Session(id, agent, "csrf", created_at, created_at, created_at + HOUR, "127.0.0.1", "Firefox")


async def test_an_address_logs_in_however_it_is_written(store: Store) -> None:
    await store.directory.save_agent(an_agent(email="Mia.Straße@Example.com"))
    assert (await credentials(store.accounts, "mia.STRASSE@example.COM ")).password_hash == ""
    await store.accounts.set_password(MIA, "$argon2id$1")
    await store.accounts.set_password(MIA, "$argon2id$2")
    found = await credentials(store.accounts, "mia.straße@example.com")
    assert (found.agent.id, found.password_hash) == (MIA, "$argon2id$2")
    assert found == await store.accounts.credentials_of(MIA)
    assert await store.accounts.credentials("nobody@example.com") is None
    assert await store.accounts.credentials_of(AgentId("nobody")) is None
    with pytest.raises(NotFound):
        await store.accounts.set_password(AgentId("nobody"), "x")


async def credentials(accounts: Accounts, email: str):  # type: ignore[no-untyped-def]  # narrows away None
    """The account, which must be there."""
    found = await accounts.credentials(email)
    assert found is not None
    return found


async def test_an_address_belongs_to_one_account(store: Store) -> None:
    await store.directory.save_agent(an_agent(email="mia@example.com"))
    with pytest.raises(Conflict):
        await store.directory.save_agent(an_agent("tom", email="MIA@example.com"))
    await store.directory.save_agent(an_agent(email="mia@example.org"))
    await store.directory.save_agent(an_agent("tom", email="MIA@example.com"))


async def test_a_session_lives_until_it_ends_or_expires(store: Store) -> None:
    await store.accounts.open_session(a_session())
    assert await store.accounts.session("s1", START + HOUR - 1) == a_session()
    assert await store.accounts.session("s1", START + HOUR) is None
    await store.accounts.touch_session("s1", START + 5, START + 2 * HOUR)
    used = await store.accounts.session("s1", START + HOUR)
    assert used is not None
    assert (used.seen_at, used.expires_at) == (START + 5, START + 2 * HOUR)
    await store.accounts.end_session("s1")
    await store.accounts.end_session("s1")
    await store.accounts.touch_session("s1", START + 5, START + 2 * HOUR)
    assert await store.accounts.session("s1", START) is None
    await store.accounts.open_session(a_session("s2"))
    with pytest.raises(Conflict):
        await store.accounts.open_session(a_session("s2", agent=AgentId("tom")))


async def test_all_sessions_of_an_agent_can_be_ended_but_the_present_one(store: Store) -> None:
    logins = [a_session("s1"), a_session("s2", created_at=START + 1), a_session("s3"), a_session("other", agent=AgentId("tom"))]
    for login in logins:
        await store.accounts.open_session(login)
    assert [s.id for s in await store.accounts.sessions(MIA, START)] == ["s2", "s1", "s3"]
    assert await store.accounts.end_sessions(MIA, keep="s2") == ["s1", "s3"]
    assert [s.id for s in await store.accounts.sessions(MIA, START)] == ["s2"]
    assert await store.accounts.end_sessions(MIA) == ["s2"]
    assert await store.accounts.session("other", START) is not None


async def test_second_factors_are_sealed_anew_unless_they_changed_meanwhile(store: Store) -> None:
    await store.accounts.begin_factor(Factor(MIA, "old", START))
    assert await store.accounts.sealed_factors() == {MIA: "old"}
    assert await store.accounts.reseal_factor(MIA, "old", "new")
    assert not await store.accounts.reseal_factor(MIA, "old", "other")
    assert await store.accounts.sealed_factors() == {MIA: "new"}


async def test_a_reset_link_works_once_and_in_time(store: Store) -> None:
    await store.accounts.save_reset("old", MIA, START + HOUR)
    await store.accounts.save_reset("t", MIA, START + HOUR)
    await store.accounts.save_reset("tom's", AgentId("tom"), START + HOUR)
    assert await store.accounts.use_reset("old", START) is None
    assert await store.accounts.use_reset("t", START + HOUR) is None
    answers = await asyncio.gather(*(store.accounts.use_reset("t", START) for _ in range(10)))
    assert sorted(str(a) for a in answers) == ["None"] * 9 + ["mia"]
    assert await store.accounts.use_reset("tom's", START) == "tom"


async def test_links_are_known_until_they_are_used_void_or_too_old(store: Store) -> None:
    tom = AgentId("tom")
    await store.accounts.save_reset("m", MIA, START + HOUR)
    await store.accounts.save_reset("t", tom, START + 2 * HOUR)
    assert await store.accounts.resets(START) == {MIA: START + HOUR, tom: START + 2 * HOUR}
    assert await store.accounts.resets(START + HOUR) == {tom: START + 2 * HOUR}
    await store.accounts.end_resets(tom)
    assert await store.accounts.resets(START) == {MIA: START + HOUR}
    assert await store.accounts.use_reset("t", START) is None
    assert await store.accounts.use_reset("m", START) == MIA
    assert await store.accounts.resets(START) == {}


async def test_who_has_a_password_is_known(store: Store) -> None:
    await store.directory.save_agent(an_agent(email="mia@example.com"))
    assert await store.accounts.with_password() == set()
    await store.accounts.set_password(MIA, "hash")
    assert await store.accounts.with_password() == {MIA}


async def test_a_link_saved_twice_at_once_is_one_link(store: Store) -> None:
    await asyncio.gather(*(store.accounts.save_reset("t", MIA, START + HOUR) for _ in range(5)))
    assert await store.accounts.use_reset("t", START) == MIA
    assert await store.accounts.use_reset("t", START) is None


async def test_an_invitation_is_remembered_as_it_was_made_first(store: Store) -> None:
    made = Invitation("i", "body", START + HOUR)
    assert await store.accounts.invitation("i") is None
    saved = await asyncio.gather(*(store.accounts.save_invitation(replace(made, body=f"body {n}")) for n in range(5)))
    assert sorted(saved) == [False] * 4 + [True]
    kept = await store.accounts.invitation("i")
    assert kept == replace(made, body=f"body {saved.index(True)}")
    await store.accounts.invitation_mailed("i")
    assert await store.accounts.invitation("i") == replace(kept, mailed=True)


async def test_attempts_are_counted_per_window_even_all_at_once(store: Store) -> None:
    counts = await asyncio.gather(*(store.accounts.count_attempt("mia", START, HOUR) for _ in range(20)))
    assert sorted(counts) == list(range(1, 21))
    assert await store.accounts.attempts("mia", START + 1) == (20, START + HOUR)
    assert await store.accounts.attempts("tom", START + 1) == (0, START + 1)
    assert await store.accounts.attempts("mia", START + HOUR) == (0, START + HOUR)
    assert await store.accounts.count_attempt("mia", START + HOUR, HOUR) == 1
    for _ in range(2):
        await store.accounts.take_back_attempt("mia")
    assert await store.accounts.count_attempt("mia", START + HOUR + 1, HOUR) == 1
    await store.accounts.clear_attempts("mia")
    assert await store.accounts.count_attempt("mia", START + HOUR + 1, HOUR) == 1


async def test_the_audit_record_is_read_backwards(store: Store) -> None:
    entries = [
        AuditEntry(id, at, "mia", "password.changed", data={"how": "reset"}) for id, at in (("a", START), ("b", START), ("c", START + 1))
    ]
    for entry in (*entries, entries[0]):
        await store.accounts.audit(entry)
    assert [e.id for e in await store.accounts.audited(None, 10)] == ["c", "b", "a"]
    assert await store.accounts.audited((START, "b"), 10) == [entries[0]]


async def test_the_audit_record_is_filtered(store: Store) -> None:
    for n in range(12):
        entry = AuditEntry(f"e{n:02}", START + n // 3, ("mia", "tom")[n % 2], ("made", "changed", "gone")[n % 3])
        await store.accounts.audit(entry)

    async def found(before: tuple[int, str] | None = None, **which: Any) -> list[str]:
        return [e.id for e in await store.accounts.audited(before, 10, AuditFilter(**which))]

    assert await found(actor="mia", action="made") == ["e06", "e00"]
    assert await found(action="gone") == ["e11", "e08", "e05", "e02"]
    assert await found((START + 2, "e08"), action="gone") == ["e05", "e02"]
    assert await found(since=START + 1, until=START + 2) == ["e05", "e04", "e03"]
    assert await found((START + 1, "e04"), since=START + 1, until=START + 2) == ["e03"]
    assert await store.accounts.audited_actions() == ["changed", "gone", "made"]
