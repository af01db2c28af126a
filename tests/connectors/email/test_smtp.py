"""A mail is taken, refused, put off, or nobody knows: each for certain, by a real mail server and by one that misbehaves."""

import asyncio
import socket
from contextlib import closing
from pathlib import Path

import pytest
import trustme
from msgspec.structs import replace

from connectors.email.compose import Composed, compose
from connectors.email.mime import parse_mail
from connectors.email.settings import Security, SmtpSettings
from connectors.email.smtp import LIMITS, Limits, check, submit
from inbox.connector import InboundMessage
from inbox.core.errors import InboxError, NeedsLogin, Rejected, TryLater, Unknown
from tests.connectors.email.cases import raw
from tests.connectors.email.outgoing import SETTINGS, mail_to, reply
from tests.eventually import eventually
from tests.peers.mail_server import PROGRAMS, Mailbox, MailServer
from tests.peers.scripted_smtp import HANG_UP, ScriptedSmtp, scripted_smtp

needs_mail_server = pytest.mark.peer(*PROGRAMS)


def mail(*to: str, sender: str = "support@example.test", text: str = "Which order is it?") -> Composed:
    return compose(reply(to=mail_to(*to), text=text), replace(SETTINGS, address=sender), {})


def by(server: MailServer, security: Security, box: Mailbox | None = None, **changes: str) -> SmtpSettings:
    port = {"tls": server.smtps, "starttls": server.submission, "plain": server.smtp}[security]
    plain = SmtpSettings("localhost", security=security, port=port, ca_file=str(server.ca_file))
    logged_in = replace(plain, user=box.address, password=box.password) if box else plain
    return replace(logged_in, **changes)


def at(script: ScriptedSmtp) -> SmtpSettings:
    return SmtpSettings("127.0.0.1", security="plain", port=script.port)


@needs_mail_server
@pytest.mark.parametrize("security", ["tls", "starttls", "plain"])
async def test_a_mail_reaches_its_reader_unchanged(mail_server: MailServer, security: Security) -> None:
    box, customer = mail_server.add(), mail_server.add()
    text = ".\n..\n. begins with a dot\nFrom here\nGrüße\n" + "x" * 2_000
    sent = await submit(mail(customer.address, sender=box.address, text=text), by(mail_server, security, box), "example.test")
    assert sent.refused == {}
    (body,) = await eventually(lambda: mail_server.received(customer))
    (item,) = parse_mail(raw(body))
    assert isinstance(item, InboundMessage)
    assert (item.text, item.external_id) == (text, sent.external_id)


@needs_mail_server
async def test_addresses_beyond_ascii_are_taken_where_the_server_can(mail_server: MailServer) -> None:
    box = mail_server.add()
    await submit(mail("用户@elsewhere.test", sender=box.address), by(mail_server, "starttls", box), "example.test")
    await eventually(lambda: any("用户".encode() in body for body in mail_server.sent_elsewhere()))
    async with scripted_smtp({}) as script:
        with pytest.raises(Rejected, match="SMTPUTF8"):
            await submit(mail("用户@x.test"), at(script), "example.test")


@needs_mail_server
async def test_who_is_refused_is_named_and_the_others_get_it(mail_server: MailServer) -> None:
    box, customer = mail_server.add(), mail_server.add()
    message = mail("refused@example.test", customer.address, sender=box.address)
    sent = await submit(message, by(mail_server, "starttls", box), "example.test")
    assert sent.refused == {"refused@example.test": "550 no such user here"}
    await eventually(lambda: mail_server.received(customer))


@needs_mail_server
async def test_who_is_refused_for_now_is_named_apart(mail_server: MailServer) -> None:
    box, customer = mail_server.add(), mail_server.add()
    message = mail("greylisted@example.test", "refused@example.test", customer.address, sender=box.address)
    sent = await submit(message, by(mail_server, "starttls", box), "example.test")
    assert (sent.refused, sent.later) == (
        {"refused@example.test": "550 no such user here"},
        {"greylisted@example.test": "451 come back later"},
    )
    await eventually(lambda: mail_server.received(customer))


@needs_mail_server
async def test_everybody_refused_is_a_refusal(mail_server: MailServer) -> None:
    with pytest.raises(Rejected, match="550 relay not permitted") as refused:
        await submit(mail("a@elsewhere.test", "b@elsewhere.test"), by(mail_server, "plain"), "example.test")
    assert set(refused.value.recipients) == {"a@elsewhere.test", "b@elsewhere.test"}


