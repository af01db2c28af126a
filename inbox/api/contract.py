"""Every call of the HTTP API as data: the one list that routes, access checks, OpenAPI and the tests' matrix are made from."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from inbox.api import staff_structs as st
from inbox.api import structs as s
from inbox.flow.rows import ConversationRow, MessageRow

PREFIX = "/api/v1"
VERSION = "1"


@dataclass(frozen=True)
class Call:
    """One call. ``name`` is the handler's; ``body`` and ``answer`` are structs or None; ``open`` calls need no session.

    ``creates``: takes an ``Idempotency-Key``. ``query`` maps parameter names to what they mean. ``raw``: the media types
    of an answer that is not JSON. ``form``: the one file field of a multipart body.
    """

    method: str
    path: str
    name: str
    summary: str
    body: type[Any] | None = None
    answer: type[Any] | None = None
    query: tuple[tuple[str, str], ...] = ()
    open: bool = False
    creates: bool = False
    raw: tuple[str, ...] = ()
    form: str = ""


PICTURES = ("image/png", "image/jpeg", "image/gif", "image/webp")
"""Types that browsers may show in place; everything else is saved."""

_PAGE = (("after", "the `next` of the page before"), ("limit", "rows, at most 100"))

CALLS: tuple[Call, ...] = (
    Call("POST", "/session", "log_in", "Log in; sets the session cookie", s.Login, s.Me, open=True),
    Call("GET", "/session", "who_am_i", "The logged-in account", None, s.Me),
    Call("DELETE", "/session", "log_out", "Log out"),
    Call("GET", "/session/state", "session_state", "Whether the session cookie still stands", None, s.SessionState, open=True),
    Call("POST", "/password-resets", "ask_reset", "Send a reset link by mail", s.ResetRequest, None, open=True),
    Call("POST", "/password-resets/{token}", "do_reset", "Set a new password by a reset link", s.NewPassword, None, open=True),
    Call("PUT", "/me/password", "change_password", "Change the own password", s.ChangePassword, None),
    Call("PATCH", "/me", "edit_me", "Change own availability, signature, name", s.EditMe, s.Me),
    Call("GET", "/bootstrap", "bootstrap", "All the screen needs to start", None, s.Bootstrap),
    Call("GET", "/accounts", "list_accounts", "All accounts of people, for admins", None, tuple[st.AccountRow, ...]),
    Call(
        "POST",
        "/accounts",
        "create_account",
        "Make an account and a link to set its password",
        st.CreateAccount,
        st.Invitation,
        creates=True,
    ),
    Call("PATCH", "/accounts/{id}", "edit_account", "Change an account, switch it off or on", st.EditAccount, st.AccountRow),
    Call(
        "POST",
        "/accounts/{id}/link",
        "make_link",
        "A new link to set a password; earlier ones are void",
        None,
        st.Invitation,
        creates=True,
    ),
    Call("POST", "/teams", "create_team", "Make a team", st.CreateTeam, s.TeamRow, creates=True),
    Call("PATCH", "/teams/{id}", "rename_team", "Rename a team", st.RenameTeam, s.TeamRow),
    Call("DELETE", "/teams/{id}", "delete_team", "Remove a team that nothing is given to any more"),
    Call("GET", "/agents", "list_agents", "Colleagues and bots with presence and load", None, tuple[s.AgentRow, ...]),
    Call(
        "GET",
        "/conversations",
        "list_conversations",
        "A page of a view",
        None,
        s.ConversationPage,
        (("view", "a view's id, default mine"), ("customer", "only this customer's (any status)"), *_PAGE),
    ),
    Call(
        "GET",
        "/conversations/{id}",
        "get_conversation",
        "A conversation by id or number, with its newest messages",
        None,
        s.ConversationDetail,
    ),
    Call(
        "GET",
        "/conversations/{id}/timeline",
        "get_timeline",
        "Older messages and quiet lines",
        None,
        s.TimelinePage,
        (("before", "the `before` of the page after"), ("limit", "items, at most 100")),
    ),
    Call("POST", "/conversations", "start_conversation", "Write to any address", s.StartConversation, s.Created, creates=True),
    Call("POST", "/conversations/{id}/messages", "send_message", "Reply, note or forward", s.SendMessage, s.Created, creates=True),
    Call(
        "PATCH",
        "/conversations/{id}",
        "edit_conversation",
        "Assign, set status, priority, tags, subject, bot",
        s.EditConversation,
        ConversationRow,
    ),
    Call(
        "POST",
        "/conversations/{id}/participants",
        "about_participant",
        "Accept a new participant or split him off",
        s.AboutParticipant,
        ConversationRow,
    ),
    Call("PUT", "/conversations/{id}/read", "mark_read", "Move the own read mark", s.MarkRead, s.ReadMark),
    Call("PUT", "/conversations/{id}/drafts/{mode}", "save_draft", "Save the own draft", s.SaveDraft, s.DraftRow),
    Call("DELETE", "/conversations/{id}/drafts/{mode}", "delete_draft", "Drop the own draft"),
    Call("POST", "/messages/{id}/retry", "retry_message", "Send a failed or uncertain message again", None, MessageRow),
    Call("POST", "/messages/{id}/cancel", "cancel_message", "Stop a message that is not sent yet", None, MessageRow),
    Call(
        "GET",
        "/messages/{id}/html",
        "message_html",
        "The message's HTML, cleaned, for a sandboxed frame",
        query=(("images", "1 loads remote images"),),
        raw=("text/html",),
    ),
    Call("GET", "/messages/{id}/raw", "message_raw", "The delivery exactly as it came", raw=("text/plain",)),
    Call("POST", "/uploads", "upload", "Store a file for a message", None, s.FileRow, creates=True, form="file"),
    Call("GET", "/files/{id}", "get_file", "A file's bytes", raw=("application/octet-stream", *PICTURES)),
    Call(
        "GET",
        "/customers",
        "find_customers",
        "Persons by name or address",
        None,
        s.CustomerPage,
        (("q", "what the name or address starts with"), *_PAGE),
    ),
    Call("GET", "/customers/{id}", "get_customer", "A person", None, s.CustomerRow),
    Call("PATCH", "/customers/{id}", "edit_customer", "Change a person", s.EditCustomer, s.CustomerRow),
    Call("POST", "/customers/{id}/identities", "add_identity", "Add a typed-in address", s.AddIdentity, s.CustomerRow, creates=True),
    Call("GET", "/counts", "get_counts", "Counters of the built-in views", None, s.CountsRow),
    Call(
        "GET",
        "/search",
        "search",
        "Search all history",
        None,
        s.SearchPage,
        (("q", "words and operators: from: to: tag: is: assignee: channel: customer: before: after:"), *_PAGE),
    ),
)
