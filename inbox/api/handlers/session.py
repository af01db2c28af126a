"""Logging in and out, the own account and its password."""

from __future__ import annotations

from typing import Any

from aiohttp import web
from msgspec import UnsetType

from inbox.api import security_structs as sec
from inbox.api import show
from inbox.api import structs as s
from inbox.api.auth import (
    COOKIE,
    RESETS_PER_ACCOUNT,
    RESETS_PER_ADDRESS,
    RESETS_USED,
    Login,
    Typed,
    drop_cookie,
    folded,
    set_cookie,
)
from inbox.api.bodies import encode
from inbox.api.errors import NO_CONTENT
from inbox.api.origin import client_address, limited_as
from inbox.api.parts import Asked, Signed
from inbox.api.tokens import hash_of
from inbox.core.agent import Availability
from inbox.core.errors import Invalid, NotFound, Unauthenticated


async def log_in(asked: Asked[sec.Login]) -> web.Response:
    """A new session under a new id, whatever cookie came."""
    parts, address = asked.parts, client_address(asked.http, asked.parts.settings)
    typed = Typed(asked.body.email, asked.body.password, address, asked.body.code)
    return await let_in(asked, await parts.auth.log_in(typed, asked.http.headers.get("User-Agent", "")))


async def let_in(asked: Asked[Any], login: Login) -> web.Response:
    """The account, and the cookie of its new session; a valid old one ends."""
    parts = asked.parts
    await _end_old(asked)
    response = web.Response(body=encode(await show.me(parts, login.agent, login.session)), content_type="application/json")
    set_cookie(response, login.token, secure=parts.settings.secure)
    return response


async def _end_old(asked: Asked[Any]) -> None:
    try:
        _, old = await asked.parts.auth.authenticate(asked.http.cookies.get(COOKIE, ""))
    except Unauthenticated:
        return
    await asked.parts.auth.drop(old)
    asked.parts.live.sessions_ended([old.id])


async def who_am_i(asked: Signed[None]) -> s.Me:
    """The logged-in account."""
    agent = (await asked.parts.directory.agents())[asked.actor.id]
    return await show.me(asked.parts, agent, asked.session)


async def log_out(asked: Signed[None]) -> web.Response:
    """End the session and its sockets."""
    await asked.parts.auth.end(asked.session, client_address(asked.http, asked.parts.settings))
    asked.parts.live.sessions_ended([asked.session.id])
    response = web.Response(status=NO_CONTENT)
    drop_cookie(response, secure=asked.parts.settings.secure)
    return response


async def session_state(asked: Asked[None]) -> s.SessionState:
    """Asked by a page that cannot know yet: no session is an answer here and no error."""
    try:
        await asked.parts.auth.current(asked.http)
    except Unauthenticated:
        return s.SessionState(logged_in=False)
    return s.SessionState(logged_in=True)


async def ask_reset(asked: Asked[s.ResetRequest]) -> None:
    """The same answer in the same time for every address."""
    address = client_address(asked.http, asked.parts.settings)
    await asked.parts.auth.count(RESETS_PER_ADDRESS, limited_as(address))
    await asked.parts.auth.count(RESETS_PER_ACCOUNT, hash_of(folded(asked.body.email)))
    asked.parts.resets.ask(asked.body.email.strip(), address)


async def do_reset(asked: Asked[s.NewPassword]) -> None:
    """Use up the link; all sessions of the account end. Raises ``NotFound`` for a link that is wrong, used or too old."""
    address = client_address(asked.http, asked.parts.settings)
    await asked.parts.auth.count(RESETS_USED, limited_as(address))
    agent = await asked.parts.resets.use(asked.path["token"])
    if agent is None:
        raise NotFound("This link is not valid any more; ask for a new one.")
    asked.parts.live.sessions_ended(await asked.parts.auth.set_password(agent, asked.body.password, address, "password_reset"))


async def change_password(asked: Signed[s.ChangePassword]) -> None:
    """All other sessions end."""
    if not await asked.parts.auth.proves(asked.actor.id, asked.body.current):
        raise Invalid("current", "is not the present password")
    address = client_address(asked.http, asked.parts.settings)
    ended = await asked.parts.auth.set_password(asked.actor.id, asked.body.password, address, "password_changed", keep=asked.session.id)
    asked.parts.live.sessions_ended(ended)


async def edit_me(asked: Signed[s.EditMe]) -> s.Me:
    """Only what is given changes."""
    body = asked.body
    fields: dict[str, Any] = {}
    if not isinstance(body.availability, UnsetType):
        fields |= {"availability": Availability(body.availability), "break_reason": body.break_reason}
    given = {name: getattr(body, name) for name in ("signature", "keys", "language", "screen")}
    fields |= {name: value for name, value in given.items() if not isinstance(value, UnsetType)}
    if not isinstance(body.name, UnsetType):
        if not body.name.strip():
            raise Invalid("name", "must not be empty")
        fields["name"] = body.name.strip()
    if not fields:
        return await who_am_i(Signed(asked.parts, None, asked.path, asked.query, asked.key, asked.http, asked.actor, asked.session))
    changed = await asked.parts.conversations.change_agent(asked.actor, asked.actor.id, fields)
    return await show.me(asked.parts, changed, asked.session)
