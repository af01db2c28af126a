"""Mail in a real mailbox comes in once, in any weather, and the mailbox stays as it was."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

import pytest
import trustme
from msgspec.structs import replace

from connectors.email import limits
from connectors.email.imap import FolderReader, Pace
from connectors.email.settings import EmailSettings, ImapSettings, Security
from inbox.core.ids import ChannelId
from tests.connectors.email.receiving import Outside, running
from tests.eventually import eventually
from tests.peers.mail_server import PROGRAMS, Mailbox, MailServer

pytestmark = pytest.mark.peer(*PROGRAMS)
QUICK = Pace(poll=0.1, first_pause=0.05)
BY_IDLE_ONLY = Pace(poll=60)


def mailbox(server: MailServer, box: Mailbox, security: Security = "tls", **changes: object) -> ImapSettings:
    port = server.imaps if security == "tls" else server.imap
    plain = ImapSettings("localhost", box.address, box.password, security, port, str(server.ca_file))
    return replace(plain, **changes)


def mail(subject: str, text: str = "hello") -> bytes:
    return f"From: jo@customer.test\r\nSubject: {subject}\r\nMessage-ID: <{subject}@customer.test>\r\n\r\n{text}\r\n".encode()


@pytest.fixture
def outside() -> Outside:
    return Outside()


@asynccontextmanager
async def reading(outside: Outside, settings: ImapSettings, pace: Pace = QUICK) -> AsyncIterator[asyncio.Task[None]]:
    """Reads INBOX until the block ends."""
    reader = FolderReader(ChannelId("c"), settings, "INBOX", {}, outside.tools, outside.ledger, outside.reports.append, pace)
    async with running(reader.run()) as task:
        yield task


async def arrived(outside: Outside, *subjects: str) -> None:
    await eventually(lambda: outside.ledger.subjects() == sorted(subjects), what=f"{subjects}, have {outside.ledger.subjects()}")


@pytest.mark.parametrize("security", ["tls", "starttls", "plain"])
async def test_what_is_there_and_what_comes_later(mail_server: MailServer, outside: Outside, security: Security) -> None:
    box = mail_server.add()
    mail_server.save(box, mail("before"))
    async with reading(outside, mailbox(mail_server, box, security), BY_IDLE_ONLY):
        await arrived(outside, "before")
        mail_server.save(box, mail("during"))
        await arrived(outside, "before", "during")
    assert outside.health.ok


async def test_the_mailbox_says_when_a_mail_came_and_what_was_there_before_us(mail_server: MailServer, outside: Outside) -> None:
    box = mail_server.add()
    mail_server.append(box, mail("old"), "03-May-2021 10:00:00 +0200")
    async with reading(outside, mailbox(mail_server, box)):
        await arrived(outside, "old")
        mail_server.append(box, mail("moved here"), "01-Nov-2026 09:00:00 -0500")
        mail_server.save(box, mail("new"))
        await arrived(outside, "old", "moved here", "new")
    found = {message.subject: message for message in outside.ledger.messages()}
    assert (found["old"].received_at, found["old"].backlog) == (1_620_028_800_000, True)
    assert (found["moved here"].received_at, found["moved here"].backlog) == (1_793_541_600_000, False)
    assert abs((found["new"].received_at or 0) - time.time() * 1000) < 60_000
    assert not found["new"].backlog


async def test_flags_stay_untouched(mail_server: MailServer, outside: Outside) -> None:
    box = mail_server.add()
    mail_server.save(box, mail("a"))
    before = mail_server.flags(box)
    async with reading(outside, mailbox(mail_server, box)):
        await arrived(outside, "a")
    assert "\\Seen" not in str(mail_server.flags(box))
    assert len(mail_server.flags(box)) == len(before)


async def test_nothing_is_fetched_again_after_a_restart(mail_server: MailServer, outside: Outside) -> None:
    box = mail_server.add()
    for subject in "ab":
        mail_server.save(box, mail(subject))
    async with reading(outside, mailbox(mail_server, box)):
        await arrived(outside, "a", "b")
    mail_server.save(box, mail("c"))
    async with reading(outside, mailbox(mail_server, box)):
        await arrived(outside, "a", "b", "c")
    assert len(outside.ledger.calls) == 3


async def test_the_cursor_waits_for_the_database(mail_server: MailServer, outside: Outside) -> None:
    box = mail_server.add()
    mail_server.save(box, mail("a"))
    outside.ledger.away = True
    async with reading(outside, mailbox(mail_server, box)):
        await eventually(lambda: outside.reports)
        assert not outside.health.ok
        assert "database" in outside.health.remedy
        assert outside.cursors.saved == []
        outside.ledger.away = False
        await arrived(outside, "a")
        await eventually(lambda: outside.health.ok)


async def test_other_uids_lose_nothing_and_double_nothing(mail_server: MailServer, outside: Outside) -> None:
    box = mail_server.add()
    for subject in "abc":
        mail_server.save(box, mail(subject))
    async with reading(outside, mailbox(mail_server, box)):
        await arrived(outside, "a", "b", "c")
    mail_server.forget_uids(box)
    mail_server.save(box, mail("d"))
    async with reading(outside, mailbox(mail_server, box)):
        await arrived(outside, "a", "b", "c", "d")
    assert len({saved["uidvalidity"] for saved in outside.cursors.saved}) == 2


async def test_other_uids_while_we_are_connected(mail_server: MailServer, outside: Outside) -> None:
    box = mail_server.add()
    mail_server.save(box, mail("a"))
    async with reading(outside, mailbox(mail_server, box)):
        await arrived(outside, "a")
        mail_server.forget_uids(box)
        mail_server.save(box, mail("b"))
        await arrived(outside, "a", "b")


async def test_a_restarted_server_is_found_again(outside: Outside, mail_server: MailServer) -> None:
    box = mail_server.add()
    mail_server.save(box, mail("a"))
    async with reading(outside, mailbox(mail_server, box)):
        await arrived(outside, "a")
        await asyncio.to_thread(mail_server.stop_dovecot)
        try:
            await eventually(lambda: not outside.health.ok)
        finally:
            await asyncio.to_thread(mail_server.start_dovecot)
        mail_server.save(box, mail("b"))
        await arrived(outside, "a", "b")
        await eventually(lambda: outside.health.ok)


async def test_a_kicked_connection_is_made_again(mail_server: MailServer, outside: Outside) -> None:
    box = mail_server.add()
    async with reading(outside, mailbox(mail_server, box), BY_IDLE_ONLY):
        await eventually(lambda: outside.reports and outside.health.ok)
        for n in range(3):
            mail_server.kick(box)
            mail_server.save(box, mail(f"after {n}"))
            await arrived(outside, *(f"after {i}" for i in range(n + 1)))


async def test_mails_that_vanish_are_no_trouble(mail_server: MailServer, outside: Outside) -> None:
    box = mail_server.add()
    for n in range(5):
        mail_server.save(box, mail(f"old {n}"))
    mail_server.expunge(box, "subject", "old 2")
    async with reading(outside, mailbox(mail_server, box)):
        await arrived(outside, "old 0", "old 1", "old 3", "old 4")
        mail_server.expunge(box)
        mail_server.save(box, mail("new"))
        await arrived(outside, "new", "old 0", "old 1", "old 3", "old 4")


async def test_a_long_backlog_comes_in_batches_and_whole(mail_server: MailServer, outside: Outside) -> None:
    box = mail_server.add()
    folder = mail_server.dir / "mail" / box.address
    mail_server.save(box, mail("0"))
    (first,) = (folder / "new").glob("*")
    for n in range(1, 1200):
        copy = folder / "new" / f"{first.name.split('.')[0]}.M{n}.backlog"
        copy.write_bytes(mail(str(n)).replace(b"\r\n", b"\n"))
        copy.chmod(0o666)
    async with reading(outside, mailbox(mail_server, box)):
        await eventually(lambda: len(outside.ledger.stored) == 1200)
    assert len(outside.ledger.calls) == 1200
    assert 24 <= len(outside.cursors.saved) <= 40
    assert [saved["last_uid"] for saved in outside.cursors.saved] == sorted(saved["last_uid"] for saved in outside.cursors.saved)


async def test_a_large_mail_comes_whole_and_a_too_large_one_by_its_header(mail_server: MailServer, outside: Outside) -> None:
    box = mail_server.add()
    large, huge = mail("large", "x" * 70 + "\r\n" + "line\r\n" * 1_000_000), mail("huge", "y" * 76 + "\r\n" * (limits.MESSAGE // 2))
    mail_server.save(box, large)
    mail_server.save(box, huge)
    mail_server.save(box, mail("next"))
    async with reading(outside, mailbox(mail_server, box)):
        await eventually(lambda: len(outside.ledger.stored) == 3)
    found = {message.subject: message for message in outside.ledger.messages()}
    assert [raw.body for raw in outside.ledger.stored.values() if b"large" in raw.body[:200]] == [large]
    assert (found["huge"].unreadable, found["huge"].text) == ("too_large", "")
    assert found["next"].unreadable == ""


async def test_a_wrong_password_says_what_to_do(mail_server: MailServer, outside: Outside) -> None:
    async with reading(outside, mailbox(mail_server, mail_server.add(), password="wrong")):
        await eventually(lambda: outside.reports)
    assert not outside.health.ok
    assert "refused the login" in outside.health.problem
    assert "imap.password" in outside.health.remedy


@pytest.mark.parametrize("security", ["tls", "starttls"])
async def test_an_untrusted_certificate_is_not_accepted(
    mail_server: MailServer, outside: Outside, tmp_path: Path, security: Security
) -> None:
    trustme.CA().cert_pem.write_to_path(tmp_path / "ca.pem")
    box = mail_server.add()
    mail_server.save(box, mail("a"))
    async with reading(outside, mailbox(mail_server, box, security, ca_file=str(tmp_path / "ca.pem"))):
        await eventually(lambda: outside.reports)
    assert "not trusted" in outside.health.problem
    assert "imap.ca_file" in outside.health.remedy
    assert outside.ledger.stored == {}


async def test_a_folder_that_is_missing_is_named(mail_server: MailServer, outside: Outside) -> None:
    box = mail_server.add()
    settings = EmailSettings(box.address, imap=mailbox(mail_server, box, folders=("Nowhere",)))
    health = await outside.connector(settings).probe()
    assert not health.ok
    assert "Nowhere" in health.problem


async def test_several_folders_are_read_side_by_side(mail_server: MailServer, outside: Outside) -> None:
    box = mail_server.add()
    mail_server.save(box, mail("here"))
    mail_server.save(box, mail("there"), "Archive")
    settings = EmailSettings(box.address, imap=mailbox(mail_server, box, folders=("INBOX", "Archive")))
    async with running(outside.connector(settings).receive(outside.ledger)):
        await arrived(outside, "here", "there")
    assert set(outside.cursors.values) == {"imap:INBOX", "imap:Archive"}


async def test_stopping_is_immediate_even_while_the_server_is_silent(mail_server: MailServer, outside: Outside) -> None:
    box = mail_server.add()
    async with AsyncExitStack() as work:
        await work.enter_async_context(reading(outside, mailbox(mail_server, box), BY_IDLE_ONLY))
        await eventually(lambda: outside.reports)
        async with asyncio.timeout(BY_IDLE_ONLY.poll / 2):
            await work.aclose()
