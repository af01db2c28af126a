"""The real mail server, started once for all tests that name it."""

from collections.abc import Iterator

import pytest

from tests.peers.mail_server import MailServer, running_mail_server


@pytest.fixture(scope="session")
def mail_server() -> Iterator[MailServer]:
    """Dovecot and Exim with certificates of their own."""
    with running_mail_server() as server:
        yield server
