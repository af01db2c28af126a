"""A login service on loopback: pages of consent, tokens, renewals that may rotate, and a mail server's question whose a token is.

It keeps to RFC 6749 and RFC 7636 strictly, and takes a refresh token that was used before as stolen: everything of it ends.
"""

from __future__ import annotations

import asyncio
import base64
import hashlib
import secrets
from collections import deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from aiohttp import web

CLIENT_ID, CLIENT_SECRET = "the-client", "the-secret"
SCOPES = ("mail", "offline_access")


@dataclass
class Grant:
    """One consent of somebody; ``refresh`` is the newest refresh token."""

    user: str
    refresh: str
    over: bool = False
    spent: set[str] = field(default_factory=set)


class LoginService:
    """Running between the ends of ``running``; says yes to every consent for whoever is hinted at, unless ``denies``."""

    def __init__(self) -> None:
        self.base = ""
        self.lifetime = 3600
        self.rotates = True
        self.denies = False
        self.user = ""
        """Who is logged in there; '' is whoever the request hints at."""
        self.grants: list[Grant] = []
        self.renewals = 0
        self.troubles: deque[web.Response] = deque()
        """What the next questions for tokens are answered instead."""
        self.gate = asyncio.Event()
        self.gate.set()
        """While it is not set, no question for tokens is answered."""
        self.asked = 0
        self._codes: dict[str, tuple[str, str, str]] = {}
        self._access: dict[str, Grant] = {}

    @property
    def settings(self) -> dict[str, object]:
        """What an email channel's ``oauth`` says for this service."""
        urls = {"authorize_url": f"{self.base}/authorize", "token_url": f"{self.base}/token"}
        return {"client_id": CLIENT_ID, "client_secret": CLIENT_SECRET, "scopes": list(SCOPES), "name": "Example", **urls}

    @property
    def introspection(self) -> str:
        """Where a mail server asks whose a token is; the token follows."""
        return f"{self.base}/whose?token="

    def revoke(self) -> None:
        """Everybody takes his consent back."""
        for grant in self.grants:
            grant.over = True

    def end_access(self) -> None:
        """Tokens end before their time; consents stay."""
        self._access.clear()

    def issue(self, user: str) -> str:
        """A token without any page."""
        self.grants.append(Grant(user, secrets.token_urlsafe(16)))
        return self._issued(self.grants[-1])

    def _issued(self, grant: Grant) -> str:
        access = secrets.token_urlsafe(24)
        self._access[access] = grant
        return access

    def owner(self, access: str) -> str:
        """Whose the token is, '' if it is no good."""
        grant = self._access.get(access)
        return grant.user if grant is not None and not grant.over else ""

    @asynccontextmanager
    async def running(self, port: int = 0) -> AsyncIterator[LoginService]:
        """It listens until the end of the block."""
        app = web.Application()
        app.add_routes([web.get("/authorize", self._authorize), web.post("/token", self._token), web.get("/whose", self._whose)])
        runner = web.AppRunner(app, access_log=None, handler_cancellation=True, shutdown_timeout=0.1)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", port).start()
        self.base = f"http://127.0.0.1:{runner.addresses[0][1]}"
        try:
            yield self
        finally:
            self.gate.set()
            await runner.cleanup()

    async def _authorize(self, request: web.Request) -> web.Response:
        q = request.query
        assert (q["response_type"], q["client_id"], q["code_challenge_method"]) == ("code", CLIENT_ID, "S256")
        assert q["scope"].split(" ") == list(SCOPES)
        if self.denies:
            raise web.HTTPFound(f"{q['redirect_uri']}?error=access_denied&state={q['state']}")
        code = secrets.token_urlsafe(12)
        self._codes[code] = (q["code_challenge"], q["redirect_uri"], self.user or q["login_hint"])
        raise web.HTTPFound(f"{q['redirect_uri']}?code={code}&state={q['state']}")

    async def _token(self, request: web.Request) -> web.Response:
        self.asked += 1
        form = await request.post()
        await self.gate.wait()
        if self.troubles:
            return self.troubles.popleft()
        if (form.get("client_id"), form.get("client_secret")) != (CLIENT_ID, CLIENT_SECRET):
            return web.json_response({"error": "invalid_client", "error_description": "The secret has expired."}, status=401)
        found = self._by_code(form) if form.get("grant_type") == "authorization_code" else self._by_refresh(str(form.get("refresh_token")))
        if found is None:
            return web.json_response({"error": "invalid_grant"}, status=400)
        return web.json_response(
            {"access_token": self._issued(found), "token_type": "Bearer", "expires_in": self.lifetime, "refresh_token": found.refresh}
        )

    def _by_code(self, form: object) -> Grant | None:
        fields = dict(form)  # type: ignore[call-overload]  # a multidict of strings, as no file was sent
        challenge, redirect, user = self._codes.pop(fields.get("code", ""), ("", "", ""))
        hashed = hashlib.sha256(fields.get("code_verifier", "").encode()).digest()
        if not user or base64.urlsafe_b64encode(hashed).decode().rstrip("=") != challenge or fields.get("redirect_uri") != redirect:
            return None
        self.grants.append(Grant(user, secrets.token_urlsafe(16)))
        return self.grants[-1]

    def _by_refresh(self, token: str) -> Grant | None:
        grant = next((g for g in self.grants if token == g.refresh or token in g.spent), None)
        if grant is None or grant.over:
            return None
        if token in grant.spent:
            grant.over = True
            return None
        self.renewals += 1
        if self.rotates:
            grant.spent.add(token)
            grant.refresh = secrets.token_urlsafe(16)
        return grant

    async def _whose(self, request: web.Request) -> web.Response:
        owner = self.owner(request.query.get("token", ""))
        return web.json_response({"active": "yes", "email": owner} if owner else {"active": "no"}, status=200 if owner else 401)
