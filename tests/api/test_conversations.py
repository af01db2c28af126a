"""Conversations over HTTP: lists, threads, answers, changes, what is one's own."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from msgspec.structs import replace

from inbox.core.conversation import LastMessage
from inbox.core.ids import AgentId, ConversationId, MessageId, TeamId
from inbox.core.message import Kind
from inbox.flow import indexing
from inbox.records import AGENTS, CONVERSATIONS, MESSAGES, NOTIFICATIONS
from inbox.testing.builders import a_conversation
from inbox.testing.clock import START
from tests.api.world import Browser, World

OWN = ConversationId("c-own")


async def reply(browser: Browser, client_id: str, key: str = "", path: str = "c-own", **changes: Any) -> tuple[int, Any]:
    """Status and JSON of an answer to Anna."""
    body = {"kind": "reply", "text": "It is on its way.", "client_id": client_id} | changes
    answer = await browser.ask("POST", f"/conversations/{path}/messages", json=body, headers={"Idempotency-Key": key} if key else {})
    return answer.status, await answer.json()


async def test_a_view_is_paged_to_its_end_without_gaps(world: World) -> None:
    stored = world.memory.tables.of(CONVERSATIONS)
    for n in range(25):
        c = a_conversation(f"c{n:02}", number=100 + n, assignee=AgentId("mia"), updated_at=START + n // 2)
        stored[c.id] = c
    mia = await world.log_in("mia")
    seen: list[str] = []
    after: str | None = ""
    while after is not None:
        page = await mia.get("/conversations", params={"view": "mine", "limit": "7", **({"after": after} if after else {})})
        seen += [row["id"] for row in page["rows"]]
        after = page["next"]
    assert len(seen) == len(set(seen)) == 26
    assert "c-foreign" not in seen


async def test_a_list_shows_own_marks_and_drafts(world: World) -> None:
    mia = await world.log_in("mia")
    await mia.ask("PUT", "/conversations/c-own/read", json={"message": "m-own"})
    await mia.ask("PUT", "/conversations/c-own/drafts/note", json={"text": "remember"})
    page = await mia.get("/conversations")
    assert page["rows"][0]["customer"] == {"id": "anna", "name": "Anna Schmidt"}
    assert (page["reads"], page["drafts"]) == ({"c-own": 1}, {"c-own": ["note"]})


async def test_a_customers_conversations_are_those_the_reader_may_see(world: World) -> None:
    mia, sue = await world.log_in("mia"), await world.log_in("sue")
    assert [row["id"] for row in (await mia.get("/conversations?customer=anna"))["rows"]] == ["c-own"]
    assert {row["id"] for row in (await sue.get("/conversations?customer=anna"))["rows"]} == {"c-own", "c-foreign"}


async def test_counts_and_search_stay_inside_the_scope(world: World) -> None:
    mia, sue = await world.log_in("mia"), await world.log_in("sue")
    assert ((await mia.get("/counts"))["counts"]["all"], (await sue.get("/counts"))["counts"]["all"]) == (1, 2)
    found = await mia.get("/search", params={"q": "where is my ord"})
    assert [hit["row"]["id"] for hit in found["hits"]] == ["c-own"]
    assert "Where is my order?" in "".join(found["hits"][0]["snippet"])
    assert [piece.casefold() for piece in found["hits"][0]["snippet"][1::2]] == ["where", "my", "order"]
    assert found["hits"][0]["message"], "leads to where it is said"
    assert {hit["row"]["id"] for hit in (await sue.get("/search?q=order"))["hits"]} == {"c-own", "c-foreign"}
    assert [hit["row"]["id"] for hit in (await sue.get("/search", params={"q": "order assignee:Ben"}))["hits"]] == ["c-foreign"]
    assert (await sue.get("/search", params={"q": "order assignee:Somebody"}))["hits"] == []


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("order team:SALES", {"c-foreign"}),
        ('order team:"nobody knows it"', set()),
        ("order is:mine", set()),
        ("order queue:none", {"c-own", "c-foreign"}),
        ("order queue:unknown", set()),
        ("order priority:urgent", set()),
        ("order is:late", set()),
        ("order is:late is:open priority:normal", set()),
    ],
)
async def test_searches_take_what_filters_take_by_name(world: World, text: str, found: set[str]) -> None:
    sue = await world.log_in("sue")
    assert {hit["row"]["id"] for hit in (await sue.get("/search", params={"q": text}))["hits"]} == found


async def test_an_index_that_lags_behind_shows_nothing_that_was_taken_away(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    async def stale(*_: Any) -> tuple[list[tuple[str, str]], None]:
        return [("c-foreign", "m-foreign"), ("c-own", "m-foreign"), ("c-gone", "m-gone")], None

    monkeypatch.setattr(world.store.search, "find", stale)
    mia = await world.log_in("mia")
    assert [(hit["row"]["id"], hit["snippet"], hit["message"]) for hit in (await mia.get("/search?q=order"))["hits"]] == [("c-own", [], "")]


async def test_the_screen_gets_all_it_needs_to_start(world: World) -> None:
    world.live.online[AgentId("sue")] = "online"
    mia = await world.log_in("mia")
    start = await mia.get("/bootstrap")
    assert start["me"]["id"] == "mia"
    assert start["me"]["csrf"] == mia.csrf
    assert [(a["id"], a["state"]) for a in start["agents"]] == [
        ("ada", "offline"),
        ("ben", "offline"),
        ("bot", "offline"),
        ("mia", "offline"),
        ("sue", "online"),
    ]
    assert [team["id"] for team in start["teams"]] == ["sales", "support"]
    assert [(c["id"], c["kind"], c["templates"], c["healthy"]) for c in start["channels"]] == [
        ("chat", "visitor", True, True),
        ("mail", "email", False, True),
        ("phone", "phone", False, True),
    ]
    assert "open sesame" not in str(start), "no channel's secrets"
    assert {"mine", "unassigned", "all"} <= {view["id"] for view in start["views"]}
    assert await mia.get("/agents") == start["agents"]
    edited = await mia.ask("PATCH", "/me", json={"name": " Mia M. ", "availability": "away", "signature": "Mia\nSupport"})
    assert {k: v for k, v in (await edited.json()).items() if k in ("name", "availability", "signature")} == {
        "name": "Mia M.",
        "availability": "away",
        "signature": "Mia\nSupport",
    }
    assert (await mia.ask("PATCH", "/me", json={"name": "  "})).status == 422
    assert (start["me"]["language"], (await (await mia.ask("PATCH", "/me", json={"language": "pt-BR"})).json())["language"]) == (
        "",
        "pt-BR",
    )
    assert (await mia.get("/bootstrap"))["me"]["language"] == "pt-BR"
    assert (await mia.ask("PATCH", "/me", json={"language": "<b>"})).status == 422
    screen = {"density": '"compact"', "views": '["b","a"]'}
    assert (await mia.ask("PATCH", "/me", json={"screen": screen})).status == 200
    assert ((await mia.get("/bootstrap"))["me"]["screen"], (await mia.get("/bootstrap"))["me"]["language"]) == (screen, "pt-BR")
    assert (await mia.ask("PATCH", "/me", json={"screen": {"views": "x" * 10_001}})).status == 422


async def test_opening_a_conversation_shows_head_thread_drafts_and_mark(world: World) -> None:
    mia = await world.log_in("mia")
    await mia.ask(
        "PUT", "/conversations/c-own/drafts/reply", json={"text": "Dear Anna", "to": [{"kind": "email", "value": "a@example.org"}]}
    )
    detail = await mia.get("/conversations/c-own")
    assert detail["row"]["number"] == 1
    assert [item["id"] for item in detail["timeline"]["items"]] == ["m-own", "r-own"]
    assert [item["author_name"] for item in detail["timeline"]["items"]] == ["Anna Schmidt", "Mia"]
    assert detail["timeline"]["items"][0]["html"] is True
    assert "Hello from own" not in str(detail), "HTML is fetched on its own"
    assert (detail["drafts"][0]["text"], detail["drafts"][0]["revision"], detail["read"]) == ("Dear Anna", 1, 0)


async def test_a_reply_is_stored_once_however_often_it_is_sent(world: World) -> None:
    mia = await world.log_in("mia")
    answers = await asyncio.gather(*(reply(mia, "one", key="k1") for _ in range(5)))
    assert {status for status, _ in answers} == {201}
    assert len({made["message"]["id"] for _, made in answers}) == 1
    assert sorted(made["duplicate"] for _, made in answers) == [False, True, True, True, True]
    assert len(world.memory.tables.of(MESSAGES)) == 5


async def test_a_key_belongs_to_one_request(world: World) -> None:
    mia = await world.log_in("mia")
    assert (await reply(mia, "one", key="k1"))[0] == 201
    status, problem = await reply(mia, "two", key="k1", text="Something else")
    assert (status, problem["code"]) == (422, "idempotency_mismatch")
    ben = await world.log_in("sue")
    assert (await reply(ben, "one", key="k1", anyway=True))[0] == 201, "and to one author"


@pytest.mark.parametrize("key", [" ", "x" * 201, "\u00e9\x85"])
async def test_a_key_is_a_short_printable_text(world: World, key: str) -> None:
    mia = await world.log_in("mia")
    body = {"kind": "note", "text": "x", "client_id": "one"}
    answer = await mia.ask("POST", "/conversations/c-own/messages", json=body, headers={"Idempotency-Key": key})
    assert answer.status == 422 or key == " "


async def test_an_answer_over_a_colleagues_newer_one_is_stopped_until_confirmed(world: World) -> None:
    stored = world.memory.tables.of(CONVERSATIONS)
    stored["c-own"] = replace(stored["c-own"], last_reply=LastMessage(MessageId("r-own"), START + 1, Kind.REPLY, "sue", ""))
    mia = await world.log_in("mia")
    status, problem = await reply(mia, "one", seen="m-own")
    assert (status, problem["code"]) == (409, "newer_reply")
    assert [row["id"] for row in problem["newer"]] == ["r-own"]
    assert problem["newer"][0]["text"] == "It left our house yesterday."
    assert (await reply(mia, "one", seen="m-own", anyway=True))[0] == 201


async def test_a_repeated_request_shows_nothing_that_was_taken_away_since(world: World) -> None:
    mia, ada = await world.log_in("mia"), await world.log_in("ada")
    started = await mia.ask(
        "POST",
        "/conversations",
        json={"channel": "mail", "to": [{"kind": "email", "value": "new@example.org"}], "text": "Hello", "client_id": "s1"},
        headers={"Idempotency-Key": "k9"},
    )
    assert started.status == 201, await started.text()
    id = (await started.json())["conversation"]["id"]
    assert (await ada.ask("PATCH", f"/conversations/{id}", json={"team": "sales", "assignee": "ben"})).status == 200
    again = await mia.ask(
        "POST",
        "/conversations",
        json={"channel": "mail", "to": [{"kind": "email", "value": "new@example.org"}], "text": "Hello", "client_id": "s1"},
        headers={"Idempotency-Key": "k9"},
    )
    assert again.status == 404
    assert id not in await again.text()


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"kind": "note", "to": [{"kind": "email", "value": "a@example.org"}]}, "to"),
        ({"kind": "note", "then": "resolved"}, "then"),
        ({"kind": "forward"}, "to"),
        ({"kind": "forward", "to": [{"kind": "email", "value": "a@example.org"}]}, "message"),
        ({"kind": "reply", "mentions": ["sue"]}, "mentions"),
        ({"kind": "reply", "text": "  "}, "text"),
        ({"kind": "shout"}, "kind"),
    ],
)
async def test_what_does_not_go_together_is_refused_by_name(world: World, changes: dict[str, Any], field: str) -> None:
    mia = await world.log_in("mia")
    status, problem = await reply(mia, "one", **changes)
    assert (status, problem["field"]) == (422, field)


async def test_of_several_changes_none_is_made_when_one_is_refused(world: World) -> None:
    mia = await world.log_in("mia")
    before = await mia.get("/conversations/c-own")
    for wrong in ({"assignee": "nobody"}, {"team": "nowhere"}, {"bot": "sue"}, {"status": "snoozed", "until": 1}):
        answer = await mia.ask("PATCH", "/conversations/c-own", json={"add_tags": ["vip"], "priority": "urgent", **wrong})
        assert answer.status == 422, await answer.text()
        after = await mia.get("/conversations/c-own")
        assert (after["row"], after["timeline"]) == (before["row"], before["timeline"])


async def test_several_changes_at_once_end_with_giving_it_away(world: World) -> None:
    mia = await world.log_in("mia")
    body = {"team": "sales", "assignee": "ben", "priority": "urgent", "add_tags": ["vip"], "subject": "Lost parcel"}
    answer = await mia.ask("PATCH", "/conversations/c-own", json=body)
    assert answer.status == 200, await answer.text()
    row = await answer.json()
    assert (row["team"], row["assignee"], row["priority"], row["tags"], row["subject"]) == (
        "sales",
        "ben",
        "urgent",
        ["vip"],
        "Lost parcel",
    )
    assert (await mia.ask("GET", "/conversations/c-own")).status == 404


async def test_snoozing_needs_an_end_and_only_snoozing_has_one(world: World) -> None:
    mia = await world.log_in("mia")
    until = START + 3_600_000
    assert (await mia.ask("PATCH", "/conversations/c-own", json={"until": until})).status == 422
    assert (await mia.ask("PATCH", "/conversations/c-own", json={"status": "resolved", "until": until})).status == 422
    assert (await mia.ask("PATCH", "/conversations/c-own", json={"status": "snoozed"})).status == 422
    answer = await mia.ask("PATCH", "/conversations/c-own", json={"status": "snoozed", "until": until})
    assert ((await answer.json())["category"], (await answer.json())["snoozed_until"]) == ("snoozed", until)


async def test_nobody_is_not_the_same_as_not_given(world: World) -> None:
    mia = await world.log_in("mia")
    kept = await (await mia.ask("PATCH", "/conversations/c-own", json={"team": "support"})).json()
    assert kept["assignee"] == "mia"
    given_up = await (await mia.ask("PATCH", "/conversations/c-own", json={"assignee": None})).json()
    assert (given_up["assignee"], given_up["team"]) == (None, "support")


async def test_a_draft_typed_in_two_tabs_is_not_overwritten_unseen(world: World) -> None:
    mia = await world.log_in("mia")
    path = "/conversations/c-own/drafts/reply"
    first = await mia.ask("PUT", path, json={"text": "one"})
    assert (first.status, (await first.json())["revision"]) == (200, 1)
    assert (await mia.ask("PUT", path, json={"text": "two", "base": 0})).status == 409
    assert (await mia.ask("PUT", path, json={"text": "two", "base": 1})).status == 200
    assert (await mia.ask("DELETE", path)).status == 204
    assert (await mia.ask("DELETE", path)).status == 204
    assert world.live.drafts == [("mia", "c-own", "reply", 1), ("mia", "c-own", "reply", 2), *[("mia", "c-own", "reply", 0)] * 2]
    assert (await mia.ask("PUT", "/conversations/c-own/drafts/poem", json={"text": "x"})).status == 404


async def test_drafts_and_marks_are_nobody_elses(world: World) -> None:
    mia, sue = await world.log_in("mia"), await world.log_in("sue")
    await mia.ask("PUT", "/conversations/c-own/drafts/reply", json={"text": "secret plan"})
    await mia.ask("PUT", "/conversations/c-own/read", json={"message": "m-own"})
    seen = await sue.get("/conversations/c-own")
    assert (seen["drafts"], seen["read"]) == ([], 0)


async def test_a_read_mark_goes_both_ways(world: World) -> None:
    mia = await world.log_in("mia")
    for message, inbound in (("r-own", 1), ("", 0), ("m-own", 1)):
        answer = await mia.ask("PUT", "/conversations/c-own/read", json={"message": message})
        assert await answer.json() == {"conversation": "c-own", "inbound": inbound}
    assert world.live.reads == [("mia", "c-own", 1), ("mia", "c-own", 0), ("mia", "c-own", 1)]


async def test_while_the_database_is_away_everybody_is_told_to_come_again(world: World) -> None:
    mia = await world.log_in("mia")
    world.memory.away = True
    for method, path, body in (
        ("GET", "/conversations", None),
        ("PATCH", "/conversations/c-own", {"priority": "high"}),
        ("POST", "/session", {"email": "mia@example.com", "password": "x"}),
    ):
        answer = await mia.ask(method, path, json=body) if body else await mia.ask(method, path)
        assert answer.status == 503
        assert int(answer.headers["Retry-After"]) >= 1
        assert (await answer.json())["code"] == "unavailable"


async def test_an_unexpected_error_tells_only_where_to_look_it_up(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    mia = await world.log_in("mia")

    async def broken(*_: Any) -> None:
        raise RuntimeError("password=hunter2 anna@example.org")

    monkeypatch.setattr(world.store.queries, "page", broken)
    answer = await mia.ask("GET", "/conversations")
    assert answer.status == 500
    assert "hunter2" not in await answer.text()
    assert (await answer.json())["id"] == answer.headers["X-Request-Id"]


async def test_every_answer_restricts_the_browser(world: World) -> None:
    mia = await world.log_in("mia")
    for path in ("/session", "/nothing", "/files/f-own", "/messages/m-own/raw", "//", "//health/live"):
        answer = await mia.ask("GET", path)
        assert answer.headers["X-Content-Type-Options"] == "nosniff", path
        assert answer.headers["Referrer-Policy"] == "no-referrer"
        assert "frame-ancestors 'none'" in answer.headers["Content-Security-Policy"]
        assert "unsafe" not in answer.headers["Content-Security-Policy"]
        assert answer.headers["Cross-Origin-Resource-Policy"] == "same-origin"
        assert len(answer.headers.getall("Content-Security-Policy")) == 1


async def test_logs_hold_no_addresses_texts_or_tokens(world: World, capsys: pytest.CaptureFixture[str]) -> None:
    mia = await world.log_in("mia")
    await reply(mia, "one", text="a very private sentence")
    await mia.ask("GET", "/search?q=findme")
    await mia.ask("GET", "/customers?q=anna@example.org")
    await world.anonymous().ask("POST", "/password-resets", json={"email": "mia@example.com"})
    await world.parts.resets.settled()
    token = world.mails[0][1].rpartition("/")[2]
    await world.anonymous().ask("POST", f"/password-resets/{token}", json={"password": "a brand new password"})
    written = capsys.readouterr()
    text = written.out + written.err
    assert "/api/v1/conversations/{id}/messages" in text
    for secret in ("private sentence", "findme", "@example", token, mia.cookie, mia.csrf, "brand new", "127.0.0.1"):
        assert secret not in text


async def test_a_whisper_is_for_who_holds_the_conversation_and_supervisors(world: World) -> None:
    """Mia holds it; Ben, moved to her team, sees the conversation and nothing of what Sue whispers."""
    agents = world.memory.tables.of(AGENTS)
    agents["ben"] = replace(agents["ben"], teams=(TeamId("support"), TeamId("sales")), version=agents["ben"].version + 1)
    sue, mia, ben, ada = [await world.log_in(who) for who in ("sue", "mia", "ben", "ada")]
    note: dict[str, Any] = {"kind": "note", "whisper": True}
    assert (await reply(mia, "w0", **note, text="me too"))[0] == 403
    status, made = await reply(sue, "w1", **note, text="Offer him the umbrella")
    assert (status, made["message"]["whisper"]) == (201, "mia")
    id = made["message"]["id"]
    assert (await reply(sue, "w2", **note, text="x", mentions=["ben"]))[0] == 422

    async def seen(browser: Browser) -> tuple[bool, bool, int]:
        items = (await browser.get("/conversations/c-own/timeline"))["items"]
        detail = (await browser.get("/conversations/c-own"))["timeline"]["items"]
        html = await browser.ask("GET", f"/messages/{id}/raw")
        return (any(one["id"] == id for one in items), any(one["id"] == id for one in detail), html.status)

    assert await seen(ben) == (False, False, 404)
    for browser in (sue, mia, ada):
        assert (await seen(browser))[:2] == (True, True)
    row = (await ben.get("/conversations/c-own"))["row"]
    assert row["last"] is None or "umbrella" not in row["last"]["preview"]
    told = [(n.agent, n.kind) for n in world.memory.tables.of(NOTIFICATIONS).values()]
    assert told == [("mia", "whisper")]
    c = world.memory.tables.of(CONVERSATIONS)["c-own"]
    assert indexing._words(c, world.memory.tables.of(MESSAGES)[id]) == frozenset(), "the search does not know it"


async def test_nobody_whispers_to_himself_or_to_nobody(world: World) -> None:
    sue = await world.log_in("sue")
    await sue.ask("PATCH", "/conversations/c-own", json={"assignee": None})
    assert (await reply(sue, "w1", kind="note", whisper=True, text="hello?"))[0] == 422
    await sue.ask("PATCH", "/conversations/c-own", json={"assignee": "sue"})
    assert (await reply(sue, "w2", kind="note", whisper=True, text="hello?"))[0] == 422
