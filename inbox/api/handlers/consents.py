"""How admins let a channel into an account at a provider."""

from __future__ import annotations

from inbox.api.consent_structs import ConsentRow
from inbox.api.parts import ApiParts, Signed
from inbox.core.errors import NotFound
from inbox.core.ids import ChannelId
from inbox.core.oauth import OAuthClient
from inbox.core.permissions import Action, require


async def get_consent(asked: Signed[None]) -> ConsentRow:
    """Raises ``NotFound`` for a channel that does not run here or needs nobody's consent."""
    require(asked.actor, Action.MANAGE_CHANNELS)
    parts, channel = asked.parts, ChannelId(asked.path["id"])
    client = client_of(parts, channel)
    stands = await parts.consents.standing(channel, client)
    return ConsentRow(
        provider=client.provider,
        account=client.user,
        url=parts.consents.begin(asked.actor, channel, client, asked.session.id),
        start=parts.consents.start(channel),
        redirect=parts.consents.redirect,
        by=stands.by,
        at=stands.at,
        problem=stands.problem,
    )


def client_of(parts: ApiParts, channel: ChannelId) -> OAuthClient:
    """What the channel asks consent for. Raises ``NotFound``."""
    connector = parts.channels.find(channel)
    client = connector.consent() if connector is not None else None
    if client is None:
        raise NotFound
    return client
