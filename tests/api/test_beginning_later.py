"""Conversations that begin at a time of their own, over HTTP."""

from __future__ import annotations

from inbox.testing.clock import START
from tests.api.world import World


async def test_a_conversation_may_begin_later(world: World) -> None:
    mia = await world.log_in("mia")
    body = {"channel": "mail", "to": [{"kind": "email", "value": "new@example.org"}], "text": "Hello", "subject": "Hello", "client_id": "s"}
    at = START + 86_400_000
    answer = await mia.ask("POST", "/conversations", json={**body, "send_at": at}, headers={"Idempotency-Key": "k"})
    assert answer.status == 201, await answer.text()
    made = await answer.json()
    assert (made["message"]["state"], made["message"]["scheduled_for"]) == ("pending", at)
    assert [row["id"] for row in (await mia.get("/conversations?view=scheduled"))["rows"]] == [made["conversation"]["id"]]
    refused = await mia.ask("POST", "/conversations", json={**body, "client_id": "t", "send_at": START - 1})
    assert (refused.status, (await refused.json())["field"]) == (422, "send_at")
