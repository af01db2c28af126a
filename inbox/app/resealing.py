"""Everything that lies sealed in the database goes over to the newest key at the start, so that an old one may go some day."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import structlog
from msgspec.structs import replace

from inbox.api.factors import FIELD as FACTOR
from inbox.api.factors import place_of
from inbox.app.stores import Stores
from inbox.app.webpush import FIELD as PUSH_FIELD
from inbox.app.webpush import VAPID as PUSH_KEY
from inbox.core.errors import Conflict, NeedsLogin
from inbox.core.ids import AgentId
from inbox.flow.consents import FIELD as CONSENT
from inbox.flow.dispatching import FIELD as WEBHOOK
from inbox.records import CONSENTS, SEALED_KEYS, WEBHOOKS, Batch, ChannelRecord, Noun, Put
from inbox.store.secrets import Keyring

log = structlog.get_logger(__name__)

Anew = Callable[[str, str, str], str]
"""Seals a value of a place and its field anew. Raises ``NeedsLogin`` when its key is gone."""


async def reseal(stores: Stores, keyring: Keyring) -> None:
    """Secrets of channels, removed ones too, and of webhooks, consents, second factors, the key of pushes. What cannot be opened stays as
    it is, and what another server changes meanwhile is sealed by that one."""

    def anew(sealed: str, place: str, field: str) -> str:
        if not keyring.needs_rotation(sealed):
            return sealed
        return keyring.seal(keyring.unseal(sealed, channel=place, field=field), channel=place, field=field)

    records = await stores.queries.channels()
    for record in records:
        await _channel(record, stores, anew)
    sealed = await stores.journal.load({CONSENTS: frozenset(record.id for record in records), SEALED_KEYS: frozenset({PUSH_KEY})})
    for consent in sealed[CONSENTS].values():
        await _value(CONSENTS, consent, {"tokens": CONSENT}, stores, anew)
    for key in sealed[SEALED_KEYS].values():
        await _value(SEALED_KEYS, key, {"sealed": PUSH_FIELD}, stores, anew)
    for webhook in await stores.queries.entries(WEBHOOKS):
        await _value(WEBHOOKS, webhook, {"secret": WEBHOOK, "former": WEBHOOK}, stores, anew)
    for agent, secret in (await stores.accounts.sealed_factors()).items():
        await _factor(agent, secret, stores, anew)


async def _channel(record: ChannelRecord, stores: Stores, anew: Anew) -> None:
    try:
        secrets = {name: anew(sealed, record.id, name) for name, sealed in record.secrets.items()}
        if secrets != record.secrets:
            await stores.directory.save_channel(replace(record, secrets=secrets, version=record.version + 1), expect=record.version)
    except (NeedsLogin, Conflict) as lost:
        log.warning("not_sealed_anew", channel=record.id, why=str(lost))


async def _value(noun: Noun[Any], value: Any, fields: Mapping[str, str], stores: Stores, anew: Anew) -> None:
    """A value with sealed ``fields``, each with the name it is sealed under."""
    try:
        there = {name: sealed for name in fields if (sealed := getattr(value, name))}
        kept = {name: anew(sealed, value.id, fields[name]) for name, sealed in there.items()}
        if kept != there:
            after = replace(value, **kept, version=value.version + 1)
            await stores.journal.commit(Batch(puts=[Put(noun, after, value.version)]))
    except (NeedsLogin, Conflict) as lost:
        log.warning("not_sealed_anew", noun=noun.name, id=value.id, why=str(lost))


async def _factor(agent: AgentId, sealed: str, stores: Stores, anew: Anew) -> None:
    try:
        secret = anew(sealed, place_of(agent), FACTOR)
        if secret != sealed:
            await stores.accounts.reseal_factor(agent, sealed, secret)
    except NeedsLogin as lost:
        log.warning("not_sealed_anew", account=agent, why=str(lost))