@needs_mail_server
async def test_come_back_later_is_not_a_refusal(mail_server: MailServer) -> None:
    with pytest.raises(TryLater, match="451 come back later"):
        await submit(mail("greylisted@example.test", "refused@example.test"), by(mail_server, "plain"), "example.test")


@needs_mail_server
@pytest.mark.parametrize("security", ["tls", "starttls"])
async def test_a_wrong_password_needs_the_admin(mail_server: MailServer, security: Security) -> None:
    settings = by(mail_server, security, mail_server.add(), password="wrong")
    with pytest.raises(NeedsLogin, match="535"):
        await submit(mail("a@elsewhere.test"), settings, "example.test")
    with pytest.raises(NeedsLogin, match="535"):
        await check(settings, "example.test")


@needs_mail_server
@pytest.mark.parametrize("security", ["tls", "starttls"])
@pytest.mark.parametrize("whose", ["the system's", "another"])
async def test_an_untrusted_certificate_stops_everything(mail_server: MailServer, tmp_path: Path, security: Security, whose: str) -> None:
    trustme.CA().cert_pem.write_to_path(tmp_path / "ca.pem")
    settings = by(mail_server, security, mail_server.add(), ca_file="" if whose == "the system's" else str(tmp_path / "ca.pem"))
    with pytest.raises(TryLater, match="certificate_not_trusted"):
        await submit(mail("a@elsewhere.test"), settings, "example.test")


@needs_mail_server
async def test_a_certificate_for_another_name_is_not_trusted(mail_server: MailServer) -> None:
    with pytest.raises(TryLater, match=r"certificate_not_trusted: .*127\.0\.0\.1"):
        await check(by(mail_server, "tls", host="127.0.0.1"), "example.test")


@needs_mail_server
async def test_a_mail_too_large_for_the_server_is_refused_before_it_travels(mail_server: MailServer) -> None:
    huge = replace(mail("a@example.test"), data=b"Subject: x\r\n\r\n" + b"x\r\n" * 11_000_000)
    with pytest.raises(Rejected, match="552"):
        await submit(huge, by(mail_server, "plain"), "example.test")


SCRIPTS: list[tuple[dict[str, str], type[InboxError]]] = [
    ({"greeting": "421 busy"}, TryLater),
    ({"greeting": "554 go away"}, Rejected),
    ({"greeting": HANG_UP}, TryLater),
    ({"EHLO": "421 busy"}, TryLater),
    ({"EHLO": HANG_UP}, TryLater),
    ({"MAIL": "421 busy"}, TryLater),
    ({"MAIL": "451 later"}, TryLater),
    ({"MAIL": "550 not you"}, Rejected),
    ({"MAIL": "530 log in first"}, NeedsLogin),
    ({"MAIL": HANG_UP}, TryLater),
    ({"RCPT": "421 busy"}, TryLater),
    ({"RCPT": "550 nobody"}, Rejected),
    ({"RCPT": HANG_UP}, TryLater),
    ({"DATA": "421 busy"}, TryLater),
    ({"DATA": "554 no"}, Rejected),
    ({".": "451 disk full"}, TryLater),
    ({".": "554 spam"}, Rejected),
    ({".": HANG_UP}, Unknown),
    ({"DATA": "250 what"}, Rejected),
]


@pytest.mark.parametrize(("answers", "outcome"), SCRIPTS, ids=lambda value: str(value))
async def test_every_way_of_saying_no(answers: dict[str, str], outcome: type[InboxError]) -> None:
    async with scripted_smtp(answers) as script:
        settings = at(script)
        with pytest.raises(InboxError) as raised:
            await submit(mail("a@x.test", "b@x.test"), settings, "example.test")
    assert type(raised.value) is outcome


async def test_the_second_recipient_is_put_off_and_the_first_gets_it() -> None:
    async with scripted_smtp({"RCPT TO:<b@x.test>": "452 too many"}) as script:
        sent = await submit(mail("a@x.test", "b@x.test"), at(script), "example.test")
    assert (sent.refused, sent.later) == ({}, {"b@x.test": "452 too many"})
    assert len(script.data) == 1


async def test_a_refusal_names_the_address_as_it_was_written() -> None:
    async with scripted_smtp({"RCPT TO:<b@xn--mller-kva.test>": "550 nobody"}) as script:
        sent = await submit(mail("a@x.test", "b@müller.test", "B@müller.test"), at(script), "example.test")
    assert sent.refused == {"b@müller.test": "550 nobody", "B@müller.test": "550 nobody"}


THREE = {"RCPT TO:<b@x.test>": "452 later", "RCPT TO:<c@x.test>": "550 nobody"}


