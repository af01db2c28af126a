"""The whole channel against a real mail server: in, out, back again, and what it says of its health."""

import smtplib
from email.message import EmailMessage
from pathlib import Path

import msgspec
import pytest
import trustme
from msgspec.structs import replace

from connectors.email import CONNECTORS, EmailConnector
from connectors.email.settings import EmailSettings, ImapSettings, ListenerSettings, SmtpSettings
from connectors.email.trust import tls_context
from inbox.connector import InboundMessage, OutboundFile, Quoted, RawDelivery, Receipt
from inbox.core.errors import NeedsLogin, NotAuthentic, Rejected, TryLater, Unsupported
from inbox.core.ids import ChannelId
from inbox.core.message import DeliveryState
from inbox.core.mistakes import mistakes
from inbox.flow.sandbox import Sandbox
from tests.connectors.email.cases import CASES, HERE, raw
from tests.connectors.email.outgoing import AT, MESSAGE_TOKEN, TOKEN, mail_to, reply
from tests.connectors.email.receiving import Outside, running
from tests.eventually import eventually
from tests.peers.mail_server import PROGRAMS, Mailbox, MailServer

needs_mail_server = pytest.mark.peer(*PROGRAMS)


@pytest.fixture
def outside() -> Outside:
    return Outside()


def settings_for(server: MailServer, box: Mailbox) -> EmailSettings:
    ca = str(server.ca_file)
    return EmailSettings(
        box.address,
        name="Example Support",
        imap=ImapSettings("localhost", box.address, box.password, port=server.imaps, ca_file=ca),
        smtp=SmtpSettings("localhost", box.address, box.password, port=server.submission, ca_file=ca),
    )


def answer_to(body: bytes, customer: Mailbox) -> EmailMessage:
    """What a customer's mail program makes of a received mail."""
    (received,) = EmailConnector.parse(raw(body))
    assert isinstance(received, InboundMessage)
    written = EmailMessage()
    written["From"], written["To"] = customer.address, received.reply_to[0].value
    written["Subject"] = received.subject
    written["Message-ID"] = "<answer@customer.test>"
    written["In-Reply-To"] = f"<{received.external_id}>"
    written.set_content(f"It is 4711.\n\nOn 21 Nov 2026 Sam wrote:\n> {received.text}")
    return written


@needs_mail_server
async def test_a_reply_goes_out_and_its_answer_comes_home(mail_server: MailServer, outside: Outside) -> None:
    support, customer = mail_server.add(), mail_server.add()
    connector = outside.connector(settings_for(mail_server, support))
    outside.files["f1"] = b"%PDF" * 100_000
    answer = reply(
        to=mail_to(customer.address),
        files=(OutboundFile("f1", "Größe.pdf", "application/pdf", 400_000),),
        quoted=Quoted("Jo", AT, "Where is my order?"),
        signature="Sam",
    )
    sent = await connector.send(answer)
    assert sent.external_id == f"inbox.{MESSAGE_TOKEN}@example.test"
    (body,) = await eventually(lambda: mail_server.received(customer))
    source = await connector.written(answer)
    assert body.replace(b"\r\n", b"\n").endswith(source.replace(b"\r\n", b"\n").rstrip(b"\n") + b"\n"), "what can be read is what went out"
    with smtplib.SMTP("127.0.0.1", mail_server.smtp) as client:
        client.send_message(answer_to(body, customer))
    async with running(connector.receive(outside.ledger)):
        (message,) = await eventually(outside.ledger.messages)
    assert message.sender.value == customer.address
    assert {TOKEN, MESSAGE_TOKEN} <= set(message.tokens)
    assert message.references == (sent.external_id,)
    assert message.text[: message.fresh] == "It is 4711."
    assert outside.health.ok


@needs_mail_server
async def test_a_bounce_of_our_mail_comes_back_as_a_failed_receipt(mail_server: MailServer, outside: Outside) -> None:
    support = mail_server.add()
    connector = outside.connector(settings_for(mail_server, support))
    sent = await connector.send(reply(to=mail_to("nobody@example.test")))
    async with running(connector.receive(outside.ledger)):
        (delivery,) = await eventually(lambda: list(outside.ledger.stored.values()))
    (receipt,) = EmailConnector.parse(delivery)
    assert isinstance(receipt, Receipt)
    assert (receipt.state, receipt.token, receipt.provider_id) == (DeliveryState.FAILED, MESSAGE_TOKEN, sent.provider_id)
    assert receipt.recipient == "nobody@example.test"
    assert "User doesn't exist" in receipt.error


