"""A mail server hands mail to us: taken when stored, sent back when not ours, never lost, never smuggled."""

import asyncio
import smtplib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Literal

import pytest

from connectors.email import limits
from connectors.email.key import mail_key
from connectors.email.listener import Listener
from connectors.email.settings import ListenerSettings
from inbox.core.ids import ChannelId
from tests.connectors.email.receiving import Outside, running
from tests.eventually import PATIENCE_S, eventually
from tests.peers.mail_server import PROGRAMS, MailServer

OWN = "support@handed-on.test"
MAIL = b"From: jo@customer.test\r\nSubject: hello\r\n\r\nwords\r\n"


@pytest.fixture
def outside() -> Outside:
    return Outside()


@asynccontextmanager
async def listening(outside: Outside, protocol: Literal["lmtp", "smtp"] = "lmtp") -> AsyncIterator[Listener]:
    own = frozenset((OWN, "sales@handed-on.test"))
    listener = Listener(ChannelId("c"), ListenerSettings(0, protocol=protocol), own, {"own": OWN}, outside.tools, outside.ledger)
    async with running(listener.run(outside.reports.append)):
        await eventually(lambda: listener.port)
        yield listener


async def talk(port: int, *said: bytes) -> list[str]:
    """Says one thing after the other and gives the answers."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    answers = [await answer(reader)]
    for words in said:
        writer.write(words)
        answers.append(await answer(reader))
    writer.close()
    await writer.wait_closed()
    return answers


async def answer(reader: asyncio.StreamReader) -> str:
    async with asyncio.timeout(PATIENCE_S):
        lines = [await reader.readline()]
        while lines[-1][3:4] == b"-":
            lines.append(await reader.readline())
    return lines[-1].decode().strip()


async def hand_in(port: int, *to: str) -> dict[str, tuple[int, bytes]]:
    """Sends MAIL with another program's client; who was refused."""

    def send() -> dict[str, tuple[int, bytes]]:
        with smtplib.SMTP("127.0.0.1", port) as client:
            return client.sendmail("jo@customer.test", to, MAIL)

    return await asyncio.to_thread(send)


OPEN = (b"LHLO mx.test\r\n", b"MAIL FROM:<jo@customer.test>\r\n", b"RCPT TO:<support@handed-on.test>\r\n", b"DATA\r\n")


async def test_250_means_stored(outside: Outside) -> None:
    async with listening(outside) as listener:
        assert (await talk(listener.port, *OPEN, MAIL + b".\r\n"))[-1].startswith("250")
    (raw,) = outside.ledger.stored.values()
    assert raw.body == MAIL
    assert raw.key == mail_key(MAIL)
    assert raw.context == {"own": OWN, "via": "lmtp", "mail_from": "jo@customer.test", "rcpt_to": OWN}


async def test_not_stored_means_come_again(outside: Outside) -> None:
    async with listening(outside) as listener:
        outside.ledger.away = True
        assert (await talk(listener.port, *OPEN, MAIL + b".\r\n"))[-1].startswith("451")
        outside.ledger.away = False
        assert (await talk(listener.port, *OPEN, MAIL + b".\r\n"))[-1].startswith("250")


@pytest.mark.parametrize(
    ("address", "code"),
    [
        (OWN, "250"),
        ("Support+Token@Handed-On.test", "250"),
        ("sales@handed-on.test", "250"),
        ("other@handed-on.test", "550"),
        ("support@elsewhere.test", "550"),
        ("support@handed-on.test@elsewhere.test", "5"),
    ],
)
async def test_only_our_own_addresses_are_taken(outside: Outside, address: str, code: str) -> None:
    async with listening(outside) as listener:
        answers = await talk(listener.port, *OPEN[:2], f"RCPT TO:<{address}>\r\n".encode())
    assert answers[-1].startswith(code)


async def test_the_null_sender_and_the_tag_come_along(outside: Outside) -> None:
    tagged = f"RCPT TO:<support+{'a' * 26}@handed-on.test>\r\n".encode()
    async with listening(outside) as listener:
        await talk(listener.port, OPEN[0], b"MAIL FROM:<>\r\n", tagged, OPEN[3], MAIL + b".\r\n")
    (message,) = outside.ledger.messages()
    assert message.automatic == "auto-reply"
    assert message.tokens == ("a" * 26,)


async def test_lmtp_answers_for_each_recipient_and_smtp_once(outside: Outside) -> None:
    both = (*OPEN[:3], b"RCPT TO:<sales@handed-on.test>\r\n", OPEN[3])
    async with listening(outside) as listener:
        reader, writer = await asyncio.open_connection("127.0.0.1", listener.port)
        writer.write(b"".join(both) + MAIL + b".\r\nQUIT\r\n")
        lines = (await reader.read(4096) + await asyncio.wait_for(reader.read(), PATIENCE_S)).decode().splitlines()
        writer.close()
    assert [line[:3] for line in lines[-3:]] == ["250", "250", "221"]
    assert len(outside.ledger.calls) == 1
    async with listening(outside, "smtp") as listener:
        assert await hand_in(listener.port, OWN, "sales@handed-on.test") == {}
    assert len(outside.ledger.calls) == 2


