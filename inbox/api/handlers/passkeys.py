"""Own passkeys, and logging in by one."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from aiohttp import web

from inbox.admission import Passkey
from inbox.api import passkey_structs as pk
from inbox.api import security_structs as sec
from inbox.api.attempts import Limit
from inbox.api.audit import note
from inbox.api.handlers.security import prove
from inbox.api.handlers.session import let_in
from inbox.api.origin import client_address, limited_as
from inbox.api.parts import Asked, Handler, Signed
from inbox.api.passkeys import about_adding
from inbox.core.errors import Denied, NotFound, Prevented
from inbox.core.passkeys import ALGORITHMS, Assertion, credential_of, handle_of

MOST_PASSKEYS = 20
HANDLE = 32
"""So many digits of a passkey's id name it."""
BEGUN = Limit("passkey-begin", 300, 15 * 60 * 1000)


async def get_passkey_place(asked: Asked[None]) -> pk.PasskeyPlace:
    """The same for everybody."""
    party = asked.parts.auth.passkeys.party
    return pk.PasskeyPlace(party.origin if party is not None else "")


async def begin_passkey_login(asked: Asked[None]) -> pk.PasskeyChallenge:
    """Names no account: the browser offers the passkeys that it has. Raises ``Denied`` where there are none, ``TooMany``."""
    passkeys = asked.parts.auth.passkeys
    party = passkeys.place()
    await asked.parts.auth.count(BEGUN, limited_as(client_address(asked.http, asked.parts.settings)))
    return pk.PasskeyChallenge(await passkeys.challenge(), party.id)


async def log_in_by_passkey(asked: Asked[pk.GivePasskey]) -> web.Response:
    """A new session under a new id, as by password and code."""
    body, address = asked.body, client_address(asked.http, asked.parts.settings)
    given = Assertion(body.id, body.client_data, body.authenticator_data, body.signature, body.user_handle)
    return await let_in(asked, await asked.parts.auth.log_in_by_passkey(given, address, asked.http.headers.get("User-Agent", "")))


async def list_passkeys(asked: Signed[None]) -> tuple[pk.PasskeyRow, ...]:
    """The own ones, oldest first."""
    return tuple(map(_row, await asked.parts.accounts.passkeys(asked.actor.id)))


async def begin_passkey(asked: Signed[sec.Prove]) -> pk.PasskeySetup:
    """For this login only. Raises ``Denied`` where there are none, ``Invalid`` for a wrong password, ``Conflict`` for one too many."""
    parts = asked.parts
    party = parts.auth.passkeys.place()
    await prove(asked, asked.body.password)
    known = await parts.accounts.passkeys(asked.actor.id)
    if len(known) >= MOST_PASSKEYS:
        raise Prevented("most", f"At most {MOST_PASSKEYS} passkeys; remove one first.", str(MOST_PASSKEYS))
    agent = (await parts.directory.agents())[asked.actor.id]
    challenge = await parts.auth.passkeys.challenge(about_adding(asked.session))
    exclude = tuple(credential_of(one.key) for one in known)
    return pk.PasskeySetup(challenge, party.id, handle_of(agent.id), agent.email, agent.name, ALGORITHMS, exclude)


async def add_passkey(asked: Signed[pk.AddPasskey]) -> pk.PasskeyRow:
    """Raises ``Invalid`` for what was not made for the challenge of this login, ``Conflict`` for a passkey that is there."""
    body = asked.body
    made = await asked.parts.auth.passkeys.add(asked.session, body.name.strip(), body.client_data, body.attestation)
    await note(asked, "passkey_added", name=made.name)
    return _row(made)


async def rename_passkey(asked: Signed[pk.RenamePasskey]) -> pk.PasskeyRow:
    """Raises ``NotFound`` for somebody else's."""
    await prove(asked, asked.body.password)
    found, name = await _own(asked), asked.body.name.strip()
    await asked.parts.accounts.rename_passkey(found.id, name)
    await note(asked, "passkey_renamed", name=name, before=found.name)
    return pk.PasskeyRow(found.id[:HANDLE], name, found.created_at, found.used_at)


async def remove_passkey(asked: Signed[sec.Prove]) -> None:
    """Raises ``NotFound`` for somebody else's, ``Denied`` while the workspace asks everybody for a second factor and it is the only one."""
    await prove(asked, asked.body.password)
    parts, found = asked.parts, await _own(asked)
    others = len(await parts.accounts.passkeys(asked.actor.id)) > 1 or await parts.auth.factors.of(asked.actor.id) is not None
    if (await parts.auth.rules()).two_factor and not others:
        raise Denied("factor_required")
    if await parts.accounts.drop_passkey(found.id):
        await note(asked, "passkey_removed", name=found.name)


async def _own(asked: Signed[Any]) -> Passkey:
    known = await asked.parts.accounts.passkeys(asked.actor.id)
    found = next((one for one in known if one.id[:HANDLE] == asked.path["id"]), None)
    if found is None:
        raise NotFound
    return found


def _row(one: Passkey) -> pk.PasskeyRow:
    return pk.PasskeyRow(one.id[:HANDLE], one.name, one.created_at, one.used_at)


HANDLERS: Mapping[str, Handler] = {
    handler.__name__: handler
    for handler in (
        get_passkey_place,
        begin_passkey_login,
        log_in_by_passkey,
        list_passkeys,
        begin_passkey,
        add_passkey,
        rename_passkey,
        remove_passkey,
    )
}
