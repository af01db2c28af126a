"""Every call of the HTTP API as data: the one list that routes, access checks, OpenAPI and the tests' matrix are made from."""

from __future__ import annotations

from inbox.api import alert_structs as al
from inbox.api import amend_structs as am
from inbox.api import blocking_structs as b
from inbox.api import call_log_structs as k
from inbox.api import channel_structs as ch
from inbox.api import customer_structs as p
from inbox.api import job_structs as j
from inbox.api import notice_structs as n
from inbox.api import push_structs as push
from inbox.api import queue_structs as q
from inbox.api import repair_structs as rep
from inbox.api import reply_structs as rp
from inbox.api import report_structs as rs
from inbox.api import role_structs as ro
from inbox.api import security_structs as sec
from inbox.api import segment_structs as sg
from inbox.api import sla_structs as sla
from inbox.api import staff_structs as st
from inbox.api import structs as s
from inbox.api import tag_structs as ts
from inbox.api import webhook_structs as wh
from inbox.api import writing_structs as w
from inbox.api.call import Call
from inbox.api.consent_structs import ConsentRow
from inbox.api.security_calls import SECURITY_CALLS
from inbox.api.shelves import SHELVES
from inbox.api.sniffing import PICTURES, RECORDINGS
from inbox.core.removed import Removed
from inbox.flow.rows import ConversationRow, MessageRow

PREFIX = "/api/v1"
VERSION = "1"


_REPORT = (
    ("first", "first day, as 2026-11-22"),
    ("last", "last day"),
    ("by", "what each row stands for"),
    ("channel", "only this channel's"),
    ("team", "only this team's"),
    ("queue", "only this queue's"),
    ("agent", "only this agent's"),
    ("tag", "only with this tag"),
)
_PAGE = (("after", "the `next` of the page before"), ("limit", "rows, at most 100"))
_OF_VIEW = (
    ("view", "a view's id, default mine"),
    ("filter", "narrows it: is: assignee: team: tag: channel: priority: queue: customer:"),
    ("customer", "only this customer's (any status)"),
)