@needs_mail_server
async def test_our_own_mail_coming_back_says_whose_it_is(mail_server: MailServer, outside: Outside) -> None:
    support = mail_server.add()
    connector = outside.connector(settings_for(mail_server, support))
    await connector.send(reply(to=mail_to(support.address)))
    async with running(connector.receive(outside.ledger)):
        (message,) = await eventually(outside.ledger.messages)
    assert message.echo == MESSAGE_TOKEN


@needs_mail_server
async def test_the_probe_says_what_is_wrong_and_what_to_do(mail_server: MailServer, outside: Outside) -> None:
    good = settings_for(mail_server, mail_server.add())
    assert good.imap is not None
    assert good.smtp is not None
    assert (await outside.connector(good).probe()).ok
    wrong = {
        "imap.password": replace(good, imap=replace(good.imap, password="wrong")),
        "smtp.password": replace(good, smtp=replace(good.smtp, password="wrong")),
        "imap.ca_file": replace(good, imap=replace(good.imap, ca_file="")),
        "smtp.ca_file": replace(good, smtp=replace(good.smtp, ca_file="")),
        "imap.port": replace(good, imap=replace(good.imap, port=9)),
        "smtp.port": replace(good, smtp=replace(good.smtp, port=9)),
        "imap.folders": replace(good, imap=replace(good.imap, folders=("Nowhere",))),
    }
    for key, settings in wrong.items():
        health = await outside.connector(settings).probe()
        assert not health.ok, key
        assert health.problem
        assert key in health.remedy


@needs_mail_server
async def test_the_probe_names_every_fault(mail_server: MailServer, outside: Outside) -> None:
    good = settings_for(mail_server, mail_server.add())
    assert good.imap is not None
    assert good.smtp is not None
    refused, unreached = replace(good.imap, password="wrong"), replace(good.smtp, port=9)
    health = await outside.connector(replace(good, imap=refused, smtp=unreached)).probe()
    assert not health.ok
    assert "refused the login" in health.problem
    assert "b'" not in health.problem
    assert "The mail server cannot be used" in health.problem
    assert "imap.password" in health.remedy
    assert "smtp.port" in health.remedy


def test_a_file_that_names_no_authority_is_a_mistake_in_the_settings(tmp_path: Path) -> None:
    """What ``check-config`` says, before anything is connected."""
    rubbish = tmp_path / "rubbish.pem"
    rubbish.write_text("no certificate", encoding="utf-8")
    server = {"host": "localhost", "user": "u", "password": "p"}
    for part in ("imap", "smtp"):
        for file, why in ((tmp_path / "missing.pem", "cannot be read: No such file"), (rubbish, "holds no certificate")):
            [line] = mistakes({"address": "a@x.test", part: {**server, "ca_file": str(file)}}, EmailSettings, "s")
            assert line.startswith(f"s.{part}.ca_file: {file} {why}")


async def test_the_probe_names_the_settings_whose_files_are_gone(tmp_path: Path, outside: Outside) -> None:
    file = tmp_path / "ca.pem"
    trustme.CA().cert_pem.write_to_path(file)
    connector = outside.connector(
        EmailSettings(
            "a@x.test",
            imap=ImapSettings("localhost", "u", "p", port=9, ca_file=str(file)),
            smtp=SmtpSettings("localhost", port=9, ca_file=str(file)),
        )
    )
    file.unlink()
    tls_context.cache_clear()  # as in a process that starts now
    health = await connector.probe()
    for key in ("imap.ca_file", "smtp.ca_file"):
        assert f"{key}: {file} cannot be read" in health.problem
        assert key in health.remedy


