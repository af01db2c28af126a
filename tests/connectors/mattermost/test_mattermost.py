"""A Mattermost channel as an inbox, beyond the contract that every connector keeps."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import pytest
from msgspec.structs import replace

from connectors.mattermost import MattermostConnector
from inbox.connector import OutboundMessage
from inbox.core.errors import InboxError, NeedsLogin, NotAuthentic, Rejected, TryLater, Unknown
from inbox.core.ids import ChannelId, MessageId
from inbox.core.message import Address
from inbox.provider import NO_HTTP, HttpAnswer
from inbox.testing.tools import no_tools
from tests.connectors.recorded import built, cases

MINA = Address("mattermost", "u1", "mina")
ANSWER = OutboundMessage(MessageId("m"), ChannelId("it"), "Sam", "Press **power** for 10 s", 0, to=(MINA,))


class Answering:
    """``provider.Http`` that answers everything alike and remembers what was asked."""

    def __init__(self, answer: HttpAnswer) -> None:
        self.answer = answer
        self.asked: list[tuple[str, str, Any]] = []
        self.download = NO_HTTP.download

    async def request(self, method: str, url: str, *, headers: Mapping[str, str] = {}, body: bytes = b"", **_: Any) -> HttpAnswer:
        """The answer."""
        self.asked.append((method, url, json.loads(body)))
        return self.answer


def test_only_the_webhooks_own_token_opens() -> None:
    connector = built(MattermostConnector)
    for case in cases(MattermostConnector):
        connector.verify(case.raw())
        with pytest.raises(NotAuthentic):
            connector.verify(replace(case.raw(), body=case.raw().body.replace(b"zmig", b"amig")))
    for body in (b"", b"{}", b'{"token": 1}', b"token=zmigewsanbbsdf59xnmduzypjc"):
        with pytest.raises(NotAuthentic):
            connector.verify(replace(cases(MattermostConnector)[0].raw(), body=body))


async def test_an_answer_is_posted_to_whom_it_is_for() -> None:
    http = Answering(HttpAnswer(200, {}, b"ok"))
    await built(MattermostConnector, no_tools(http=http)).send(ANSWER)
    assert http.asked == [("POST", "https://chat.example.test/hooks/xyz", {"text": "@mina Press **power** for 10 s", "username": "Sam"})]


@pytest.mark.parametrize(
    ("status", "error"), [(400, Rejected), (401, NeedsLogin), (403, NeedsLogin), (404, Rejected), (429, TryLater), (500, Unknown)]
)
async def test_a_refusal_is_the_error_that_says_what_happens_next(status: int, error: type[InboxError]) -> None:
    http = Answering(HttpAnswer(status, {}, b'{"id": "web.x", "message": "Invalid webhook"}'))
    with pytest.raises(error, match="Invalid webhook"):
        await built(MattermostConnector, no_tools(http=http)).send(ANSWER)
