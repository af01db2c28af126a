"""A Mattermost channel as an inbox: colleagues write in it, agents answer into it.

In by an outgoing webhook in JSON, out by an incoming one (developers.mattermost.com/integrate/webhooks).
"""

from __future__ import annotations

import hmac
from collections.abc import Sequence
from typing import Annotated, ClassVar

import msgspec
from msgspec import Meta, Struct

from inbox.connector import Capabilities, Connector, InboundMessage, Item, OutboundMessage, RawDelivery, Sent
from inbox.core.errors import Malformed, NotAuthentic
from inbox.core.labels import label
from inbox.core.message import Address, Card
from inbox.provider import JSON, HttpAnswer, encoded, judged

TEXT_LIMIT = 16_383
"""Characters of a post, by Mattermost's default."""


class MattermostSettings(Struct, frozen=True, forbid_unknown_fields=True):
    """``token`` is the outgoing webhook's, ``url`` the incoming webhook's address, which is a secret as well."""

    token: Annotated[str, Meta(min_length=8, extra={"secret": True}), label("Token", "Of the outgoing webhook in Mattermost.")]
    url: Annotated[str, Meta(min_length=8, extra={"secret": True}), label("Address of the incoming webhook", "Where answers go.")]


class _Posted(Struct, frozen=True):
    """What the outgoing webhook posts; fields added later are ignored."""

    token: str
    post_id: Annotated[str, Meta(min_length=1, max_length=200)]
    user_id: Annotated[str, Meta(min_length=1, max_length=200)]
    channel_id: Annotated[str, Meta(min_length=1, max_length=200)]
    user_name: str = ""
    text: str = ""
    file_ids: str = ""


_decoder = msgspec.json.Decoder(_Posted)


class MattermostConnector(Connector):
    """One channel of one team."""

    name: ClassVar[str] = "mattermost"
    title: ClassVar[str] = "Mattermost"
    purpose: ClassVar[str] = "A channel of a Mattermost team, by its webhooks."
    capabilities: Capabilities = Capabilities(
        address_kind="mattermost", sign="mattermost", conversational=True, scoped=True, media=False, text_limit=TEXT_LIMIT
    )
    Settings: ClassVar[type[Struct]] = MattermostSettings

    settings: MattermostSettings

    def verify(self, raw: RawDelivery) -> None:
        """The token inside the body must be the webhook's."""
        try:
            posted = _posted(raw)
        except Malformed:
            raise NotAuthentic("no token") from None
        if not hmac.compare_digest(posted.token.encode(errors="replace"), self.settings.token.encode()):
            raise NotAuthentic("token")

    @classmethod
    def parse(cls, raw: RawDelivery) -> Sequence[Item]:
        """One post, one message. The webhook names files by ids that only a user's login could fetch, so they are only mentioned."""
        posted = _posted(raw)
        files = sum(bool(id) for id in posted.file_ids.split(","))
        card = Card("unsupported", f"{files} files were attached; they can be seen in Mattermost") if files else None
        return [
            InboundMessage(
                key=posted.post_id,
                sender=Address("mattermost", posted.user_id, posted.user_name),
                text=posted.text,
                external_id=posted.post_id,
                authenticated=True,
                cards=() if card is None else (card,),
            )
        ]

    async def send(self, message: OutboundMessage) -> Sent:
        """Post it into the channel, addressed to whom it is for. Mattermost gives no id for it."""
        names = " ".join(f"@{to.name}" for to in message.to if to.name)
        body = {"text": f"{names} {message.text}".strip(), "username": message.author}
        answer = await self.tools.http.request("POST", self.settings.url, headers=JSON, body=encoded(body))
        judged(answer, self.tools.now(), _said)
        return Sent(provider_id="")


def _posted(raw: RawDelivery) -> _Posted:
    """Raises ``Malformed``."""
    try:
        return _decoder.decode(raw.body)
    except (msgspec.MsgspecError, UnicodeError, RecursionError) as bad:
        raise Malformed(str(bad)[:200]) from None


def _said(answer: HttpAnswer) -> str:
    """Mattermost's own sentence, if there is one."""
    try:
        return answer.json(_Refusal).message[:200]
    except msgspec.MsgspecError:
        return ""


class _Refusal(Struct, frozen=True):
    message: str = ""


CONNECTORS = (MattermostConnector,)
