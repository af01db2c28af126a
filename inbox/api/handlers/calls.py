"""Phone calls: logged into a conversation, or as the beginning of one."""

from __future__ import annotations

from inbox.api import call_log_structs as k
from inbox.api import structs as s
from inbox.api.access import get_conversation
from inbox.api.handlers.conversations import created
from inbox.api.parts import ApiParts, Signed
from inbox.core import commands as c
from inbox.core.errors import Invalid
from inbox.core.ids import ChannelId, CustomerId
from inbox.core.message import Call
from inbox.core.permissions import Action


async def log_call(asked: Signed[k.LogCall]) -> s.Created:
    """Into this conversation."""
    body = asked.body
    found = await get_conversation(asked.parts, asked.actor, asked.path["id"], Action.REPLY)
    command = c.LogCall(found.id, body.client_id, _call(body), body.text, body.resolved)
    return await created(asked.parts, asked.actor, await asked.parts.conversations.execute(asked.actor, command, asked.key))


async def start_call(asked: Signed[k.StartCall]) -> s.Created:
    """As the beginning of a conversation."""
    body = asked.body
    command = c.StartCall(
        client_id=body.client_id,
        channel=ChannelId(body.channel) if body.channel else _keeper(asked.parts),
        call=_call(body),
        text=body.text,
        subject=body.subject,
        customer=CustomerId(body.customer) if body.customer else None,
        resolved=body.resolved,
    )
    return await created(asked.parts, asked.actor, await asked.parts.conversations.execute(asked.actor, command, asked.key))


def _call(body: k.LogCall) -> Call:
    return Call(body.number, body.direction, body.outcome, body.started_at, body.seconds, body.recording)


def _keeper(parts: ApiParts) -> ChannelId:
    """A channel that is for calls alone, else any of phone numbers. Raises ``Invalid``."""
    able = [facts for facts in parts.channels.facts().values() if facts.kind == "phone"]
    if not able:
        raise Invalid("channel", "there is no channel for phone calls; an admin has to add one")
    return min(able, key=lambda facts: (facts.sends, facts.id)).id
