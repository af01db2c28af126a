"""The API's one way to a stored object: found and asked of the gate in the same step, absent and foreign being the same answer."""

from __future__ import annotations

import re

from inbox.api.parts import ApiParts
from inbox.core.conversation import Conversation
from inbox.core.customer import Customer
from inbox.core.errors import NotFound
from inbox.core.events import facets
from inbox.core.ids import ConversationId, CustomerId, MessageId
from inbox.core.message import Message
from inbox.core.permissions import Action, Actor, require, require_hears
from inbox.core.saved_replies import sees
from inbox.records import SAVED_REPLIES, StoredFile

_NUMBER = re.compile(r"#?([0-9]{1,15})")


async def get_conversation(parts: ApiParts, actor: Actor, id_or_number: str, action: Action = Action.READ) -> Conversation:
    """By id, ``1042`` or ``#1042``, following merges. Raises ``NotFound`` or ``Denied``."""
    number = _NUMBER.fullmatch(id_or_number)
    if number:
        found = await parts.queries.numbered(int(number[1]))
    else:
        found = await parts.queries.conversation(ConversationId(id_or_number))
    if found is None:
        raise NotFound
    require(actor, action, facets(found))
    return found


async def get_message(parts: ApiParts, actor: Actor, id: str, action: Action = Action.READ) -> tuple[Message, Conversation]:
    """A message with its conversation. Raises ``NotFound`` or ``Denied``."""
    found = await parts.queries.message(MessageId(id))
    if found is None:
        raise NotFound
    require_hears(actor, found)
    return found, await get_conversation(parts, actor, found.conversation, action)


async def get_file(parts: ApiParts, actor: Actor, id: str) -> StoredFile:
    """An own upload, or a file of a message or a saved reply that may be read. Raises ``NotFound``."""
    found = await parts.files.find(id)
    if found is None:
        raise NotFound
    kind, _, owner = found.owner.partition(":")
    if kind == "agent" and owner == actor.id and actor.active:
        return found
    if kind == "reply":
        reply = (await parts.directory.entries(SAVED_REPLIES)).get(owner)
        if reply is None or not sees(actor, reply) or id not in [file.file for file in reply.files]:
            raise NotFound
        return found
    if kind != "message":
        raise NotFound
    await get_message(parts, actor, owner)
    return found


async def get_customer(parts: ApiParts, actor: Actor, id: str, action: Action = Action.CUSTOMER_READ) -> Customer:
    """A person, following merges. Raises ``Denied`` or ``NotFound``."""
    require(actor, action)
    found = await parts.queries.customer(CustomerId(id))
    if found is None:
        raise NotFound
    return found