BODIES = {
    "doubled dots": b".one\r\n..\r\n...two\r\n",
    "bare line feeds and dots": b"a\n.\nb\r\n\n.\r\nc\r\n.\nd\r\n",
    "bare carriage returns": b"a\r.\rb\r\r\n.\r\rc\r\n",
    "a long line": b"x" * 300_000 + b"\r\n",
    "nothing": b"",
    "an empty line": b"\r\n",
    "sentences that end lines": b"It ends.\r\n" * 30_000,
    "bytes of all kinds": bytes(range(256)) + b"\r\n",
}


@pytest.mark.parametrize("name", BODIES)
async def test_what_was_sent_is_what_is_stored(outside: Outside, name: str) -> None:
    body = BODIES[name]
    stuffed = body.replace(b"\r\n.", b"\r\n..")
    stuffed = b"." + stuffed if stuffed.startswith(b".") else stuffed
    async with listening(outside) as listener:
        answers = await talk(listener.port, *OPEN, stuffed + b".\r\n", b"NOOP\r\n")
    assert [said[:3] for said in answers[-2:]] == ["250", "250"]
    assert [raw.body for raw in outside.ledger.stored.values()] == [body]


@pytest.mark.parametrize("end", [b"\n.\n", b"\n.\r\n", b"\r\n.\n", b"\r\n.\r", b"\r.\r", b"\n.\r\r\n"])
async def test_nothing_is_smuggled_in_behind_a_false_end(outside: Outside, end: bytes) -> None:
    inner = b"MAIL FROM:<boss@bank.test>\r\nRCPT TO:<support@handed-on.test>\r\nDATA\r\nFrom: boss@bank.test\r\n\r\nforged\r\n"
    async with listening(outside) as listener:
        await talk(listener.port, *OPEN, MAIL + end + inner + b".\r\n")
    (message,) = outside.ledger.messages()
    assert message.sender.value == "jo@customer.test"


async def test_a_mail_over_the_limit_is_kept_by_its_header(outside: Outside) -> None:
    async with listening(outside) as listener:
        answers = await talk(
            listener.port, *OPEN, MAIL + b"x" * 78 + b"line\r\n" * (limits.MESSAGE // 6 + 1) + b".\r\n", *OPEN[1:], MAIL + b".\r\n"
        )
    assert (answers[5][:3], answers[-1][:3]) == ("250", "250")
    assert [(m.subject, m.unreadable, m.text) for m in outside.ledger.messages()] == [("hello", "too_large", ""), ("hello", "", "words")]


async def test_a_connection_that_ends_before_the_dot_stores_nothing(outside: Outside) -> None:
    async with listening(outside) as listener:
        reader, writer = await asyncio.open_connection("127.0.0.1", listener.port)
        writer.write(b"".join(OPEN) + MAIL)
        await reader.readuntil(b"354")
        writer.close()
        assert (await talk(listener.port, *OPEN, b"From: b@x.test\r\n\r\n.\r\n"))[-1].startswith("250")
    assert len(outside.ledger.stored) == 1


async def test_stopping_ends_open_connections(outside: Outside) -> None:
    async with listening(outside) as listener:
        reader, writer = await asyncio.open_connection("127.0.0.1", listener.port)
        await reader.readline()
    assert await asyncio.wait_for(reader.read(), PATIENCE_S) == b""
    writer.close()


async def test_a_taken_port_is_told_and_tried_again(outside: Outside) -> None:
    async with listening(outside) as first:
        second = Listener(ChannelId("c"), ListenerSettings(first.port), frozenset((OWN,)), {}, outside.tools, outside.ledger)
        async with running(second.run(outside.reports.append)):
            await eventually(lambda: not outside.health.ok)
    assert "listener.port" in outside.health.remedy


@pytest.mark.peer(*PROGRAMS)
async def test_a_real_mail_server_delivers_and_keeps_what_we_cannot_store(mail_server: MailServer, outside: Outside) -> None:
    tagged = f"support+{'a' * 26}@handed-on.test"
    async with listening(outside) as listener:
        mail_server.hand_on_to(listener.port)
        outside.ledger.away = True
        await hand_in(mail_server.smtp, OWN, tagged)
        await eventually(lambda: "451" in (mail_server.dir / "spool/mainlog").read_text())
        outside.ledger.away = False
        (message,) = await eventually(outside.ledger.messages)
    assert message.tokens == ("a" * 26,)
    assert message.subject == "hello"


@pytest.mark.peer(*PROGRAMS)
async def test_the_same_mail_by_listener_and_mailbox_has_one_key(mail_server: MailServer, outside: Outside) -> None:
    box = mail_server.add()
    async with listening(outside) as listener:
        mail_server.hand_on_to(listener.port)
        await hand_in(mail_server.smtp, OWN, box.address)
        await eventually(lambda: outside.ledger.stored)
        (copy,) = await eventually(lambda: mail_server.received(box))
    assert copy != MAIL
    assert list(outside.ledger.stored) == [mail_key(copy)]
