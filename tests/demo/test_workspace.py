"""The workspace file, and what a newcomer finds after it was played on a real MongoDB."""

import email
import email.policy
import tomllib
from collections import Counter
from typing import Any

import msgspec
import pytest

from inbox.core.conversation import Category, ClockState, Conversation, Priority
from inbox.core.ids import AgentId
from inbox.core.message import DeliveryState, Kind, Message
from inbox.core.permissions import Scope
from inbox.core.views import BUILTIN
from inbox.demo.workspace import FILE, Workspace, load, milliseconds
from tests.demo.conftest import Filled

MINUTE = 60_000
MIRA = AgentId("mira")
EVERYTHING = Scope(all=True)
SECONDS = 12  # of the processor; a newcomer with a machine of his own waits as long

in_one_loop = pytest.mark.asyncio(loop_scope="package")


def with_second_step(**fields: Any) -> dict[str, Any]:
    """A workspace of one story, whose second step is as given."""
    data = tomllib.loads(FILE.read_text(encoding="utf-8"))
    steps = [{"ago": "9m", "text": "Hi"}, {"ago": "5m", "by": "mira", "text": "Hello", **fields}]
    return {**data, "stories": [{"channel": "support", "sender": "a@example.org", "name": "A", "steps": steps}]}


async def listed(filled: Filled, *views: str) -> dict[str, Conversation]:
    """The conversations of these views by subject, those without one by their customer's name."""
    found: dict[str, Conversation] = {}
    for view in views:
        page, after = await filled.stores.queries.page(BUILTIN[view], EVERYTHING, MIRA, None, 200)
        assert after is None
        people = await filled.stores.queries.customers([c.customer for c in page])
        found |= {c.subject or people[c.customer].name: c for c in page}
    return found


async def thread(filled: Filled, conversation: Conversation) -> list[Message]:
    """Its messages, oldest first."""
    return (await filled.stores.queries.timeline(conversation.id, None, 100))[::-1]


def test_spans_are_added_up() -> None:
    assert milliseconds("1d 2h 3m") == (24 * 60 + 2 * 60 + 3) * MINUTE
    assert milliseconds("40m") == 40 * MINUTE


def test_all_addresses_are_for_examples() -> None:
    workspace = load()
    addresses = [s.sender for s in workspace.stories if "@" in s.sender] + [p.email for p in workspace.people]
    addresses += [step.sender for _, step in workspace.steps() if step.sender]
    allowed = ("example.com", "example.net", "example.org", "northwind.example")
    assert [a for a in addresses if not a.rpartition("@")[2].endswith(allowed)] == []


def test_a_mistake_in_the_file_is_refused() -> None:
    msgspec.convert(with_second_step(), Workspace)
    for wrong in ({"by": "nobody"}, {"assign": "nobody"}, {"ago": "10m"}, {"ago": "soon"}, {"txt": "a slip"}, {"status": "done"}):
        with pytest.raises(msgspec.ValidationError):
            msgspec.convert(with_second_step(**wrong), Workspace)


@in_one_loop
async def test_it_is_there_before_a_newcomer_grows_impatient(filled: Filled) -> None:
    assert filled.seconds < SECONDS


@in_one_loop
async def test_every_state_is_to_be_seen(filled: Filled) -> None:
    found = await listed(filled, "all", "snoozed", "resolved", "spam")
    states = Counter(c.category for c in found.values())
    assert len(found) == len(load().stories)
    assert all(states[category] >= 3 for category in Category)
    assert {c.priority for c in found.values()} >= {Priority.NORMAL, Priority.HIGH, Priority.URGENT}


@in_one_loop
async def test_deadlines_run_are_near_and_a_few_are_over(filled: Filled) -> None:
    found = await listed(filled, "all")
    running = [c.sort_due - filled.at for c in found.values() for clock in c.sla if clock.state is ClockState.RUNNING and c.sort_due]
    assert len([due for due in running if due > 12 * MINUTE]) >= 6
    assert len([due for due in running if 0 < due <= 12 * MINUTE]) >= 2
    assert 1 <= len([due for due in running if due <= 0]) <= 3


@in_one_loop
async def test_whoever_logs_in_gets_what_waits_and_has_room_for_more(filled: Filled) -> None:
    agents = [a for a in await filled.stores.queries.agents() if a.role == "agent"]
    waiting = await filled.stores.queries.waiting(100)
    weight = sum(2 if c.channel == "shop" else 1 for c in waiting)
    assert len(waiting) >= 8
    assert all(a.load > 0 for a in agents)
    assert all(a.load + weight + 4 <= a.capacity for a in agents)
    assert all(a.capacity == 0 for a in await filled.stores.queries.agents() if a.role in ("admin", "supervisor"))


@in_one_loop
async def test_an_answer_by_mail_came_home_by_our_own_message_id(filled: Filled) -> None:
    tent = (await listed(filled, "all"))["Zip of the Fjell tent is broken"]
    answered, note, _, back = (await thread(filled, tent))[1:]
    assert (answered.kind, note.kind, back.kind) == (Kind.REPLY, Kind.NOTE, Kind.CUSTOMER)
    assert back.reason is not None
    assert back.reason.code == "signed_id"
    assert back.text[: back.fresh].endswith("Tove")
    assert "> Hello Tove," in back.text
    assert [a.type for a in (await thread(filled, tent))[0].attachments] == ["image/png"]


