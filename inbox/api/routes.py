"""From the contract to routes: every call has its one handler, and every request passes the same checks in the same order."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from aiohttp import web

from inbox.api.auth import require_csrf
from inbox.api.bodies import encode, json_body, key_of, no_body, path_of, query_of
from inbox.api.contract import CALLS, PREFIX, Call
from inbox.api.errors import success
from inbox.api.handlers import conversations, customers, files, messages, own, search, session, staff, workspace
from inbox.api.origin import require_own_page
from inbox.api.parts import AGENT, ApiParts, Asked, Handler, Signed
from inbox.core.errors import CannotStart

HANDLERS: Mapping[str, Handler] = {
    "log_in": session.log_in,
    "who_am_i": session.who_am_i,
    "log_out": session.log_out,
    "session_state": session.session_state,
    "ask_reset": session.ask_reset,
    "do_reset": session.do_reset,
    "change_password": session.change_password,
    "edit_me": session.edit_me,
    "bootstrap": workspace.bootstrap,
    "list_accounts": staff.list_accounts,
    "create_account": staff.create_account,
    "edit_account": staff.edit_account,
    "make_link": staff.make_link,
    "create_team": staff.create_team,
    "rename_team": staff.rename_team,
    "delete_team": staff.delete_team,
    "list_agents": workspace.list_agents,
    "get_counts": workspace.get_counts,
    "list_conversations": conversations.list_conversations,
    "get_conversation": conversations.get_conversation_detail,
    "get_timeline": conversations.get_timeline,
    "start_conversation": conversations.start_conversation,
    "send_message": conversations.send_message,
    "edit_conversation": conversations.edit_conversation,
    "about_participant": conversations.about_participant,
    "mark_read": own.mark_read,
    "save_draft": own.save_draft,
    "delete_draft": own.delete_draft,
    "retry_message": messages.retry_message,
    "cancel_message": messages.cancel_message,
    "message_html": messages.message_html,
    "message_raw": messages.message_raw,
    "upload": files.upload,
    "get_file": files.get_file,
    "find_customers": customers.find_customers,
    "get_customer": customers.get_customer,
    "edit_customer": customers.edit_customer,
    "add_identity": customers.add_identity,
    "search": search.search,
}


def api_routes(parts: ApiParts, handlers: Mapping[str, Handler] = HANDLERS) -> list[web.RouteDef]:
    """The routes of all calls. Raises ``CannotStart`` when calls and handlers do not correspond."""
    names = {call.name for call in CALLS}
    if names != handlers.keys() or len(names) != len(CALLS):
        raise CannotStart(f"calls without handler or handlers without call: {sorted(names ^ handlers.keys())}")
    return [_route(parts, call, handlers[call.name]) for call in CALLS]


def _route(parts: ApiParts, call: Call, handler: Handler) -> web.RouteDef:
    async def answer(request: web.Request) -> web.StreamResponse:
        asked = await _open(parts, call, request) if call.open else await _signed(parts, call, request)
        result = await handler(asked)
        if isinstance(result, web.StreamResponse):
            return result
        if result is None:
            return web.Response(status=success(call))
        return web.Response(body=encode(result), status=success(call), content_type="application/json")

    exactly = {"allow_head": False} if call.method == "GET" else {}
    return web.RouteDef(call.method, PREFIX + call.path, answer, {"name": call.name, **exactly})


async def _open(parts: ApiParts, call: Call, request: web.Request) -> Asked[Any]:
    if call.method != "GET":
        require_own_page(request, parts.settings)
    path, query = path_of(request), query_of(request, call)
    return Asked(parts, await _body(call, request), path, query, key_of(request, call), request)


async def _signed(parts: ApiParts, call: Call, request: web.Request) -> Signed[Any]:
    """Who it is comes first: a stranger learns nothing about what would have been wrong with his request."""
    actor, session = await parts.auth.current(request)
    request[AGENT] = actor.id
    if call.method != "GET":
        require_own_page(request, parts.settings)
        require_csrf(request, session)
    path, query = path_of(request), query_of(request, call)
    return Signed(parts, await _body(call, request), path, query, key_of(request, call), request, actor, session)


async def _body(call: Call, request: web.Request) -> Any:
    if call.body is not None:
        return await json_body(request, call.body)
    if not call.form:
        no_body(request)
    return None
