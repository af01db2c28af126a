"""Vonage as far as the connector speaks to it: both interfaces for sending, the account's credit, files of an MMS."""

from __future__ import annotations

import json
from base64 import b64encode
from typing import Any, Final

from aiohttp import web

from tests.peers.sms_http import Asked, SmsProvider

KEY: Final = "abcd1234"
SECRET: Final = "the-api-secret"


class FakeVonage(SmsProvider):
    """``taken`` are the messages it has, with the id each got."""

    def __init__(self) -> None:
        super().__init__()
        self.taken: list[dict[str, Any]] = []
        self.media: dict[str, bytes] = {}
        self.statuses: list[str] = []

    async def do(self, asked: Asked) -> web.Response:
        """What the interfaces do."""
        basic = asked.headers.get("Authorization") == "Basic " + b64encode(f"{KEY}:{SECRET}".encode()).decode()
        match asked.method, asked.path:
            case "POST", "/v1/messages":
                return self._by_messages(json.loads(asked.body)) if basic else problem(401, "unauthorized", "Unauthorized")
            case "POST", "/sms/json":
                return self._by_sms(dict(asked.form))
            case "GET", "/account/get-balance":
                right = dict(asked.query) == {"api_key": KEY, "api_secret": SECRET}
                return web.json_response({"value": 10.28, "autoReload": False} if right else {}, status=200 if right else 401)
            case "GET", path if path in self.media and basic:
                return web.Response(body=self.media[path])
            case _:
                return web.Response(status=404)

    def _by_messages(self, told: dict[str, Any]) -> web.Response:
        id = f"00000000-0000-4000-8000-{len(self.taken) + 1:012x}"
        self.taken.append({**told, "id": id})
        return web.json_response({"message_uuid": id}, status=202)

    def _by_sms(self, told: dict[str, str]) -> web.Response:
        if (told.get("api_key"), told.get("api_secret")) != (KEY, SECRET):
            return web.json_response({"message-count": "1", "messages": [{"status": "4", "error-text": "Bad Credentials"}]})
        id = f"0A{len(self.taken) + 1:014X}"
        statuses, self.statuses = self.statuses or ["0"], []
        if "0" in statuses:
            self.taken.append({**told, "id": id})
        parts = [
            {"to": told["to"], "message-id": f"{id}{n}" if n else id, "status": "0", "remaining-balance": "3.14"}
            if status == "0"
            else {"status": status, "error-text": f"status {status}"}
            for n, status in enumerate(statuses)
        ]
        return web.json_response({"message-count": str(len(parts)), "messages": parts})


def problem(status: int, named: str, detail: str) -> web.Response:
    """An error as Vonage tells it."""
    return web.Response(status=status, text=told(named, detail), content_type="application/problem+json")


def told(named: str, detail: str) -> str:
    """The body of one."""
    link = f"https://developer.vonage.com/api-errors/messages#{named}"
    return json.dumps({"type": link, "title": named, "detail": detail, "instance": "bf0ca0bf927b3b52e3cb03217e1a1ddf"})