CALLS: tuple[Call, ...] = (
    Call("POST", "/session", "log_in", "Log in; sets the session cookie", sec.Login, s.Me, open=True),
    Call("GET", "/session", "who_am_i", "The logged-in account", None, s.Me),
    Call("DELETE", "/session", "log_out", "Log out", person=True),
    Call("GET", "/session/state", "session_state", "Whether the session cookie still stands", None, s.SessionState, open=True),
    Call("POST", "/password-resets", "ask_reset", "Send a reset link by mail", s.ResetRequest, None, open=True),
    Call("POST", "/password-resets/{token}", "do_reset", "Set a new password by a reset link", s.NewPassword, None, open=True),
    Call("PUT", "/me/password", "change_password", "Change the own password", s.ChangePassword, None, person=True),
    Call("PATCH", "/me", "edit_me", "Change own availability, signature, name", s.EditMe, s.Me),
    Call("GET", "/bootstrap", "bootstrap", "All the screen needs to start", None, s.Bootstrap),
    Call("GET", "/beginning", "get_beginning", "How far a new workspace is, for who looks after channels", None, s.Beginning),
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
    Call(
        "PUT",
        "/agents/{id}/availability",
        "set_availability",
        "Let an agent take new conversations or not, for supervisors",
        st.SetAvailability,
        s.AgentRow,
    ),
    Call("PUT", "/agents/{id}/face", "set_face", "Another picture of oneself; of others for admins", st.SetFace, s.AgentRow),
    Call("DELETE", "/agents/{id}/face", "remove_face", "No picture of oneself; of others for admins", None, s.AgentRow),
    Call("POST", "/roles/{id}/replace", "replace_role", "Remove a role; who had it gets another", ro.ReplaceRole),
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
    Call(
        "DELETE", "/accounts/{id}/invitation", "withdraw_invitation", "Void the link of somebody who never got in; switches the account off"
    ),
    Call(
        "GET", "/connectors", "list_connectors", "What a channel can be, with the form of its settings", None, tuple[ch.ConnectorRow, ...]
    ),
    Call("GET", "/channels", "list_channels", "All channels and bots with their settings, for admins", None, tuple[ch.ChannelSetup, ...]),
    Call("POST", "/channels", "create_channel", "Make a channel", ch.CreateChannel, ch.ChannelSetup, creates=True),
    Call("POST", "/channels/test", "test_channel", "Try settings out without storing them", ch.TestChannel, ch.Trial),
    Call("PATCH", "/channels/{id}", "edit_channel", "Change, pause or bring back a channel", ch.EditChannel, ch.ChannelSetup),
    Call("DELETE", "/channels/{id}", "remove_channel", "Remove a channel; its conversations stay"),
    Call("POST", "/teams", "create_team", "Make a team", st.CreateTeam, s.TeamRow, creates=True),
    Call("PATCH", "/teams/{id}", "rename_team", "Rename a team", st.RenameTeam, s.TeamRow),
    Call("DELETE", "/teams/{id}", "delete_team", "Remove a team that nothing is given to any more"),
    Call("POST", "/channels/{id}/preview", "preview_text", "What a channel makes of an answer's words", w.PreviewText, w.PreviewRow),
    Call("GET", "/channels/{id}/templates", "list_templates", "A channel's approved templates", None, w.TemplateList),
    Call("POST", "/channels/{id}/templates/fetch", "fetch_templates", "Fetch a channel's templates anew, for admins", None, w.TemplateList),
    Call("GET", "/channels/{id}/consent", "get_consent", "How a channel is let into an account, and where", None, ConsentRow),
    Call("GET", "/removed", "list_removed", "Names of what was removed and is still told of by its id", None, tuple[Removed, ...]),
    Call("GET", "/agents", "list_agents", "Colleagues and bots with presence and load", None, tuple[s.AgentRow, ...]),
    Call(
        "GET",
        "/conversations",
        "list_conversations",
        "A page of a view",
        None,
        s.ConversationPage,
        (*_OF_VIEW, *_PAGE),
    ),
    Call(
        "GET",
        "/conversations/count",
        "count_conversations",
        "How many a list holds, exactly up to 10,000",
        None,
        s.CountRow,
        _OF_VIEW,
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
        "Messages and quiet lines: older ones, newer ones, or those around a message",
        None,
        s.TimelinePage,
        (
            ("before", "the `before` of the page after"),
            ("later", "the `after` of the page before"),
            ("around", "a message's id"),
            ("limit", "items, at most 100"),
        ),
    ),
    Call(
        "GET",
        "/conversations/{id}/transcript",
        "get_transcript",
        "What was said, oldest first, to be taken along; written into the audit record",
        None,
        s.TimelinePage,
        (("notes", "1 takes private notes too"), ("later", "the `after` of the page before"), ("limit", "messages, at most 100")),
    ),
    Call("POST", "/conversations", "start_conversation", "Write to any address", w.StartConversation, s.Created, creates=True),
    Call("POST", "/conversations/{id}/messages", "send_message", "Reply, note or forward", w.SendMessage, s.Created, creates=True),
    Call("POST", "/conversations/{id}/calls", "log_call", "Log a phone call with the customer", k.LogCall, s.Created, creates=True),
    Call("POST", "/calls", "start_call", "Log a phone call as a new conversation", k.StartCall, s.Created, creates=True),
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
    Call(
        "POST",
        "/conversations/{id}/merge",
        "merge_conversations",
        "Merge a conversation into another one",
        rep.MergeInto,
        rep.Repaired,
        creates=True,
    ),
    Call(
        "POST",
        "/conversations/{id}/move",
        "move_messages",
        "Move messages to another conversation or into a new one",
        rep.MoveMessages,
        rep.Repaired,
        creates=True,
    ),
    Call("GET", "/repairs/{id}", "get_repair", "A merge, split or move, and what undoing it would mean", None, rep.RepairRow),
    Call("POST", "/repairs/{id}/undo", "undo_repair", "Undo a merge, split or move", None, rep.Repaired, creates=True),
    Call(
        "POST",
        "/conversations/{id}/block",
        "block_participant",
        "Block a participant, and mark the conversation as spam",
        b.BlockParticipant,
        b.Blocked,
        creates=True,
    ),
    Call("GET", "/blocked-senders", "list_blocked", "Who is blocked, newest first", None, b.BlockPage, _PAGE),
    Call("POST", "/blocked-senders", "block_sender", "Block an address or a mail domain", b.BlockSender, b.BlockRow, creates=True),
    Call("DELETE", "/blocked-senders/{id}", "unblock_sender", "Let a blocked sender in again"),
    Call("POST", "/jobs", "start_job", "Change many conversations, named or a whole view", j.StartJob, j.JobRow, creates=True),
    Call("GET", "/jobs", "list_jobs", "The own newest changes in bulk", None, tuple[j.JobRow, ...]),
    Call("GET", "/jobs/{id}", "get_job", "How far a change in bulk is", None, j.JobRow),
    Call("POST", "/jobs/{id}/cancel", "cancel_job", "Stop a change in bulk where it is", None, j.JobRow),
    Call("POST", "/jobs/{id}/undo", "undo_job", "Undo a change in bulk, where nobody changed it since", None, j.JobRow, creates=True),
    Call("GET", "/saved-replies/uses", "list_reply_uses", "How often saved replies were used", None, tuple[rp.UsesRow, ...]),
    Call(
        "POST",
        "/saved-replies/{id}/use",
        "use_saved_reply",
        "Use one, with copies of its files",
        None,
        rp.UsedReply,
        creates=True,
    ),
    Call("GET", "/tags/counts", "count_tags", "How many open conversations have which tag", None, ts.TagCounts),
    Call("POST", "/tags/{id}/retag", "retag", "Rename, merge or remove a tag in all conversations", ts.RenameTag, j.JobRow, creates=True),
    Call("GET", "/tagging", "get_tagging", "Whether agents make new tags", None, ts.TaggingRow),
    Call("PUT", "/tagging", "edit_tagging", "Let agents make new tags or not", ts.EditTagging, ts.TaggingRow),
    Call("POST", "/queue/next", "fetch_next", "Take the next conversation that waits", None, ConversationRow),
    Call("POST", "/conversations/{id}/offer", "answer_offer", "Take what is offered, or let it pass", q.AnswerOffer, ConversationRow),
    Call(
        "GET",
        "/places",
        "list_places",
        "Where what waits in a view stands",
        None,
        q.Places,
        (("view", "a view's id, default mine"), ("filter", "narrows it"), ("customer", "only this customer's")),
    ),
    Call("GET", "/conversations/{id}/queue", "queue_place", "Where it stands in its queue, and why it waits", None, q.QueuePlace),
    Call("PUT", "/conversations/{id}/read", "mark_read", "Move the own read mark", s.MarkRead, s.ReadMark),
    Call("GET", "/me/notices", "list_notices", "What one was told personally, newest first", None, n.NoticePage, _PAGE),
    Call("GET", "/me/push", "get_push", "Own browsers that are told while no window is in sight", None, push.PushSetup, person=True),
    Call(
        "PUT",
        "/me/push/devices",
        "save_device",
        "Tell this browser, or change what it is told",
        push.SaveDevice,
        push.PushSetup,
        person=True,
    ),
    Call("DELETE", "/me/push/devices/{id}", "drop_device", "Tell an own browser nothing any more", person=True),
    Call("PUT", "/me/notices/read", "read_notices", "Mark own notices as seen", n.NoticesRead, n.Unread),
    Call("PUT", "/conversations/{id}/drafts/{mode}", "save_draft", "Save the own draft", s.SaveDraft, s.DraftRow),
    Call("DELETE", "/conversations/{id}/drafts/{mode}", "delete_draft", "Drop the own draft"),
    Call("POST", "/messages/{id}/edit", "edit_message", "Reword an answer that is out, where its channel can", am.EditMessage, MessageRow),
    Call("POST", "/messages/{id}/withdraw", "withdraw_message", "Take back an answer that is out", None, MessageRow),
    Call("POST", "/messages/{id}/reaction", "react_to_message", "React to a customer's message", am.React, MessageRow),
    Call("POST", "/messages/{id}/retry", "retry_message", "Send a failed or uncertain message again", None, MessageRow),
    Call("POST", "/messages/{id}/send-now", "send_message_now", "Send a message at once that waits for its time", None, MessageRow),
    Call("POST", "/messages/{id}/cancel", "cancel_message", "Stop a message that is not sent yet", None, MessageRow),
    Call(
        "GET",
        "/messages/{id}/html",
        "message_html",
        "The message's HTML, cleaned, for a sandboxed frame",
        query=(("images", "1 loads remote images"),),
        raw=("text/html",),
    ),
    Call("GET", "/messages/{id}/raw", "message_raw", "The delivery exactly as it came, or the mail as it went out", raw=("text/plain",)),
    Call("POST", "/uploads", "upload", "Store a file for a message", None, s.FileRow, creates=True, form="file"),
    Call("GET", "/files/{id}", "get_file", "A file's bytes, or a range of them", raw=("application/octet-stream", *PICTURES, *RECORDINGS)),
    Call(
        "GET",
        "/customers",
        "find_customers",
        "Persons by name or address",
        None,
        p.CustomerPage,
        (("q", "what the name or address starts with"), *_PAGE),
    ),
    Call("POST", "/customers", "create_customer", "A person who need not have written", p.CreateCustomer, p.CustomerRow, creates=True),
    Call("GET", "/customers/{id}", "get_customer", "A person", None, p.CustomerRow),
    Call("PATCH", "/customers/{id}", "edit_customer", "Change a person", p.EditCustomer, p.CustomerRow),
    Call("POST", "/customers/{id}/identities", "add_identity", "Add a typed-in address", p.AddIdentity, p.CustomerRow, creates=True),
    Call(
        "GET",
        "/customers/{id}/candidates",
        "find_candidates",
        "Who may be the same person: by address and name, or those who are looked for",
        None,
        tuple[p.CandidateRow, ...],
        (("q", "what the name or address starts with; without it, who is alike"),),
    ),
    Call(
        "POST",
        "/customers/{id}/merge",
        "merge_customers",
        "Merge a customer into another one",
        p.MergeCustomers,
        p.CustomersMerged,
        creates=True,
    ),
    Call("POST", "/customer-merges/{id}/undo", "part_customers", "Undo a merge of customers", None, p.CustomersMerged, creates=True),
    Call("GET", "/counts", "get_counts", "Counters of the own views", None, s.CountsRow),
    Call(
        "GET",
        "/search",
        "search",
        "Search all history",
        None,
        s.SearchPage,
        (("q", "words and operators: from: to: tag: is: assignee: channel: customer: before: after:"), *_PAGE),
    ),
    *SECURITY_CALLS,
    Call(
        "POST",
        "/sla/policies/preview",
        "preview_policy",
        "What a policy would mean for open conversations",
        sla.PreviewPolicy,
        sla.PolicyPreview,
    ),
    Call("POST", "/calendars/preview", "preview_calendar", "Opening hours as they would stand now", sla.SaveCalendar, sla.CalendarPreview),
    Call("POST", "/segments/preview", "preview_segment", "Who would be in a segment", sg.PreviewSegment, sg.SegmentPreview),
    Call("GET", "/holiday-countries", "list_holiday_countries", "Countries whose holidays are known", None, tuple[sla.HolidayCountry, ...]),
    Call("GET", "/alerts/standing", "list_standing_alerts", "Alerts whose thresholds are crossed now", None, tuple[al.StandingAlert, ...]),
    Call("GET", "/dispatches", "list_dispatches", "Calls of webhooks and mails about alerts, lately", None, tuple[wh.DispatchRow, ...]),
    Call("POST", "/webhooks/{id}/test", "test_webhook", "Call it once to try the line", None, wh.DispatchRow, creates=True),
    Call("GET", "/sla/recount", "get_recount", "How far changed promises have come", None, sla.RecountRow),
    Call("GET", "/reports", "get_report", "Figures over days, for supervisors", None, rs.Report, _REPORT),
    Call("GET", "/reports.csv", "get_report_csv", "The same as comma-separated values", query=_REPORT, raw=("text/csv",)),
    Call(
        "GET",
        "/reports/facts",
        "list_facts",
        "The happenings behind a figure",
        None,
        rs.FactPage,
        (
            ("kind", "which happenings; ``backlog``: what was open when the last day ended, or is now"),
            *_REPORT,
            ("hour", "of the week, 0 to 167, Monday's first hour being 0"),
            ("policy", "id of the promise"),
            ("none", "``channel``, ``team``, ``queue`` or ``agent``: those without one"),
            ("state", "of the kind ``state``, which: ``online``, ``busy``, ``break``, ``break:REASON``, ``away`` or ``offline``"),
            *_PAGE,
        ),
    ),
    *(call for shelf in SHELVES for call in shelf.calls()),
)
