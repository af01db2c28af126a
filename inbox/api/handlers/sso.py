"""Single sign-on: by whom one can log in, and which sign-ins are an account."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any

from aiohttp import web

from inbox.api import sso_structs as so
from inbox.api.audit import note
from inbox.api.bodies import encode
from inbox.api.parts import Asked, Handler, Signed
from inbox.api.sso_pages import bind, link_binding
from inbox.api.tokens import TOKEN_LENGTH, new_token
from inbox.core.errors import Denied, NotFound, Prevented
from inbox.core.permissions import Action, Actor, require
from inbox.records import SIGN_INS


async def list_providers(asked: Asked[None]) -> tuple[so.ProviderName, ...]:
    """In the order of the settings file."""
    return tuple(so.ProviderName(one.id, one.name, f"/sso/{one.id}/start") for one in asked.parts.sso.providers.values())


async def list_sso(asked: Signed[None]) -> tuple[so.ProviderRow, ...]:
    """Each provider is asked whether it can be used."""
    require(asked.actor, Action.MANAGE_SECURITY)
    sso = asked.parts.sso
    problems = await asyncio.gather(*map(sso.problem, sso.providers))
    return tuple(
        so.ProviderRow(one.id, one.name, one.issuer, sso.redirect(one.id), problem, one.create_accounts, one.default_role)
        for one, problem in zip(sso.providers.values(), problems, strict=True)
    )


async def list_sign_ins(asked: Signed[None]) -> tuple[so.SignInRow, ...]:
    """The own ones, oldest first."""
    known = await asked.parts.directory.entries(SIGN_INS)
    own = sorted((one for one in known.values() if one.agent == asked.actor.id), key=lambda one: one.at)
    return tuple(so.SignInRow(one.id, one.provider, one.name, one.at) for one in own)


async def begin_sign_in(asked: Signed[so.ChooseProvider]) -> web.Response:
    """Who comes back from the provider in this browser and this login is connected."""
    binding = new_token()
    url = await asked.parts.sso.begin(asked.body.provider, "link", link_binding(binding, asked.session))
    return _go(asked, url, binding)


async def begin_invited(asked: Asked[so.ChooseProvider]) -> web.Response:
    """The link is used up when somebody comes back, not before."""
    if len(asked.path["token"]) != TOKEN_LENGTH:
        raise NotFound
    binding = f"{new_token()}.{asked.path['token']}"
    return _go(asked, await asked.parts.sso.begin(asked.body.provider, "invite", binding), binding)


async def end_sign_in(asked: Signed[None]) -> None:
    """Raises ``Conflict`` where there would be no way in any more, ``NotFound`` for somebody else's."""
    parts, id = asked.parts, asked.path["id"]
    known = await parts.directory.entries(SIGN_INS)
    if id not in known or known[id].agent != asked.actor.id:
        raise NotFound
    found = await parts.accounts.credentials_of(asked.actor.id)
    others = any(one.agent == asked.actor.id and one.id != id for one in known.values())
    if not others and (found is None or not found.password_hash):
        raise Prevented("only_way", "This is your only way in; set a password first.")
    await parts.catalog.delete(asked.actor, SIGN_INS, id, 0, _own)
    await note(asked, "sso_unlinked", known[id].provider)


def _own(layer: Any, actor: Actor, before: Any, after: Any) -> None:
    if before.agent != actor.id:
        raise Denied("not_yours")


def _go(asked: Asked[Any], url: str, binding: str) -> web.Response:
    response = web.Response(body=encode(so.Destination(url)), content_type="application/json")
    bind(asked.parts, response, binding)
    return response


HANDLERS: Mapping[str, Handler] = {
    handler.__name__: handler for handler in (list_providers, list_sso, list_sign_ins, begin_sign_in, begin_invited, end_sign_in)
}
