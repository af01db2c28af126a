"""A mailbox that takes no password: read from Dovecot and written through SMTP with tokens of a login service on loopback."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import msgspec
import pytest

from connectors.email import EmailConnector
from connectors.email.oauth import OAuthSettings
from connectors.email.settings import EmailSettings
from inbox.connector import Health, Tools
from inbox.core.errors import NeedsLogin, TryLater
from inbox.core.ids import ChannelId
from inbox.core.mistakes import mistakes
from inbox.core.oauth import OAuthClient
from tests.connectors.email.outgoing import mail_to, reply
from tests.connectors.email.receiving import Ledger, Outside, running
from tests.eventually import eventually
from tests.peers.login_service import LoginService
from tests.peers.mail_server import PROGRAMS, Mailbox, MailServer, running_mail_server
from tests.peers.token_smtp import TokenSmtp, token_smtp

needs_mail_server = pytest.mark.peer(*PROGRAMS)
MAIL = b"From: anna@example.org\r\nSubject: %s\r\nMessage-ID: <%s@example.org>\r\n\r\nHello\r\n"


@dataclass
class Tokens:
    """``provider.Access``: what the service would say about consents, as a test wants it."""

    tokens: list[str] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)
    trouble: Exception | None = None

    async def token(self, client: OAuthClient, refused: str = "") -> str:
        if refused:
            self.refused.append(refused)
            if len(self.tokens) > 1:
                self.tokens.pop(0)
        if self.trouble is not None:
            raise self.trouble
        return self.tokens[0]

    async def consented(self, seconds: float) -> None:
        await eventually(lambda: self.trouble is None)


@dataclass
class Mailhouse:
    """A login service, a mail server and a way out that ask it, and a connector between them."""

    login: LoginService
    server: MailServer
    smtp: TokenSmtp
    box: Mailbox
    access: Tokens
    outside: Outside
    connector: EmailConnector

    @property
    def ledger(self) -> Ledger:
        return self.outside.ledger

    def deliver(self, name: str) -> None:
        self.server.save(self.box, MAIL % (name.encode(), name.encode()))


@asynccontextmanager
async def mailhouse() -> AsyncIterator[Mailhouse]:
    login = LoginService()
    async with login.running(), token_smtp(login) as smtp:
        with running_mail_server(login.introspection) as server:
            box, access, outside = server.add(), Tokens(), Outside()
            settings = msgspec.convert(told(login, server, smtp, box), EmailSettings)
            tools = Tools(outside.tools.now, outside.tools.open_file, outside.cursors, outside.reports.append, access=access)
            access.tokens.append(login.issue(box.address))
            yield Mailhouse(login, server, smtp, box, access, outside, EmailConnector(ChannelId("support"), settings, tools))


def told(login: LoginService, server: MailServer, smtp: TokenSmtp, box: Mailbox) -> dict[str, Any]:
    return {
        "address": box.address,
        "imap": {"host": "localhost", "user": box.address, "port": server.imaps, "ca_file": str(server.ca_file)},
        "smtp": {"host": "127.0.0.1", "user": box.address, "port": smtp.port, "security": "plain"},
        "oauth": login.settings,
    }


@needs_mail_server
async def test_mail_is_read_and_sent_with_a_token() -> None:
    async with mailhouse() as house:
        house.deliver("first")
        async with running(house.connector.receive(house.ledger)):
            await eventually(lambda: house.ledger.subjects() == ["first"])
        await house.connector.send(reply(to=mail_to("anna@example.org")))
        assert house.smtp.tried == [(house.box.address, True)]
        assert len(house.smtp.mails) == 1
        assert await house.connector.probe() == Health(True)


@needs_mail_server
async def test_a_token_that_ended_early_is_replaced_once_by_another() -> None:
    async with mailhouse() as house:
        early, good = "no-good", house.access.tokens[0]
        house.access.tokens[:] = [early, good]
        house.deliver("first")
        async with running(house.connector.receive(house.ledger)):
            await eventually(lambda: house.ledger.subjects() == ["first"])
        assert house.access.refused == [early]
        assert all(report.ok for report in house.outside.reports), "nobody was alarmed"
        house.access.tokens[:] = [early, good]
        await house.connector.send(reply(to=mail_to("anna@example.org")))
        assert house.smtp.tried == [(house.box.address, False), (house.box.address, True)], "on one connection"


@needs_mail_server
async def test_who_signed_in_for_another_account_is_told() -> None:
    async with mailhouse() as house:
        house.access.tokens[:] = [house.login.issue("somebody@else.test")]
        health = await house.connector.probe()
        assert not health.ok
        assert f"Sign in as {house.box.address}" in health.remedy
        with pytest.raises(NeedsLogin, match="535"):
            await house.connector.send(reply(to=mail_to("anna@example.org")))
        assert house.smtp.mails == []


@needs_mail_server
async def test_without_consent_receiving_waits_and_says_where_to_consent() -> None:
    async with mailhouse() as house:
        house.access.trouble = NeedsLogin("Example asks to sign in again.", "Open https://inbox.example/oauth/start/support as an admin.")
        house.deliver("first")
        async with running(house.connector.receive(house.ledger)):
            await eventually(lambda: not house.outside.health.ok)
            assert house.outside.health == Health(
                False, "Example asks to sign in again.", "Open https://inbox.example/oauth/start/support as an admin."
            )
            with pytest.raises(NeedsLogin):
                await house.connector.send(reply(to=mail_to("anna@example.org")))
            assert await house.connector.probe() == house.outside.health, "told once, for both ways"
            house.access.trouble = None
            await eventually(lambda: house.ledger.subjects() == ["first"])
            await house.connector.send(reply(to=mail_to("anna@example.org")))
            assert house.outside.health.ok


@needs_mail_server
async def test_a_login_service_that_is_away_makes_mail_wait() -> None:
    async with mailhouse() as house:
        house.access.trouble = TryLater("login_service: unreachable", away=True)
        with pytest.raises(TryLater) as later:
            await house.connector.send(reply(to=mail_to("anna@example.org")))
        assert later.value.away
        assert "No token" in house.outside.health.problem


def test_what_is_asked_of_google_and_microsoft() -> None:
    google = OAuthSettings("id", "secret", "google").client("help@example.com")
    assert google.authorize_url == "https://accounts.google.com/o/oauth2/v2/auth"
    assert google.token_url == "https://oauth2.googleapis.com/token"
    assert google.scopes == ("https://mail.google.com/",)
    assert google.extra == {"access_type": "offline", "prompt": "consent"}
    microsoft = OAuthSettings("id", "secret", "microsoft", tenant="contoso.com").client("help@contoso.com")
    assert microsoft.token_url == "https://login.microsoftonline.com/contoso.com/oauth2/v2.0/token"
    assert set(microsoft.scopes) == {
        "https://outlook.office.com/IMAP.AccessAsUser.All",
        "https://outlook.office.com/SMTP.Send",
        "offline_access",
    }


GOOD: dict[str, Any] = {
    "address": "help@example.com",
    "imap": {"host": "imap.example.com", "user": "help@example.com"},
    "oauth": {"provider": "google", "client_id": "id", "client_secret": "secret"},
}


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"oauth": None}, "imap: a password is missing"),
        ({"smtp": {"host": "smtp.example.com", "user": "other@example.com"}}, "the same user for both"),
        ({"imap": None}, "imap or smtp with a user"),
        ({"oauth": {"client_id": "id"}}, "a custom provider needs"),
        ({"oauth": {"provider": "google", "client_id": "id", "token_url": "http://login.example"}}, "https://"),
    ],
)
def test_settings_that_cannot_work_are_refused_in_words(change: dict[str, Any], said: str) -> None:
    assert mistakes(GOOD, EmailSettings, "settings") == []
    lines = mistakes({name: value for name, value in {**GOOD, **change}.items() if value is not None}, EmailSettings, "settings")
    assert said in lines[0]


def test_a_part_with_a_password_of_its_own_shows_no_token() -> None:
    smtp = {"host": "smtp.example.com", "user": "relay", "password": "secret"}
    settings = msgspec.convert({**GOOD, "smtp": smtp}, EmailSettings)
    assert settings.users == {"help@example.com"}
