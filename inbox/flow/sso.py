"""Single sign-on: sends people to their provider, and finds out who comes back. What providers say of themselves is kept for a while."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal, cast

from joserfc.errors import JoseError
from joserfc.jwk import KeySet
from msgspec import json

from inbox.core import oauth, sso
from inbox.core.agent import Agent, Role
from inbox.core.errors import Denied, InboxError, NeedsLogin, NotFound, Rejected, TryLater, Unknown
from inbox.core.ids import AgentId, ChannelId, Instant
from inbox.core.roles import with_role
from inbox.core.sso import Metadata, Person, Provider, SignIn
from inbox.flow.resuming import Submit
from inbox.flow.signing_in import Enrol, Link
from inbox.ports import Clock
from inbox.provider import FORM, Http, HttpAnswer, form

KEPT_MS = 60 * 60 * 1000
ASK_SECONDS = 15.0
AGAIN_MS = 60_000
"""A key that is not known makes the provider's keys be read again, at most so often."""

Purpose = Literal["login", "link", "invite"]


@dataclass
class _Known:
    said: Metadata
    keys: KeySet
    at: Instant


class SingleSignOn:
    """All providers. ``begin`` and ``finish`` belong together; between them nothing is kept but what the browser brings back."""

    def __init__(
        self, providers: Sequence[Provider], submit: Submit, clock: Clock, http: Http, keys: tuple[bytes, ...], public_url: str
    ) -> None:
        """``keys`` sign what goes to the provider and comes back with the person, newest first."""
        self.providers = {provider.id: provider for provider in providers}
        self._submit = submit
        self._clock = clock
        self._http = http
        self._keys = keys
        self._public_url = public_url
        self._known: dict[str, _Known] = {}

    def redirect(self, provider: str) -> str:
        """Where the provider sends people back to; one for each, so that no provider's answer passes for another's (RFC 9700, 4.4.2)."""
        return f"{self._public_url}/sso/{provider}/return"

    def provider(self, id: str) -> Provider:
        """Raises ``NotFound``."""
        found = self.providers.get(id)
        if found is None:
            raise NotFound
        return found

    async def begin(self, id: str, purpose: Purpose, binding: str) -> str:
        """The provider's address for the browser that has ``binding``, good for a quarter of an hour.

        Raises ``NotFound``, ``NeedsLogin`` where the provider is not what the settings say, ``TryLater``.
        """
        provider = self.provider(id)
        known = await self._of(provider)
        secret = secrets.token_urlsafe(16)
        state = oauth.state_of(self._keys[0], ChannelId(f"{id}:{purpose}"), binding, secret, self._clock.now())
        client = sso.client_of(provider, known.said, sso.nonce_of(self._keys[0], secret))
        return oauth.address_of_consent(client, self.redirect(id), state, oauth.verifier(self._keys[0], secret))

    async def finish(self, id: str, purpose: str, binding: str, state: str, code: str, issuer: str | None) -> Person:
        """Who came back. ``issuer`` is what the answer says of itself, if it does (RFC 9207).

        Raises ``NotFound``, ``Denied`` for what this browser did not begin or too long ago, ``Rejected``, ``NeedsLogin``, ``TryLater``.
        """
        provider = self.provider(id)
        began, secret, key = oauth.read_state(self._keys, state, binding, self._clock.now())
        if began != f"{id}:{purpose}":
            raise Denied("not_begun_here")
        if issuer is not None and issuer != provider.issuer:
            raise Rejected("wrong_issuer")
        known = await self._of(provider)
        nonce = sso.nonce_of(key, secret)
        asked = oauth.redemption(sso.client_of(provider, known.said, nonce), code, self.redirect(id), oauth.verifier(key, secret))
        answer = await self._ask("POST", known.said.token_endpoint, form(asked))
        token = sso.id_token_of(answer.status, answer.body)
        try:
            return sso.identify(provider, known.keys, token, nonce, self._clock.now())
        except sso.UnknownKey:
            fresh = await self._of(provider, older_than=AGAIN_MS)
            return sso.identify(provider, fresh.keys, token, nonce, self._clock.now())

    async def problem(self, id: str) -> str:
        """What is wrong with a provider, '' if it can be used."""
        try:
            await self._of(self.provider(id), older_than=AGAIN_MS)
        except NeedsLogin as wrong:
            return wrong.reason
        except InboxError:
            return "The provider does not answer."
        return ""

    async def link(self, person: Person, provider: str, agent: AgentId) -> SignIn:
        """The person is this account from now on. Raises ``Conflict`` when it is another one."""
        return cast(SignIn, await self._submit(Link(self._sign_in(person, provider, agent))))

    async def enrol(self, person: Person, provider: Provider) -> AgentId:
        """An account for somebody new. Raises ``Denied`` where the settings or his address do not allow it, ``Conflict``, ``Invalid``."""
        if not provider.create_accounts:
            raise Denied("unknown_person")
        if not person.email_verified or "@" not in person.email:
            raise Denied("address_not_verified")
        id = AgentId(sso.sign_in_id(person.issuer, person.subject))
        agent = with_role(Agent(id, person.email, person.name or person.email, Role.AGENT), provider.default_role)
        return cast(AgentId, await self._submit(Enrol(agent, self._sign_in(person, provider.id, id))))

    def _sign_in(self, person: Person, provider: str, agent: AgentId) -> SignIn:
        name = person.email or person.name or person.subject
        return SignIn(sso.sign_in_id(person.issuer, person.subject), name, agent, person.issuer, provider, self._clock.now())

    async def _of(self, provider: Provider, older_than: int = KEPT_MS) -> _Known:
        known = self._known.get(provider.id)
        if known is None or self._clock.now() - known.at >= older_than:
            said = sso.read_metadata(provider, (await self._get(sso.discovery_address(provider))).body)
            known = _Known(said, _keys((await self._get(said.jwks_uri)).body), self._clock.now())
            self._known[provider.id] = known
        return known

    async def _get(self, url: str) -> HttpAnswer:
        answer = await self._ask("GET", url)
        if answer.status != 200:
            raise TryLater(f"http_{answer.status}")
        return answer

    async def _ask(self, method: str, url: str, body: bytes = b"") -> HttpAnswer:
        try:
            return await self._http.request(method, url, headers=FORM if body else {}, body=body, seconds=ASK_SECONDS)
        except Unknown as silent:
            raise TryLater("no_answer") from silent


def _keys(body: bytes) -> KeySet:
    """Raises ``NeedsLogin`` where there are none."""
    try:
        read: Any = json.decode(body)
        return KeySet.import_key_set(read)
    except (JoseError, ValueError, KeyError, TypeError) as broken:
        raise NeedsLogin("The provider's keys cannot be read.") from broken
