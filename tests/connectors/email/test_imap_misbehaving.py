"""A server that refuses, hangs up, cuts short or tells half: every other mail comes in, and the bad one as soon as it can."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from connectors.email.imap import MOST_IN_A_ROW, FolderReader, Pace
from connectors.email.settings import ImapSettings
from inbox.core.ids import ChannelId
from tests.connectors.email.receiving import Outside, running
from tests.eventually import eventually
from tests.peers.scripted_imap import Answer, ScriptedImap, cut_short, hang_up, refuse, scripted_imap

QUICK = Pace(poll=0.05, first_pause=0.01, longest_pause=0.05)


def mail(n: int) -> bytes:
    return f"From: jo@customer.test\r\nSubject: {n}\r\nMessage-ID: <{n}@customer.test>\r\n\r\nhello\r\n".encode()


@pytest.fixture
def outside() -> Outside:
    return Outside()


@asynccontextmanager
async def reading(outside: Outside, server: ScriptedImap, pace: Pace = QUICK) -> AsyncIterator[None]:
    async with scripted_imap(server):
        settings = ImapSettings("127.0.0.1", "u", "p", "plain", server.port)
        reader = FolderReader(ChannelId("c"), settings, "INBOX", {}, outside.tools, outside.ledger, outside.reports.append, pace)
        async with running(reader.run()):
            yield


def readable(outside: Outside) -> set[str]:
    return {message.subject for message in outside.ledger.messages() if not message.unreadable}


@pytest.mark.parametrize("answer", [refuse, hang_up, cut_short])
@pytest.mark.parametrize("bad", [1, 3, 5], ids=["first", "middle", "last"])
async def test_one_bad_mail_holds_up_no_other(outside: Outside, answer: Answer, bad: int) -> None:
    server = ScriptedImap({n: mail(n) for n in range(1, 6)})
    server.trouble[bad] = answer
    async with reading(outside, server):
        await eventually(lambda: len(outside.ledger.stored) == 5)
        await eventually(lambda: outside.health.ok)
    assert readable(outside) == {"1", "2", "3", "4", "5"} - {str(bad)}
    (unreadable,) = [message.unreadable for message in outside.ledger.messages() if message.unreadable]
    assert unreadable == "fetch_failed"
    assert outside.cursors.values["imap:INBOX"]["aside"] == [bad]


async def test_what_was_set_aside_comes_in_once_the_server_can(outside: Outside) -> None:
    server = ScriptedImap({n: mail(n) for n in range(1, 4)})
    server.trouble[2] = refuse
    async with reading(outside, server, Pace(poll=0.05, first_pause=0.01, longest_pause=0.05, retry_aside=0.2)):
        await eventually(lambda: len(outside.ledger.stored) == 3)
        server.trouble.clear()
        await eventually(lambda: readable(outside) == {"1", "2", "3"})
        await eventually(lambda: outside.cursors.values["imap:INBOX"]["aside"] == [])


async def test_a_server_that_hands_over_nothing_is_waited_for(outside: Outside) -> None:
    count = MOST_IN_A_ROW + 5
    server = ScriptedImap({n: mail(n) for n in range(1, count + 1)})
    server.trouble = dict.fromkeys(server.mails, refuse)
    async with reading(outside, server, Pace(poll=0.05, first_pause=0.001, longest_pause=0.01, retry_aside=0.2)):
        await eventually(lambda: len(outside.ledger.stored) == MOST_IN_A_ROW)
        seen = server.connections
        await eventually(lambda: server.connections > seen + 10)
        assert len(outside.ledger.stored) == MOST_IN_A_ROW
        server.trouble.clear()
        await eventually(lambda: len(readable(outside)) == count)


async def test_news_in_the_packet_that_opens_idle_is_not_overheard(outside: Outside) -> None:
    server = ScriptedImap({1: mail(1)})
    server.at_idle = {2: mail(2)}
    async with reading(outside, server, Pace(poll=3600)):
        await eventually(lambda: readable(outside) == {"1", "2"})


@pytest.mark.parametrize("tells_next_uid", [True, False])
async def test_without_idle_it_is_polled(outside: Outside, tells_next_uid: bool) -> None:
    server = ScriptedImap({1: mail(1)}, "IMAP4rev1", tells_next_uid)
    async with reading(outside, server):
        await eventually(lambda: readable(outside) == {"1"})
        del server.mails[1]
        server.mails[2] = mail(2)  # as many mails as before
        await eventually(lambda: readable(outside) == {"1", "2"})


async def test_a_lower_uid_that_is_shown_late_is_not_missed(outside: Outside) -> None:
    server = ScriptedImap({8: mail(8), 9: mail(9)})
    async with reading(outside, server):
        await eventually(lambda: readable(outside) == {"8", "9"})
        server.mails[5] = mail(5)
        await eventually(lambda: readable(outside) == {"5", "8", "9"})
    assert sorted(server.fetched) == [5, 8, 9]


async def test_a_new_uidvalidity_reads_everything_and_doubles_nothing(outside: Outside) -> None:
    server = ScriptedImap({n: mail(n) for n in range(1, 4)})
    async with reading(outside, server):
        await eventually(lambda: readable(outside) == {"1", "2", "3"})
        server.mails = {1: mail(4), 2: mail(3), 3: mail(2)}
        server.validity = 8
        await eventually(lambda: readable(outside) == {"1", "2", "3", "4"})
    assert len(outside.ledger.stored) == 4


async def test_a_date_that_is_none_costs_nothing_but_the_date(outside: Outside) -> None:
    server = ScriptedImap({1: mail(1), 2: mail(2), 3: mail(3)})
    server.dates = {1: "yesterday", 2: "01-Jan-1970 00:00:00 +0000", 3: "03-May-2021 10:00:00 +0200"}
    async with reading(outside, server):
        await eventually(lambda: len(outside.ledger.stored) == 3)
    assert sorted((m.subject, m.received_at) for m in outside.ledger.messages()) == [("1", None), ("2", None), ("3", 1_620_028_800_000)]


async def test_a_backlog_is_one_however_often_its_reading_is_broken_off(outside: Outside) -> None:
    server = ScriptedImap({n: mail(n) for n in range(1, 120)})
    server.dates = dict.fromkeys(range(1, 130), "03-May-2021 10:00:00 +0200")
    server.trouble[77] = hang_up
    async with reading(outside, server):
        await eventually(lambda: len(outside.ledger.stored) == 119)
        await eventually(lambda: outside.health.ok)
    assert server.connections > 2
    server.mails = {n: mail(n) for n in range(1, 125)}
    async with reading(outside, server):
        await eventually(lambda: len(outside.ledger.stored) == 124)
    assert {int(m.subject) for m in outside.ledger.messages() if m.subject and not m.backlog} == set(range(120, 125))