@in_one_loop
async def test_what_was_sent_lies_as_a_whole_mail_in_the_post_office(filled: Filled) -> None:
    (file,) = (filled.settings.data.path / "sent").glob("*-tove.berg@example.net.eml")
    mail = email.message_from_bytes(file.read_bytes(), policy=email.policy.default)
    body = mail.get_body(("plain",))
    assert mail["Subject"] == "Re: Zip of the Fjell tent is broken"
    assert mail["In-Reply-To"]
    assert body is not None
    assert "Mira Kovač\nNorthwind Support" in body.get_content().replace("\r\n", "\n")


@in_one_loop
async def test_a_refused_and_a_returned_mail_are_open_again_with_the_reason(filled: Filled) -> None:
    found = await listed(filled, "all")
    for subject, code in (("Left-handed zip", "550 5.1.1"), ("Question about the Wren down jacket", "552 5.2.2")):
        (sent,) = [m.delivery for m in await thread(filled, found[subject]) if m.delivery]
        assert sent.state is DeliveryState.FAILED
        assert sent.error.startswith(code)
        assert found[subject].category is Category.OPEN


@in_one_loop
async def test_what_cannot_be_read_is_shown_as_far_as_it_can(filled: Filled) -> None:
    found = await listed(filled, "all", "resolved")
    everything = [(await thread(filled, c))[0] for c in found.values()]
    (garbled,) = [m for m in everything if m.unreadable]
    row = await filled.stores.ledger.get(garbled.raw) if garbled.raw else None
    assert row is not None
    assert b"blue one" in row.raw.body
    sealed = (await thread(filled, found["Vertraulich"]))[0]
    assert (sealed.text, [a.name for a in sealed.attachments]) == ("", ["smime.p7m"])
    (picture_mail, _) = await thread(filled, found["Sendung 7718 kommt heute"])
    assert picture_mail.html
    assert "heute, 14 bis 16 Uhr" in picture_mail.text


@in_one_loop
async def test_an_out_of_office_mail_changes_nothing(filled: Filled) -> None:
    lamp = (await listed(filled, "all"))["Stirnlampe Pika flackert"]
    assert (await thread(filled, lamp))[-1].automatic == "out-of-office"
    assert lamp.category is Category.WAITING


@in_one_loop
async def test_one_person_writes_by_mail_and_chats_from_her_account(filled: Filled) -> None:
    mail = (await listed(filled, "all"))["Zip of the Fjell tent is broken"]
    chat = (await listed(filled, "resolved"))["Tove Berg"]
    assert mail.customer == chat.customer
    assert {i.kind for i in await filled.stores.queries.identities_of(mail.customer)} >= {"email", "webchat"}


@in_one_loop
async def test_a_copied_colleague_answered_and_is_not_yet_accepted(filled: Filled) -> None:
    camp = (await listed(filled, "all"))["Group order for our autumn camp"]
    (bursar,) = [p for p in camp.participants if p.value == "bursar@example.org"]
    assert not bursar.accepted
    assert camp.inbound == 2


@in_one_loop
async def test_names_and_words_of_all_scripts_arrived_whole(filled: Filled) -> None:
    found = await listed(filled, "all", "resolved")
    people = (await filled.stores.queries.customers([c.customer for c in found.values()])).values()
    languages = {p.name: p.language for p in people}
    wanted = {"田中 結衣": "ja", "ليلى حداد": "ar", "Zoë 🏔️": "en", "Katarzyna Wiśniewska": "pl", "Σοφία Παππά": "el"}
    assert {name: languages.get(name) for name in wanted} == wanted
    assert max(map(len, languages)) > 80


@in_one_loop
async def test_the_first_start_sends_nothing_by_itself(filled: Filled) -> None:
    due = await filled.stores.queries.timers_due(filled.at, 1000)
    assert {timer.kind.partition(":")[0] for timer in due} <= {"sla"}  # which of them depends on the hour of the week
    assert not [policy.id for policy in load().policies if any(a.kind == "webhook" for a in (*policy.on_warning, *policy.on_breach))]
    assert await filled.stores.queries.due_messages(filled.at, 10) == []
    assert await filled.stores.ledger.unsettled(filled.at, 10) == []


@in_one_loop
async def test_old_conversations_are_read_and_new_ones_are_not(filled: Filled) -> None:
    found = await listed(filled, "all", "resolved")
    marks = await filled.stores.own.reads(MIRA, [c.id for c in found.values()])
    unread = {subject for subject, c in found.items() if c.inbound > (marks[c.id].inbound if c.id in marks else 0)}
    assert "Siparişim nerede?" in unread
    assert "Zip of the Fjell tent is broken" in unread
    assert not unread & set(await listed(filled, "resolved"))


@in_one_loop
async def test_some_customers_have_said_how_satisfied_they_are(filled: Filled) -> None:
    asked = [c.rating for c in (await listed(filled, "resolved")).values() if c.rating is not None]
    given = sorted(rating.score for rating in asked if rating.score is not None)
    assert len(given) >= 8
    assert given[0] <= 2 < 5 == given[-1]
    assert len(asked) > len(given), "not everybody answers"
