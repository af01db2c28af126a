"""From the contract to routes: every call has its one handler, and every request passes the same checks in the same order."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from aiohttp import web

from inbox.api.auth import require_csrf
from inbox.api.bodies import encode, json_body, key_of, no_body, path_of, query_of
from inbox.api.call import Call
from inbox.api.contract import CALLS, PREFIX
from inbox.api.errors import success
from inbox.api.handlers import (
    audit,
    blocking,
    calls,
    catalog,
    channels,
    consents,
    conversations,
    customers,
    faces,
    files,
    jobs,
    messages,
    notices,
    own,
    passkeys,
    persons,
    previews,
    push,
    queue,
    repairs,
    replies,
    reports,
    search,
    security,
    segments,
    session,
    sla,
    sso,
    staff,
    tags,
    templates,
    webhooks,
    workspace,
)
from inbox.api.origin import require_own_page
from inbox.api.parts import AGENT, ApiParts, Asked, Handler, Signed
from inbox.core.errors import CannotStart, Denied
from inbox.core.permissions import Reach

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
    "get_beginning": workspace.get_beginning,
    "list_removed": workspace.list_removed,
    "list_accounts": staff.list_accounts,
    "create_account": staff.create_account,
    "edit_account": staff.edit_account,
    "make_link": staff.make_link,
    "withdraw_invitation": staff.withdraw_invitation,
    "set_availability": staff.set_availability,
    "set_face": faces.set_face,
    "remove_face": faces.remove_face,
    "list_connectors": channels.list_connectors,
    "list_channels": channels.list_channels,
    "create_channel": channels.create_channel,
    "test_channel": channels.test_channel,
    "edit_channel": channels.edit_channel,
    "remove_channel": channels.remove_channel,
    "create_team": staff.create_team,
    "rename_team": staff.rename_team,
    "delete_team": staff.delete_team,
    "preview_text": previews.preview_text,
    "list_templates": templates.list_templates,
    "fetch_templates": templates.fetch_templates,
    "get_consent": consents.get_consent,
    "list_reply_uses": replies.list_reply_uses,
    "use_saved_reply": replies.use_saved_reply,
    "count_tags": tags.count_tags,
    "retag": tags.retag,
    "get_tagging": tags.get_tagging,
    "edit_tagging": tags.edit_tagging,
    "list_agents": workspace.list_agents,
    "get_counts": workspace.get_counts,
    "list_conversations": conversations.list_conversations,
    "count_conversations": conversations.count_conversations,
    "get_conversation": conversations.get_conversation_detail,
    "get_timeline": conversations.get_timeline,
    "get_transcript": conversations.get_transcript,
    "start_conversation": conversations.start_conversation,
    "send_message": conversations.send_message,
    "edit_conversation": conversations.edit_conversation,
    "about_participant": conversations.about_participant,
    "log_call": calls.log_call,
    "start_call": calls.start_call,
    "block_participant": blocking.block_participant,
    "list_blocked": blocking.list_blocked,
    "block_sender": blocking.block_sender,
    "unblock_sender": blocking.unblock_sender,
    "start_job": jobs.start_job,
    "list_jobs": jobs.list_jobs,
    "get_job": jobs.get_job,
    "cancel_job": jobs.cancel_job,
    "undo_job": jobs.undo_job,
    "replace_role": staff.replace_role,
    "fetch_next": queue.fetch_next,
    "answer_offer": queue.answer_offer,
    "list_places": queue.list_places,
    "list_standing_alerts": queue.list_standing_alerts,
    "queue_place": queue.queue_place,
    "mark_read": own.mark_read,
    "save_draft": own.save_draft,
    "delete_draft": own.delete_draft,
    "edit_message": messages.edit_message,
    "withdraw_message": messages.withdraw_message,
    "react_to_message": messages.react_to_message,
    "retry_message": messages.retry_message,
    "cancel_message": messages.cancel_message,
    "send_message_now": messages.send_message_now,
    "message_html": messages.message_html,
    "message_raw": messages.message_raw,
    "upload": files.upload,
    "get_file": files.get_file,
    "find_customers": customers.find_customers,
    "create_customer": customers.create_customer,
    "get_customer": customers.get_customer,
    "edit_customer": customers.edit_customer,
    "add_identity": customers.add_identity,
    **persons.HANDLERS,
    "search": search.search,
    **repairs.HANDLERS,
    **push.HANDLERS,
    **webhooks.HANDLERS,
    **notices.HANDLERS,
    **audit.HANDLERS,
    **security.HANDLERS,
    **passkeys.HANDLERS,
    **sso.HANDLERS,
    "preview_segment": segments.preview_segment,
    "preview_calendar": sla.preview_calendar,
    "preview_policy": sla.preview_policy,
    "list_holiday_countries": sla.list_holiday_countries,
    "get_recount": sla.get_recount,
    "get_report": reports.get_report,
    "get_report_csv": reports.get_report_csv,
    "list_facts": reports.list_facts,
    **catalog.HANDLERS,
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
    if parts.programs.speaks(request):
        return await _program(parts, call, request)
    actor, session = await parts.auth.current(request)
    request[AGENT] = actor.id
    if call.method != "GET":
        require_own_page(request, parts.settings)
        require_csrf(request, session)
    path, query = path_of(request), query_of(request, call)
    return Signed(parts, await _body(call, request), path, query, key_of(request, call), request, actor, session)


async def _program(parts: ApiParts, call: Call, request: web.Request) -> Signed[Any]:
    """A program brings a token in place of a cookie; no page of another site can make a browser send one."""
    actor, session, token = await parts.programs.authenticate(request)
    request[AGENT] = actor.id
    require_own_page(request, parts.settings)
    if call.person:
        raise Denied("person")
    if call.method != "GET" and actor.reach is Reach.READ:
        raise Denied("reach")
    path, query = path_of(request), query_of(request, call)
    return Signed(parts, await _body(call, request), path, query, key_of(request, call), request, actor, session, token)


async def _body(call: Call, request: web.Request) -> Any:
    if call.body is not None:
        return await json_body(request, call.body)
    if not call.form:
        no_body(request)
    return None
