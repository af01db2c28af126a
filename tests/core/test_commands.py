"""Commands as they come in from outside: nothing unknown, nothing coerced, nothing without a limit."""

from __future__ import annotations

from typing import get_args

import msgspec
import pytest

from inbox.core.commands import ACTIONS, Addressee, AnyCommand, Assign, EditCustomer, InConversation, Reply, SetStatus
from inbox.core.conversation import Category
from inbox.core.message import Address
from inbox.core.permissions import IN_CONVERSATION

decoder: msgspec.json.Decoder[AnyCommand] = msgspec.json.Decoder(AnyCommand)


def asked(**fields: object) -> AnyCommand:
    return decoder.decode(msgspec.json.encode(fields))


def test_a_command_says_what_it_is() -> None:
    reply = asked(do="reply", conversation="c1", client_id="1", text="Hi", to=[{"kind": "email", "value": "a@x.org"}], then="resolved")
    assert isinstance(reply, Reply)
    assert (reply.then, reply.to[0].address()) == (Category.RESOLVED, Address("email", "a@x.org"))
    assert asked(do="set_status", conversation="c1", category="snoozed", until=5) == SetStatus("c1", Category.SNOOZED, until=5)  # type: ignore[arg-type]  # plain id


def test_null_and_absent_are_different() -> None:
    assert asked(do="assign", conversation="c1", agent=None) == Assign("c1", agent=None)  # type: ignore[arg-type]  # plain id
    edit = asked(do="edit_customer", customer="kim", version=1, attributes={"plan": None})
    assert isinstance(edit, EditCustomer)
    assert (edit.attributes, edit.name) == ({"plan": None}, msgspec.UNSET)


@pytest.mark.parametrize(
    "bad",
    [
        {},
        {"do": "drop"},
        {"do": "reply", "conversation": "c1", "client_id": "1"},
        {"do": "reply", "conversation": {"$ne": ""}, "client_id": "1", "text": "x"},
        {"do": "reply", "conversation": "", "client_id": "1", "text": "x"},
        {"do": "reply", "conversation": "c1", "client_id": "1", "text": "x", "is_admin": True},
        {"do": "reply", "conversation": "c1", "client_id": "1" * 65, "text": "x"},
        {"do": "reply", "conversation": "c1", "client_id": "1", "text": "x" * 200_001},
        {"do": "reply", "conversation": "c1", "client_id": "1", "text": "x", "to": [{"kind": "email", "value": ""}]},
        {"do": "reply", "conversation": "c1", "client_id": "1", "text": "x", "to": [{"kind": "email", "value": "a", "x": 1}]},
        {"do": "reply", "conversation": "c1", "client_id": "1", "text": "x", "cc": [{"kind": "email", "value": "a"}] * 101},
        {"do": "forward", "conversation": "c1", "client_id": "1", "message": "m1", "to": []},
        {"do": "start_conversation", "client_id": "1", "channel": "mail", "to": [], "text": "x"},
        {"do": "set_status", "conversation": "c1", "category": "closed"},
        {"do": "set_status", "conversation": "c1", "category": "snoozed", "until": "5"},
        {"do": "set_tags", "conversation": "c1", "add": ["x" * 51]},
        {"do": "set_tags", "conversation": "c1", "add": ["x"] * 51},
        {"do": "set_tags", "conversation": "c1", "remove": [""]},
        {"do": "hand_over", "conversation": "c1", "code": "He said: call me"},
        {"do": "edit_customer", "customer": "kim", "version": 1, "attributes": {"": "x"}},
        {"do": "edit_customer", "customer": "kim", "version": True},
    ],
)
def test_anything_else_is_refused(bad: dict[str, object]) -> None:
    with pytest.raises(msgspec.ValidationError):
        asked(**bad)


def test_every_command_has_its_question_to_the_gate() -> None:
    assert set(ACTIONS) == set(get_args(AnyCommand))
    for command, action in ACTIONS.items():
        assert issubclass(command, InConversation) == (action in IN_CONVERSATION)


def test_an_addressee_is_an_address() -> None:
    assert Addressee("email", "a@x.org", "Ann").address() == Address("email", "a@x.org", "Ann")
