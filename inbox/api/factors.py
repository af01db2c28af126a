"""Second factors: set up, asked for at the login, taken off. Codes are counted per account, so that guessing is hopeless."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from dataclasses import dataclass

import pyotp
import segno
import structlog

from inbox.admission import Accounts, Factor
from inbox.api.attempts import Attempts, Limit
from inbox.api.tokens import hash_of
from inbox.core.agent import Agent
from inbox.core.errors import CodeWrong, Conflict, InboxError, Invalid, NotFound
from inbox.core.ids import AgentId
from inbox.core.security import RECOVERY_BYTES, RECOVERY_CODES, recovery_code, step_of, typed_recovery
from inbox.ports import Clock

CODES = Limit("factor", 5, 15 * 60 * 1000)
CODES_A_DAY = Limit("factor-day", 30, 24 * 3600 * 1000)
ISSUER = "Inbox"
FIELD = "second_factor"

Seal = Callable[[str, str, str], str]
"""Seals or opens a value that belongs to an account's field. Opening raises ``NeedsLogin`` when the key is gone."""

log = structlog.get_logger(__name__)


@dataclass(frozen=True)
class Setup:
    """What is shown once: the secret to type, the same as an address and as a picture, and the recovery codes."""

    secret: str
    uri: str
    picture: str
    recovery: tuple[str, ...]


class SecondFactors:
    """Codes of authenticator apps and recovery codes over the accounts' store."""

    def __init__(self, accounts: Accounts, clock: Clock, attempts: Attempts, seal: Seal, unseal: Seal) -> None:
        self._accounts = accounts
        self._clock = clock
        self._attempts = attempts
        self._seal = seal
        self._unseal = unseal

    async def of(self, agent: AgentId) -> Factor | None:
        """The account's factor in force."""
        found = await self._accounts.factor(agent)
        return found if found is not None and found.confirmed_at else None

    async def begin(self, agent: Agent) -> Setup:
        """A new secret, in force once its first code was given. Raises ``Conflict`` when there is a factor."""
        secret = pyotp.random_base32()
        codes = _codes()
        sealed = self._seal(secret, place_of(agent.id), FIELD)
        await self._accounts.begin_factor(Factor(agent.id, sealed, self._clock.now(), _hashes(codes)))
        uri = pyotp.TOTP(secret).provisioning_uri(name=agent.email, issuer_name=ISSUER)
        picture = segno.make(uri, error="m", micro=False).svg_data_uri(scale=4, light="white", border=4)
        return Setup(secret, uri, picture, codes)

    async def confirm(self, agent: AgentId, code: str) -> None:
        """Put what was begun in force. Raises ``NotFound``, ``TooMany``, and ``CodeWrong`` for a code that does not fit."""
        found = await self._accounts.factor(agent)
        if found is None or found.confirmed_at:
            raise NotFound("Begin anew: nothing waits to be confirmed.")
        await self._count(agent)
        step = self._step(found, code)
        if step is None or not await self._accounts.confirm_factor(agent, found.secret, self._clock.now(), step):
            raise CodeWrong
        await self.forgive(agent)

    async def check(self, factor: Factor, code: str) -> str:
        """Take a code; ``code`` or ``recovery``, whichever it was. Raises ``TooMany``, and ``CodeWrong`` also for a used one."""
        await self._count(factor.id)
        step = self._step(factor, code)
        if step is not None and await self._accounts.use_step(factor.id, step):
            await self.forgive(factor.id)
            return "code"
        if await self._accounts.use_recovery(factor.id, hash_of(typed_recovery(code))):
            await self.forgive(factor.id)
            return "recovery"
        raise CodeWrong

    async def prove(self, agent: AgentId, code: str) -> Factor:
        """The factor in force, a code of which was given. Raises ``Conflict`` without one, ``Invalid`` naming the field, ``TooMany``."""
        found = await self.of(agent)
        if found is None:
            raise Conflict("There is no second factor.")
        try:
            await self.check(found, code)
        except CodeWrong as wrong:
            raise Invalid("code", "is wrong, or was used before") from wrong
        return found

    async def renew(self, agent: AgentId) -> tuple[str, ...]:
        """New recovery codes; the earlier ones are void."""
        codes = _codes()
        if not await self._accounts.renew_recovery(agent, _hashes(codes)):
            raise Conflict("There is no second factor.")
        return codes

    async def forgive(self, agent: AgentId) -> None:
        """Forget wrong codes: a right one was given, or the factor is gone."""
        await self._attempts.clear(CODES, agent)
        await self._attempts.clear(CODES_A_DAY, agent)

    async def _count(self, agent: AgentId) -> None:
        await self._attempts.count(CODES, agent)
        await self._attempts.count(CODES_A_DAY, agent)

    def _step(self, factor: Factor, code: str) -> int | None:
        try:
            secret = self._unseal(factor.secret, place_of(factor.id), FIELD)
        except InboxError as gone:  # its key is not in the settings any more: recovery codes still work
            log.error("factor_not_opened", agent=factor.id, error=gone.code)
            return None
        return step_of(secret, code, self._clock.now(), factor.used)


def place_of(agent: AgentId) -> str:
    """What an account's secret is bound to when it is sealed."""
    return f"account:{agent}"


def _codes() -> tuple[str, ...]:
    return tuple(recovery_code(secrets.token_bytes(RECOVERY_BYTES)) for _ in range(RECOVERY_CODES))


def _hashes(codes: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(hash_of(code) for code in codes)
