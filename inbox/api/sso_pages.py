"""The two addresses of single sign-on that a browser visits: the one that leads to the provider, and the one it comes back to.

Where one gets afterwards is fixed: nothing in a request says it, so nobody is led astray.
"""

from __future__ import annotations

import structlog
from aiohttp import web

from inbox.admission import Session
from inbox.api.attempts import Limit
from inbox.api.auth import COOKIE, set_cookie
from inbox.api.origin import client_address, limited_as
from inbox.api.page import shown
from inbox.api.parts import AGENT, ApiParts
from inbox.api.resets import entry
from inbox.api.tokens import new_token
from inbox.core.agent import Agent, Role
from inbox.core.errors import Conflict, Denied, InboxError, Invalid, NeedsLogin, NotFound, Rejected, TooMany, TryLater, Unauthenticated
from inbox.core.ids import AgentId
from inbox.core.oauth import STATE_MS
from inbox.core.sso import Person, sign_in_id
from inbox.records import SIGN_INS

BINDING = "inbox_sso"
STARTS = Limit("sso-start", 300, 15 * 60 * 1000)
RETURNS = Limit("sso-address", 100, 15 * 60 * 1000)
LINKED = "/settings/security"

log = structlog.get_logger(__name__)

Page = tuple[str, str]
"""A heading and a sentence."""

DENIED = {
    "unknown_person": (
        "There is no account for you here",
        "Ask an admin for an invitation. If you have an account, log in with your password and connect this sign-in under Security.",
    ),
    "address_taken": (
        "There is an account with your mail address",
        "A mail address alone proves nothing. Log in to that account with its password and connect this sign-in under Security.",
    ),
    "address_not_verified": ("Your provider has not verified your mail address", "Without that no account is made."),
    "inactive": ("This account is switched off", "Ask an admin."),
    "too_late": ("That took too long", "Begin again on the login page."),
    "not_begun_here": ("This was not begun in this browser", "Begin again on the login page."),
}
REFUSED: Page = ("Your provider did not let you in", "Nothing was changed. Begin again on the login page.")
OFTEN: Page = ("Too many attempts from your network", "Wait a quarter of an hour, or log in with your password.")
AWAY: Page = ("Your provider does not answer", "Begin again in a few minutes, or log in with your password.")
WRONG: Page = ("Single sign-on is not set up right", "Ask an admin to look at Access in the settings.")


def routes(parts: ApiParts) -> list[web.RouteDef]:
    """``/sso/{provider}/start`` and ``/sso/{provider}/return``."""

    async def start(request: web.Request) -> web.Response:
        binding = new_token()
        try:
            await parts.auth.count(STARTS, limited_as(client_address(request, parts.settings)))
            url = await parts.sso.begin(request.match_info["provider"], "login", binding)
        except InboxError as error:
            return _explained(error)
        response = web.Response(status=303, headers={"Location": url, "Cache-Control": "no-store"})
        bind(parts, response, binding)
        return response

    async def back(request: web.Request) -> web.Response:
        try:
            response = await _returned(parts, request)
        except InboxError as error:
            response = _explained(error)
        response.del_cookie(BINDING, path="/sso", httponly=True, samesite="Lax", secure=parts.settings.secure)
        return response

    return [
        web.get("/sso/{provider:[a-z0-9_-]{1,64}}/start", start, name="sso_start", allow_head=False),
        web.get("/sso/{provider:[a-z0-9_-]{1,64}}/return", back, name="sso_return", allow_head=False),
    ]


