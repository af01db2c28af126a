"""For every call of the contract a request that would be right: what the generated matrices start from."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from inbox.api.contract import Call

Json = dict[str, Any]

BODIES: Mapping[str, Callable[[], Json]] = {
    "log_in": lambda: {"email": "mia@example.com", "password": "correct horse battery"},
    "ask_reset": lambda: {"email": "mia@example.com"},
    "do_reset": lambda: {"password": "another horse battery"},
    "change_password": lambda: {"current": "correct horse battery", "password": "another horse battery"},
    "edit_me": lambda: {"availability": "away", "signature": "Mia", "name": "Mia"},
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
    },
    "edit_conversation": lambda: {"priority": "high", "add_tags": ["vip"], "remove_tags": [], "subject": "New subject"},
    "about_participant": lambda: {"kind": "email", "value": "anna@example.org", "action": "accept"},
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
        "active": True,
    },
    "create_team": lambda: {"name": "Returns", "slug": "returns"},
    "rename_team": lambda: {"name": "Sales and more"},
    "add_identity": lambda: {"kind": "email", "value": "anna.two@example.org"},
}

QUERIES: Mapping[str, Mapping[str, str]] = {"search": {"q": "order"}, "find_customers": {"q": "anna"}}

OBJECTS: Mapping[str, str] = {
    "/conversations/{id}": "c-{side}",
    "/messages/{id}/retry": "r-{side}",
    "/messages/{id}/cancel": "r-{side}",
    "/messages/{id}": "m-{side}",
    "/files/{id}": "f-{side}",
}
"""What ``{id}`` stands for, by the beginning of the path; persons belong to the whole house."""


THE_HOUSES: Mapping[str, str] = {"/accounts/{id}": "ben", "/teams/{id}": "returns"}
"""What ``{id}`` stands for where an object belongs to the whole house."""


def path_of(call: Call, side: str) -> str:
    """The call's path for an object of the reader's own side, of the foreign one, or of none."""
    house = next((name for start, name in THE_HOUSES.items() if call.path.startswith(start)), "anna")
    made = next((name for start, name in OBJECTS.items() if call.path.startswith(start)), house if side != "absent" else "nobody")
    return call.path.replace("{id}", made.format(side=side)).replace("{mode}", "reply").replace("{token}", "t" * 43)


def is_about_a_conversation(call: Call) -> bool:
    """Whether the gate looks at a conversation for this call."""
    return any(call.path.startswith(start) for start in OBJECTS) and "{id}" in call.path
