"""For every call of the contract a request that would be right: what the generated matrices start from."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Callable, Mapping
from typing import Any

from inbox.api.call import Call
from tests.faces import a_face

Json = dict[str, Any]

_QUEUE: Json = {
    "name": "Refunds",
    "order": 1,
    "conditions": {"all": [{"field": "tag", "op": "has", "value": ["refund"]}]},
    "teams": ["support"],
    "agents": ["mia"],
    "skills": [{"skill": "french", "level": 2, "relax_ms": 60_000}],
    "strategy": "round_robin",
    "ahead_ms": 0,
    "ageing_ms": 600_000,
    "sticky_ms": 0,
    "offer_ms": 30_000,
    "overflow": None,
    "overflow_ms": 0,
    "overflow_empty": False,
    "calendar": "",
    "paused": False,
    "gone_ms": 180_000,
    "ends_with_shift": False,
    "closed_text": "",
    "limit": 0,
    "full_text": "",
}

_CALENDAR: Json = {
    "name": "Office",
    "zone": "Europe/Berlin",
    "week": [[{"start": 540, "end": 1020}], [], [], [], [], [], []],
    "country": "DE",
    "subdivision": "BY",
    "specials": [{"first": "2026-12-24", "last": "2026-12-24", "hours": [], "name": "Christmas Eve"}],
    "reports": False,
}
_POLICY: Json = {
    "name": "Gold",
    "order": 1,
    "enabled": True,
    "conditions": {"all": [{"field": "tag", "op": "has", "value": ["vip"]}]},
    "targets": {"first_response": 3_600_000},
    "by_priority": {"urgent": {"resolution": 7_200_000}},
    "calendar": "",
    "warn_shares": [50, 80],
    "pauses": ["waiting"],
    "on_warning": [{"kind": "tag", "value": "soon"}],
    "on_breach": [{"kind": "priority", "value": "urgent"}],
}

_SEGMENT: Json = {"name": "Big customers", "conditions": {"all": [{"field": "attribute", "op": "is", "value": ["gold"], "name": "plan"}]}}
_REPLY: Json = {"name": "Refund", "text": "Dear {{customer.first_name}}", "folder": "Money", "personal": True, "files": []}

_SURVEY: Json = {
    "name": "After every answer",
    "kind": "csat",
    "words": {
        "question": "How was it?",
        "labels": ["Very bad", "Bad", "Okay", "Good", "Very good"],
        "comment_question": "Why?",
        "send": "Send",
        "thanks": "Thank you!",
        "closed": "It is too late to answer.",
        "language": "en",
    },
    "order": 1,
    "enabled": True,
    "conditions": {"all": [{"field": "tag", "op": "has", "value": ["vip"]}]},
    "wait_ms": 600_000,
    "again_days": 30,
}

_ATTRIBUTE: Json = {"name": "Plan", "key": "plan", "kind": "choice", "choices": ["Free", "Gold"], "order": 1}

_ALERT: Json = {
    **{"name": "Many wait", "measure": "waiting", "queue": "", "team": "", "above": 5, "for_ms": 60_000, "enabled": True},
    **{"mails": ["boss@example.org"], "webhooks": []},
}
_SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
_WEBHOOK: Json = {"name": "Pager", "url": "https://pager.example.org/in", "enabled": True, "secret": _SECRET}

BODIES: Mapping[str, Callable[[], Json]] = {
    "preview_calendar": lambda: {**_CALENDAR, "version": 0},
    "preview_policy": lambda: {**_POLICY, "version": 0, "id": ""},
    "create_calendar": lambda: {**_CALENDAR, "version": 0},
    "edit_calendar": lambda: {**_CALENDAR, "version": 1},
    "create_sla_policy": lambda: {**_POLICY, "version": 0},
    "edit_sla_policy": lambda: {**_POLICY, "version": 1},
    "answer_offer": lambda: {"accept": True},
    "create_survey": lambda: {**_SURVEY, "version": 0},
    "edit_survey": lambda: {**_SURVEY, "version": 1},
    "create_role": lambda: {"version": 0, "name": "Night shift", "permissions": ["reply", "note"], "sight": "own"},
    "edit_role": lambda: {"version": 1, "name": "Night shift", "permissions": ["reply"], "sight": "teams"},
    "replace_role": lambda: {"instead": "agent"},
    "create_saved_reply": lambda: {**_REPLY, "version": 0},
    "edit_saved_reply": lambda: {**_REPLY, "version": 1},
    "edit_message": lambda: {"text": "New words"},
    "react_to_message": lambda: {"emoji": "👍"},
    "preview_text": lambda: {"text": "**Hello**"},
    "create_queue": lambda: {**_QUEUE, "version": 0},
    "edit_queue": lambda: {**_QUEUE, "version": 1},
    "create_alert": lambda: {**_ALERT, "version": 0},
    "edit_alert": lambda: {**_ALERT, "version": 1},
    "create_attribute": lambda: {**_ATTRIBUTE, "version": 0},
    "edit_attribute": lambda: {**_ATTRIBUTE, "version": 1},
    "create_segment": lambda: {**_SEGMENT, "version": 0},
    "edit_segment": lambda: {**_SEGMENT, "version": 1},
    "preview_segment": lambda: {"conditions": _SEGMENT["conditions"]},
    "create_tag": lambda: {"name": "vip", "version": 0, "colour": "red", "description": "Pays more"},
    "edit_tag": lambda: {"name": "vip", "version": 1, "colour": "", "description": ""},
    "retag": lambda: {"version": 1, "into": "gold"},
    "edit_tagging": lambda: {"version": 0, "closed": True},
    "create_webhook": lambda: {**_WEBHOOK, "version": 0},
    "edit_webhook": lambda: {**_WEBHOOK, "version": 1},
    "create_break_reason": lambda: {"name": "Lunch", "version": 0},
    "edit_break_reason": lambda: {"name": "Lunch", "version": 1},
    "set_availability": lambda: {"availability": "away", "break_reason": "", "left": {"availability": "online", "break_reason": ""}},
    "set_face": lambda: {"picture": b64encode(a_face()).decode()},
    "log_in": lambda: {"email": "mia@example.com", "password": "correct horse battery", "code": ""},
    "ask_reset": lambda: {"email": "mia@example.com"},
    "do_reset": lambda: {"password": "another horse battery"},
    "change_password": lambda: {"current": "correct horse battery", "password": "another horse battery"},
    "edit_me": lambda: {
        "availability": "away",
        "break_reason": "",
        "signature": "Mia",
        "name": "Mia",
        "keys": {"close": "d", "snooze": ""},
        "language": "ar",
        "screen": {"theme": '"dark"'},
    },
    "start_conversation": lambda: {
        "channel": "mail",
        "to": [{"kind": "email", "value": "new@example.org", "name": "New"}],
        "cc": [{"kind": "email", "value": "cc@example.org", "name": ""}],
        "bcc": [{"kind": "email", "value": "bcc@example.org", "name": ""}],
        "text": "Hello",
        "client_id": "start-1",
        "subject": "Hello",
        "files": [],
        "customer": "anna",
        "template": None,
        "hold": 0,
        "send_at": None,
    },
    "send_message": lambda: {
        "kind": "reply",
        "text": "Hello",
        "client_id": "send-1",
        "to": [{"kind": "email", "value": "anna@example.org", "name": "Anna"}],
        "cc": [],
        "bcc": [],
        "files": [],
        "mentions": [],
        "subject": "Re: order",
        "seen": "",
        "anyway": True,
        "message": "",
        "then": "",
        "template": None,
        "choices": [],
        "sticker": "",
        "hold": 0,
        "send_at": None,
        "whisper": False,
    },
    "edit_conversation": lambda: {
        "priority": "high",
        "add_tags": ["vip"],
        "remove_tags": [],
        "subject": "New subject",
        "follow": True,
        "left": {"category": "open", "priority": "normal"},
    },
    "start_job": lambda: {
        "conversations": ["c-own"],
        "change": {
            "priority": "high",
            "add_tags": ["vip"],
            "remove_tags": ["old"],
            "read": True,
            "assignee": "mia",
            "team": "support",
            "queue": None,
            "follow": True,
            "status": "open",
        },
        "view": "",
        "filter": "",
    },
    "about_participant": lambda: {"kind": "email", "value": "anna@example.org", "action": "accept"},
    "log_call": lambda: {
        "client_id": "call-1",
        "number": "+49 30 123456",
        "direction": "out",
        "outcome": "answered",
        "started_at": 0,
        "seconds": 125,
        "text": "Wants a refund",
        "recording": "https://calls.example/1",
        "resolved": False,
    },
    "start_call": lambda: {
        "client_id": "call-2",
        "channel": "phone",
        "number": "+49 30 123457",
        "direction": "in",
        "outcome": "answered",
        "started_at": 0,
        "seconds": 0,
        "text": "",
        "recording": "",
        "resolved": True,
        "customer": "",
        "subject": "A call",
    },
    "block_participant": lambda: {"kind": "email", "value": "anna@example.org", "domain": False, "why": "phishing", "spam": False},
    "block_sender": lambda: {"kind": "email", "value": "eve@spam.example", "domain": True, "why": ""},
    "read_notices": lambda: {"until": 0, "ids": [], "conversation": "c-own"},
    "mark_read": lambda: {"message": ""},
    "save_draft": lambda: {
        "text": "Dear Anna",
        "to": [{"kind": "email", "value": "anna@example.org", "name": "Anna"}],
        "cc": [],
        "bcc": [],
        "files": [],
        "subject": "Fwd: order",
        "message": "",
        "base": 0,
    },
    "create_customer": lambda: {
        "name": "Omar Haddad",
        "company": "Haddad",
        "language": "de",
        "notes": "Likes tea",
        "attributes": {"plan": "gold"},
        "addresses": [{"kind": "email", "value": "omar@example.org"}],
    },
    "edit_customer": lambda: {
        "version": 1,
        "name": "Anna",
        "company": "ACME",
        "language": "de",
        "notes": "nice",
        "attributes": {"city": "Bonn"},
    },
    "create_account": lambda: {"email": "new@example.com", "name": "New", "role": "agent", "teams": ["support"], "capacity": 5},
    "edit_account": lambda: {
        "version": 1,
        "email": "ben@example.com",
        "name": "Ben",
        "role": "agent",
        "teams": ["sales"],
        "capacity": 7,
        "skills": {"french": 3},
        "limits": {"email": 5},
        "calendar": "office",
        "active": True,
    },
    "create_channel": lambda: {
        "id": "second",
        "connector": "recording",
        "name": "Second mailbox",
        "team": "support",
        "bot": "",
        "settings": {"secret": "another secret", "address": "second@example.com"},
        "paused": False,
        "acknowledgement": {"text": "It is here.", "outside_hours_text": "Tomorrow.", "calendar": "office", "again_hours": 24},
        "readers": ["support"],
        "anyway": False,
    },
    "edit_channel": lambda: {
        "version": 1,
        "name": "Mailbox of ours",
        "team": "sales",
        "bot": "",
        "settings": {"secret": "", "address": "ours@example.com"},
        "forget": [],
        "paused": True,
        "acknowledgement": {"text": "It is here.", "outside_hours_text": "Tomorrow.", "calendar": "office", "again_hours": 24},
        "readers": ["sales"],
        "enabled": True,
        "anyway": False,
    },
    "test_channel": lambda: {"connector": "recording", "settings": {"secret": "a secret"}, "id": "ours", "forget": []},
    "create_team": lambda: {"name": "Returns", "slug": "returns"},
    "create_view": lambda: {
        "name": "Important",
        "filter": "tag:vip",
        "sort": "due",
        "share": "team",
        "team": "support",
        "icon": "flag",
        "version": 0,
    },
    "edit_view": lambda: {
        "name": "Important",
        "filter": "tag:vip",
        "sort": "due",
        "share": "team",
        "team": "support",
        "icon": "flag",
        "version": 1,
    },
    "merge_conversations": lambda: {"into": "c-own", "same_person": False},
    "move_messages": lambda: {"messages": ["m-own"], "to": ""},
    "rename_team": lambda: {"name": "Sales and more"},
    "save_device": lambda: {
        "endpoint": "https://push.example.net/device/1",
        "p256dh": "B" * 87,
        "auth": "a" * 22,
        "content": False,
        "kinds": ["assigned", "mention"],
    },
    "begin_factor": lambda: {"password": "correct horse battery"},
    "confirm_factor": lambda: {"code": "123456"},
    "drop_factor": lambda: {"password": "correct horse battery", "code": "123456"},
    "renew_recovery": lambda: {"password": "correct horse battery", "code": "123456"},
    "begin_needed_factor": lambda: {"email": "mia@example.com", "password": "correct horse battery"},
    "begin_passkey": lambda: {"password": "correct horse battery"},
    "add_passkey": lambda: {"name": "My phone", "client_data": "e30", "attestation": "oA"},
    "rename_passkey": lambda: {"name": "My new phone", "password": "correct horse battery"},
    "remove_passkey": lambda: {"password": "correct horse battery"},
    "log_in_by_passkey": lambda: {
        "id": "AQID",
        "client_data": "e30",
        "authenticator_data": "AAAA",
        "signature": "AAAA",
        "user_handle": "AAAA",
    },
    "begin_sign_in": lambda: {"provider": "example"},
    "begin_invited": lambda: {"provider": "example"},
    "create_token": lambda: {"name": "Nightly export", "reach": "read", "days": 90},
    "edit_security": lambda: {"version": 0, "two_factor": False, "passwords": "all"},
    "merge_customers": lambda: {"into": "anna", "version": 1, "into_version": 1, "take": ["name"], "take_attributes": ["plan"]},
    "add_identity": lambda: {"kind": "email", "value": "anna.two@example.org"},
}

QUERIES: Mapping[str, Mapping[str, str]] = {"search": {"q": "order"}, "find_customers": {"q": "anna"}}

OBJECTS: Mapping[str, str] = {
    "/conversations/{id}": "c-{side}",
    "/messages/{id}/retry": "r-{side}",
    "/messages/{id}/cancel": "r-{side}",
    "/messages/{id}/send-now": "r-{side}",
    "/messages/{id}": "m-{side}",
    "/files/{id}": "f-{side}",
}
"""What ``{id}`` stands for, by the beginning of the path; persons belong to the whole house."""


THE_HOUSES: Mapping[str, str] = {
    "/accounts/{id}": "ben",
    "/teams/{id}": "returns",
    "/blocked-senders/{id}": "blocked",
    "/jobs/{id}": "nothing",
    "/repairs/{id}": "nothing",
    "/customer-merges/{id}": "nothing",
    "/queues/{id}": "refunds",
    "/saved-replies/{id}": "refund",
    "/roles/{id}": "nights",
    "/calendars/{id}": "office",
    "/sla/policies/{id}": "gold",
    "/channels/{id}/consent": "mail",
    "/views/{id}": "important",
    "/channels/{id}/templates": "chat",
    "/channels/{id}/preview": "chat",
    "/channels/{id}": "ours",
}
"""What ``{id}`` stands for where an object belongs to the whole house."""


def path_of(call: Call, side: str) -> str:
    """The call's path for an object of the reader's own side, of the foreign one, or of none."""
    house = next((name for start, name in THE_HOUSES.items() if call.path.startswith(start)), "anna")
    made = next((name for start, name in OBJECTS.items() if call.path.startswith(start)), house if side != "absent" else "nobody")
    return call.path.replace("{id}", made.format(side=side)).replace("{mode}", "reply").replace("{token}", "t" * 43)


def is_about_a_conversation(call: Call) -> bool:
    """Whether the gate looks at a conversation for this call."""
    return any(call.path.startswith(start) for start in OBJECTS) and "{id}" in call.path