@pytest.mark.parametrize(
    ("answers", "outcome", "refused"),
    [
        ({"RCPT TO:<a@x.test>": "451 grey"}, TryLater, {"c@x.test": "550 nobody"}),
        ({".": "451 disk full"}, TryLater, {"c@x.test": "550 nobody"}),
        ({".": "554 spam"}, TryLater, {"a@x.test": "554 spam", "c@x.test": "550 nobody"}),
        ({".": HANG_UP}, Unknown, {"c@x.test": "550 nobody"}),
        (
            {".": "554 spam", "RCPT TO:<b@x.test>": "250 ok"},
            Rejected,
            {"a@x.test": "554 spam", "b@x.test": "554 spam", "c@x.test": "550 nobody"},
        ),
    ],
    ids=str,
)
async def test_each_recipient_has_an_outcome_of_his_own(
    answers: dict[str, str], outcome: type[InboxError], refused: dict[str, str]
) -> None:
    async with scripted_smtp(THREE | answers) as script:
        with pytest.raises(outcome) as raised:
            await submit(mail("a@x.test", "b@x.test", "c@x.test"), at(script), "example.test")
    assert isinstance(raised.value, TryLater | Unknown | Rejected)
    assert raised.value.recipients == refused


LARGE = replace(mail("a@x.test"), data=b"Subject: x\r\n\r\n" + (b"y" * 98 + b"\r\n") * 40_000)


async def slowly(read: int) -> None:
    """The pace of a line that takes some two seconds for LARGE."""
    await asyncio.sleep(0.035)


async def never(read: int) -> None:
    """The pace of a line that is dead once the mail is through."""
    if read >= len(LARGE.data):
        await asyncio.Event().wait()


async def test_a_large_mail_over_a_slow_line_gets_the_time_that_its_size_needs() -> None:
    limits = Limits(answer=1.0, slowest=200_000)
    async with scripted_smtp({"EHLO": "250 scripted.test"}, slowly) as script:
        await submit(LARGE, at(script), "example.test", limits)
    assert [data.removesuffix(b".\r\n") for data in script.data] == [LARGE.data]


async def test_no_answer_to_a_mail_in_the_time_for_its_size_leaves_it_uncertain() -> None:
    async with scripted_smtp({"EHLO": "250 scripted.test"}, never) as script:
        with pytest.raises(Unknown, match="Timed out"):
            await submit(LARGE, at(script), "example.test", Limits(answer=0.5, slowest=100_000_000))


def test_minutes_for_a_short_mail_and_more_than_an_hour_for_the_largest() -> None:
    assert LIMITS.data(10_000) < 610, "ten minutes for the answer (RFC 5321 section 4.5.3.2.6)"
    assert 60 < LIMITS.data(35 << 20) / 60 < 90


async def test_encryption_that_is_not_offered_is_never_done_without() -> None:
    async with scripted_smtp({}) as script:
        with pytest.raises(TryLater, match="STARTTLS"):
            await submit(mail("a@x.test"), SmtpSettings("127.0.0.1", "u", "secret", "starttls", script.port), "example.test")
    assert not [said for said in script.said if said.startswith(("AUTH", "MAIL"))]


async def test_a_login_that_is_not_offered_needs_the_admin() -> None:
    async with scripted_smtp({}) as script:
        with pytest.raises(NeedsLogin, match="AUTH"):
            await submit(mail("a@x.test"), SmtpSettings("127.0.0.1", "u", "secret", "plain", script.port), "example.test")


async def test_a_dot_alone_ends_nothing() -> None:
    smuggled = "one\r\n.\r\nMAIL FROM:<evil@x.test>\r\nRCPT TO:<b@x.test>\r\nDATA\n.\nx"
    async with scripted_smtp({}) as script:
        await submit(mail("a@x.test", text=smuggled), at(script), "example.test")
    assert [said.split(" ")[0] for said in script.said] == ["EHLO", "MAIL", "RCPT", "DATA", "QUIT"]
    assert len(script.data) == 1


async def test_nobody_listening_is_tried_later() -> None:
    with closing(socket.create_server(("127.0.0.1", 0))) as server:
        port = server.getsockname()[1]
    with pytest.raises(TryLater, match="not_reached"):
        await submit(mail("a@x.test"), SmtpSettings("127.0.0.1", security="plain", port=port), "example.test")


async def test_an_interruption_from_outside_closes_the_connection() -> None:
    async with scripted_smtp({".": "250 taken"}) as script:
        script.answers["MAIL"] = "250-wait\r\n250-for\r\n250-it"  # an answer that never ends
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.3):
                await submit(mail("a@x.test"), at(script), "example.test")
    assert script.data == []
