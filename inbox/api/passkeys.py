"""Passkeys: made, asked for at the login, used. Every challenge is good once, for a few minutes, and for what it was given for."""

from __future__ import annotations

from inbox.admission import Accounts, Passkey, Session
from inbox.api.tokens import hash_of, new_token
from inbox.core.errors import Denied, Invalid, NotAuthentic
from inbox.core.passkeys import Assertion, Party, challenge_of, party_of, registered, signed
from inbox.ports import Clock

CHALLENGE_MS = 5 * 60 * 1000
LOGIN = "login"


class PasskeyChecks:
    """Challenges and counters over the accounts' store."""

    def __init__(self, accounts: Accounts, clock: Clock, public_url: str) -> None:
        self.party = party_of(public_url)
        """None where browsers have no passkeys."""
        self._accounts = accounts
        self._clock = clock

    def place(self) -> Party:
        """Whom they are for. Raises ``Denied`` where browsers have none."""
        if self.party is None:
            raise Denied("no_passkeys")
        return self.party

    async def challenge(self, about: str = LOGIN) -> str:
        """A new one; ``about`` says what an answer to it is good for."""
        challenge = new_token()
        await self._accounts.save_challenge(hash_of(challenge), about, self._clock.now() + CHALLENGE_MS)
        return challenge

    async def add(self, session: Session, name: str, client_data: str, attestation: str) -> Passkey:
        """The account's new passkey, made for a challenge of this login. Raises ``Invalid``, ``Conflict`` for one that is there."""
        party = self.place()
        try:
            challenge = await self._answered(client_data, about_adding(session))
            made = registered(party, challenge, client_data, attestation)
        except NotAuthentic as wrong:
            raise Invalid("attestation", "is not a passkey made here just now; begin again") from wrong
        now = self._clock.now()
        passkey = Passkey(hash_of(made.credential), session.agent, name, made.key, made.counter, now)
        await self._accounts.add_passkey(passkey)
        return passkey

    async def check(self, passkey: Passkey | None, given: Assertion) -> tuple[Passkey, int]:
        """The passkey, None for an unknown one, and how often it signed. The challenge is used up in any case.

        Raises ``NotAuthentic``, ``WentBack`` where only the counter is wrong.
        """
        challenge = await self._answered(given.client_data, LOGIN)
        if passkey is None or self.party is None:
            raise NotAuthentic
        return passkey, signed(self.party, challenge, passkey.agent, passkey.key, passkey.counter, given)

    async def used(self, passkey: Passkey, counter: int) -> None:
        """It logs in. Raises ``NotAuthentic`` when it was removed, or signed elsewhere, at the same moment."""
        if not await self._accounts.use_passkey(passkey.id, counter, self._clock.now()):
            raise NotAuthentic

    async def _answered(self, client_data: str, about: str) -> str:
        challenge = challenge_of(client_data)
        if not await self._accounts.use_challenge(hash_of(challenge), about, self._clock.now()):
            raise NotAuthentic
        return challenge


def about_adding(session: Session) -> str:
    """What a challenge is good for that this login got by its password."""
    return f"add:{session.id}"