@needs_mail_server
async def test_sending_tells_of_a_login_or_a_server_out_of_order_but_not_of_one_mail(mail_server: MailServer, outside: Outside) -> None:
    good = settings_for(mail_server, mail_server.add())
    assert good.smtp is not None
    with pytest.raises(TryLater):
        await outside.connector(good).send(reply(to=mail_to("greylisted@example.test")))
    assert outside.reports == []
    with pytest.raises(NeedsLogin):
        await outside.connector(replace(good, smtp=replace(good.smtp, password="wrong"))).send(reply())
    assert "smtp.password" in outside.health.remedy


@needs_mail_server
async def test_a_part_that_works_does_not_hide_one_that_does_not(mail_server: MailServer, outside: Outside) -> None:
    good = settings_for(mail_server, mail_server.add())
    assert good.smtp is not None
    connector = outside.connector(replace(good, smtp=replace(good.smtp, password="wrong")))
    async with running(connector.receive(outside.ledger)):
        await eventually(lambda: outside.reports)
        with pytest.raises(NeedsLogin):
            await connector.send(reply())
        count = len(outside.reports)
        with smtplib.SMTP("127.0.0.1", mail_server.smtp) as client:
            client.sendmail("jo@customer.test", good.address, b"Subject: x\r\n\r\nx")
        await eventually(lambda: len(outside.reports) > count)
    assert not outside.health.ok


async def test_a_channel_can_be_without_a_way_in_or_out(outside: Outside) -> None:
    connector = outside.connector(EmailSettings("support@example.test"))
    with pytest.raises(Unsupported):
        await connector.receive(outside.ledger)
    with pytest.raises(Rejected):
        await connector.send(reply())
    assert (await connector.probe()).ok


def test_nobody_posts_mail_to_us_by_http(outside: Outside) -> None:
    with pytest.raises(NotAuthentic):
        outside.connector(EmailSettings("support@example.test")).verify(RawDelivery(ChannelId("c"), "k", b"", 0))


async def test_nobody_can_tell_whether_a_lost_mail_was_taken(outside: Outside) -> None:
    with pytest.raises(Unsupported):
        await outside.connector(EmailSettings("support@example.test")).lookup(reply())


def test_the_preview_is_the_text_that_goes_out(outside: Outside) -> None:
    text = outside.connector(EmailSettings("support@example.test")).render(reply(signature="Sam", quoted=Quoted("Jo", AT, "Where?")))
    assert text == "Which order is it?\n\n-- \nSam\n\nOn Sat, 21 Nov 2026 at 10:00 UTC, Jo wrote:\n> Where?\n"


async def test_in_the_sandbox_a_mail_reads_the_same() -> None:
    async with Sandbox() as sandbox:
        for case in CASES:
            delivery = raw((HERE / f"{case}.in.eml").read_bytes())
            assert list(await sandbox.parse(EmailConnector, delivery)) == list(EmailConnector.parse(delivery)), case


@pytest.mark.parametrize(
    ("settings", "key"),
    [
        ({"address": "support@example.test", "adress": "x"}, "adress"),
        ({"address": "no address"}, "address"),
        ({"address": "a@x.test", "imap": {"host": "x", "user": "u", "password": "p", "security": "ssl"}}, "security"),
        ({"address": "a@x.test", "imap": {"host": "x y", "user": "u", "password": "p"}}, "host"),
        ({"address": "a@x.test", "smtp": {"host": "x", "port": 70000}}, "port"),
        ({"address": "a@x.test", "name": "a\r\nBcc: b@x.test"}, "name"),
        ({"address": "a@x.test", "listener": {"port": 24, "protocol": "http"}}, "protocol"),
    ],
)
def test_a_wrong_setting_is_refused_by_its_name(settings: dict[str, object], key: str) -> None:
    with pytest.raises(msgspec.ValidationError, match=key):
        msgspec.convert(settings, EmailSettings)


def test_usual_ports_are_meant_when_none_is_given() -> None:
    assert ImapSettings("x", "u", "p").at_port == 993
    assert ImapSettings("x", "u", "p", "starttls").at_port == 143
    assert SmtpSettings("x").at_port == 587
    assert SmtpSettings("x", security="tls").at_port == 465
    assert ListenerSettings(24).host == "127.0.0.1"


def test_the_registry_finds_it() -> None:
    assert (EmailConnector,) == CONNECTORS
