"""An OpenID Connect provider on loopback: discovery, keys, pages that say yes at once, codes that work once, and answers that lie."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import secrets
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

from aiohttp import web
from joserfc import jwt
from joserfc.jwk import KeySet, RSAKey

from inbox.core.ids import Instant
from inbox.core.sso import Provider

CLIENT_ID, CLIENT_SECRET = "the-client", "the-secret"

Claims = dict[str, Any]


class OidcProvider:
    """Running between the ends of ``running``. ``person`` is who is logged in there; ``lie`` changes what ID tokens claim."""

    def __init__(self, now: Callable[[], Instant]) -> None:
        self.base = ""
        self.person: Claims = {"sub": "248289761001", "email": "mia@example.com", "email_verified": True, "name": "Mia at Example"}
        self.lie: Claims = {}
        self.algorithm = "RS256"
        self.says_issuer = ""
        """What discovery says; '' is the truth."""
        self.answers: Claims = {}
        """What comes back beside code and state."""
        self.down = False
        self._now = now
        self._codes: dict[str, tuple[str, str, str]] = {}
        self.rotate()

    def rotate(self) -> None:
        """New keys; the old ones are gone."""
        self._key = RSAKey.generate_key(2048, {"use": "sig", "kid": secrets.token_hex(4)})

    def registered(self, **changes: Any) -> Provider:
        """As the service's settings name it."""
        known = {"id": "example", "name": "Example", "issuer": self.base, "client_id": CLIENT_ID, "client_secret": CLIENT_SECRET}
        return Provider(**{**known, **changes})

    @asynccontextmanager
    async def running(self) -> AsyncIterator[OidcProvider]:
        """It listens until the end of the block."""
        app = web.Application()
        app.add_routes(
            [
                web.get("/.well-known/openid-configuration", self._describe),
                web.get("/keys", self._keys),
                web.get("/authorize", self._authorize),
                web.post("/token", self._token),
            ]
        )
        runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        self.base = f"http://127.0.0.1:{runner.addresses[0][1]}"
        try:
            yield self
        finally:
            await runner.cleanup()

    async def _describe(self, request: web.Request) -> web.Response:
        if self.down:
            raise web.HTTPServiceUnavailable
        base = self.base
        ends = {"authorization_endpoint": f"{base}/authorize", "token_endpoint": f"{base}/token", "jwks_uri": f"{base}/keys"}
        return web.json_response({"issuer": self.says_issuer or base, **ends})

    async def _keys(self, request: web.Request) -> web.Response:
        return web.json_response(KeySet([self._key]).as_dict(private=False))

    async def _authorize(self, request: web.Request) -> web.Response:
        q = request.query
        assert (q["response_type"], q["client_id"], q["code_challenge_method"]) == ("code", CLIENT_ID, "S256")
        assert "openid" in q["scope"].split(" ")
        code = secrets.token_urlsafe(12)
        self._codes[code] = (q["code_challenge"], q["redirect_uri"], q["nonce"])
        more = "".join(f"&{name}={value}" for name, value in self.answers.items())
        raise web.HTTPFound(f"{q['redirect_uri']}?code={code}&state={q['state']}{more}")

    async def _token(self, request: web.Request) -> web.Response:
        form = await request.post()
        assert (form["client_id"], form["client_secret"], form["grant_type"]) == (CLIENT_ID, CLIENT_SECRET, "authorization_code")
        challenge, redirect, nonce = self._codes.pop(str(form["code"]), ("", "", ""))
        hashed = hashlib.sha256(str(form["code_verifier"]).encode()).digest()
        if _letters(hashed) != challenge or form["redirect_uri"] != redirect:
            return web.json_response({"error": "invalid_grant"}, status=400)
        return web.json_response({"access_token": "a", "token_type": "Bearer", "id_token": self.token(nonce)})

    def token(self, nonce: str) -> str:
        """An ID token for whoever is logged in, with every lie."""
        now = self._now() // 1000
        claims = {"iss": self.base, "aud": CLIENT_ID, "iat": now, "exp": now + 300, "nonce": nonce, **self.person, **self.lie}
        claims = {name: value for name, value in claims.items() if value is not None}
        if self.algorithm in ("none", "HS256"):  # no library signs these: unsigned, or with what everybody may read
            text = ".".join((_part({"alg": self.algorithm, "kid": self._key.kid}), _part(claims)))
            signed = hmac.digest(self._key.as_pem(private=False), text.encode(), "sha256") if self.algorithm == "HS256" else b""
            return f"{text}.{_letters(signed)}"
        if self.algorithm == "stranger":
            stranger = RSAKey.generate_key(2048, {"kid": str(self._key.kid)})
            return jwt.encode({"alg": "RS256", "kid": self._key.kid}, claims, stranger)
        return jwt.encode({"alg": "RS256", "kid": self._key.kid}, claims, self._key)


def _part(value: Claims) -> str:
    return _letters(json.dumps(value).encode())


def _letters(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")