def bind(parts: ApiParts, response: web.Response, binding: str) -> None:
    """Only the browser that begins may come back."""
    secure = parts.settings.secure
    response.set_cookie(BINDING, binding, max_age=STATE_MS // 1000, path="/sso", httponly=True, samesite="Lax", secure=secure)


def link_binding(binding: str, session: Session) -> str:
    """Who connects a sign-in comes back in the same login as well."""
    return f"{binding}:{session.id}"


async def _returned(parts: ApiParts, request: web.Request) -> web.Response:
    address = client_address(request, parts.settings)
    await parts.auth.count(RETURNS, limited_as(address))
    query, id, binding = request.query, request.match_info["provider"], request.cookies.get(BINDING, "")
    purpose = query.get("state", "").partition(".")[0].rpartition(":")[2]
    session = (await parts.auth.current(request))[1] if purpose == "link" else None
    bound = link_binding(binding, session) if session is not None else binding
    if not binding:
        raise Denied("not_begun_here")
    code = query.get("code", "")
    try:
        if not code:
            raise Rejected(query.get("error", "no_code")[:100])
        person = await parts.sso.finish(id, purpose, bound, query.get("state", ""), code, query.get("iss"))
    except Rejected as refused:
        await parts.accounts.audit(entry(parts.clock.now(), "", "sso_refused", address, id, why=refused.reason))
        raise
    try:
        if session is not None:
            request[AGENT] = session.agent
            await _linked(parts, person, id, session.agent, address)
        else:
            agent = await _account(parts, person, id, binding if purpose == "invite" else "", address)
    except (Denied, Conflict) as refused:
        why = refused.reason if isinstance(refused, Denied) else refused.code
        await parts.accounts.audit(entry(parts.clock.now(), "", "sso_refused", address, id, why=why, email=person.email))
        raise
    if session is not None:
        await parts.auth.take_back(RETURNS, limited_as(address))
        return _to(LINKED)
    await parts.auth.take_back(RETURNS, limited_as(address))
    return await _let_in(parts, request, agent, id)


async def _account(parts: ApiParts, person: Person, provider: str, binding: str, address: str) -> Agent:
    """Whose account it is: the connected one, the invited one, or a new one."""
    known = (await parts.directory.entries(SIGN_INS)).get(sign_in_id(person.issuer, person.subject))
    if known is not None:
        id = known.agent
    elif binding:
        invited = await parts.resets.use(binding.partition(".")[2])
        if invited is None:
            raise Denied("unknown_person")
        id = invited
        await _linked(parts, person, provider, id, address)
    else:
        if parts.sso.provider(provider).create_accounts and await parts.accounts.credentials(person.email) is not None:
            raise Denied("address_taken")
        id = await parts.sso.enrol(person, parts.sso.provider(provider))
        await parts.accounts.audit(entry(parts.clock.now(), id, "sso_enrolled", address, provider))
    agent = (await parts.directory.agents()).get(id)
    if agent is None or not agent.active or agent.role is Role.BOT:
        raise Denied("inactive")
    return agent


async def _linked(parts: ApiParts, person: Person, provider: str, agent: AgentId, address: str) -> None:
    await parts.sso.link(person, provider, agent)
    await parts.accounts.audit(entry(parts.clock.now(), agent, "sso_linked", address, provider))


async def _let_in(parts: ApiParts, request: web.Request, agent: Agent, provider: str) -> web.Response:
    """A new session under a new id, whatever cookie came; a valid old one ends."""
    login = await parts.auth.open(agent, client_address(request, parts.settings), request.headers.get("User-Agent", ""), f"sso:{provider}")
    request[AGENT] = agent.id
    try:
        _, old = await parts.auth.authenticate(request.cookies.get(COOKIE, ""))
        await parts.auth.drop(old)
        parts.live.sessions_ended([old.id])
    except Unauthenticated:
        pass
    response = _to("/")
    set_cookie(response, login.token, secure=parts.settings.secure)
    return response


def _to(path: str) -> web.Response:
    return web.Response(status=303, headers={"Location": path, "Cache-Control": "no-store"})


def _explained(error: InboxError) -> web.Response:
    match error:
        case Denied(reason=reason):
            page = DENIED.get(reason, REFUSED)
        case Conflict():
            page = "This sign-in belongs to another account here", "Log in to that account and disconnect it there first."
        case Unauthenticated():
            page = DENIED["not_begun_here"]
        case NeedsLogin(reason=reason):
            log.error("sso_misconfigured", reason=reason)
            page = WRONG
        case Invalid() | NotFound():
            page = WRONG
        case TryLater():
            page = AWAY
        case TooMany():
            page = OFTEN
        case _:
            page = REFUSED
    log.info("sso_failed", error=error.code, reason=getattr(error, "reason", ""))
    heading, text = page
    return shown(heading, [text], "", "", ("/login", "To the login page"))
