"""Where one is logged in, second factors, and the workspace's rules for both."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Any

from inbox.admission import ApiToken, Session
from inbox.api import security_structs as sec
from inbox.api.audit import note
from inbox.api.auth import DAY_MS, Typed
from inbox.api.factors import Setup
from inbox.api.origin import client_address
from inbox.api.parts import Asked, Handler, Signed
from inbox.api.programs import TOKEN_PREFIX
from inbox.api.shelves import managed_by
from inbox.api.tokens import hash_of, new_token
from inbox.core.agent import Role
from inbox.core.errors import CodeWrong, Conflict, Denied, Invalid, NotFound, Prevented
from inbox.core.ids import AgentId, digest
from inbox.core.permissions import ADMINISTERING, ALLOWED, Action, Reach, granted, may, require
from inbox.core.roles import require_within, role_of
from inbox.core.security import WORKSPACE, Security
from inbox.records import SECURITY

MOST_TOKENS = 100
HANDLE = 32
"""So many digits of a login's id name it: enough to tell it from others, too few to look like the whole."""


async def list_sessions(asked: Signed[None]) -> tuple[sec.SessionRow, ...]:
    """The one that asks comes first, then the newest."""
    found = await asked.parts.accounts.sessions(asked.actor.id, asked.parts.clock.now())
    rows = [_session_row(one, asked.session) for one in found]
    return tuple(sorted(rows, key=lambda row: not row.current))


async def end_session(asked: Signed[None]) -> None:
    """Raises ``NotFound`` for one that is over, or somebody else's."""
    found = await asked.parts.accounts.sessions(asked.actor.id, asked.parts.clock.now())
    ended = next((one for one in found if one.id[:HANDLE] == asked.path["id"]), None)
    if ended is None:
        raise NotFound
    await asked.parts.auth.drop(ended)
    asked.parts.live.sessions_ended([ended.id])
    await note(asked, "session_ended", browser=ended.browser)


async def end_other_sessions(asked: Signed[None]) -> None:
    """All but the one that asks."""
    await _end_logins(asked, asked.actor.id, keep=asked.session.id)
    await note(asked, "sessions_ended")


async def get_factor(asked: Signed[None]) -> sec.FactorState:
    """Whether there is one, and how many recovery codes are left."""
    found = await asked.parts.auth.factors.of(asked.actor.id)
    required = (await asked.parts.auth.rules()).two_factor
    return sec.FactorState(found.confirmed_at, len(found.recovery), required) if found else sec.FactorState(0, 0, required)


async def begin_factor(asked: Signed[sec.Prove]) -> sec.FactorSetup:
    """Raises ``Conflict`` when there is one in force."""
    await prove(asked, asked.body.password)
    agent = (await asked.parts.directory.agents())[asked.actor.id]
    return _setup(await asked.parts.auth.factors.begin(agent))


async def begin_needed_factor(asked: Asked[sec.NeedFactor]) -> sec.FactorSetup:
    """Only while the workspace asks everybody for one, and the account has none."""
    address = client_address(asked.http, asked.parts.settings)
    agent = await asked.parts.auth.begin_factor(Typed(asked.body.email, asked.body.password, address))
    return _setup(await asked.parts.auth.factors.begin(agent))


async def confirm_factor(asked: Signed[sec.GiveCode]) -> None:
    """Logins that were opened by the password alone end, but for this one."""
    try:
        await asked.parts.auth.factors.confirm(asked.actor.id, asked.body.code)
    except CodeWrong as wrong:  # 401 would say that the login is over
        raise Invalid("code", "does not fit; look whether the clock of your device is right") from wrong
    await _end_logins(asked, asked.actor.id, keep=asked.session.id)
    await note(asked, "factor_set")


async def drop_factor(asked: Signed[sec.ProveTwice]) -> None:
    """Raises ``Denied`` while the workspace asks everybody for one."""
    if (await asked.parts.auth.rules()).two_factor:
        raise Denied("factor_required")
    await prove(asked, asked.body.password)
    await asked.parts.auth.factors.prove(asked.actor.id, asked.body.code)
    await asked.parts.accounts.drop_factor(asked.actor.id)
    await note(asked, "factor_dropped")


async def renew_recovery(asked: Signed[sec.ProveTwice]) -> sec.RecoveryCodes:
    """Raises ``Conflict`` without a factor."""
    await prove(asked, asked.body.password)
    await asked.parts.auth.factors.prove(asked.actor.id, asked.body.code)
    codes = await asked.parts.auth.factors.renew(asked.actor.id)
    await note(asked, "recovery_renewed")
    return sec.RecoveryCodes(codes)


async def reset_factor(asked: Signed[None]) -> None:
    """For somebody who lost his, or his passkeys; he logs in with his password, or sets up another where the workspace asks for one."""
    require(asked.actor, Action.MANAGE_AGENTS)
    id = AgentId(asked.path["id"])
    if (whose := await asked.parts.directory.actor(id)) is not None:
        require_within(asked.actor, granted(whose))
    keys = [await asked.parts.accounts.drop_passkey(one.id) for one in await asked.parts.accounts.passkeys(id)]
    if not await asked.parts.accounts.drop_factor(id) and not any(keys):
        raise NotFound
    await asked.parts.auth.factors.forgive(id)
    await _end_logins(asked, id)
    await note(asked, "factor_reset", id)


async def list_tokens(asked: Signed[None]) -> tuple[sec.TokenRow, ...]:
    """Newest first; admins see everybody's."""
    everybody = may(asked.actor, Action.MANAGE_SECURITY) == ALLOWED
    found = await asked.parts.accounts.tokens(None if everybody else asked.actor.id)
    return tuple(_token_row(one) for one in found)


async def create_token(asked: Signed[sec.CreateToken]) -> sec.NewToken:
    """Raises ``Invalid`` for a reach that the account itself does not have, ``Conflict`` for the same call again: a token is told once."""
    body, now = asked.body, asked.parts.clock.now()
    reach = Reach(body.reach)
    if reach is Reach.ADMIN and not granted(asked.actor).actions & ADMINISTERING:
        raise Invalid("reach", "is more than you may do yourself")
    if len(await asked.parts.accounts.tokens(asked.actor.id)) >= MOST_TOKENS:
        raise Prevented("most", f"At most {MOST_TOKENS} tokens; revoke one first.", str(MOST_TOKENS))
    token = f"{TOKEN_PREFIX}{new_token()}"
    until = now + body.days * DAY_MS if body.days else 0
    call = digest("token", asked.actor.id, asked.key) if asked.key else ""
    made = ApiToken(hash_of(token), asked.actor.id, body.name.strip(), reach, now, until, asked_by=call)
    try:
        await asked.parts.accounts.save_token(made)
    except Conflict:
        raise Conflict("This call made a token before, which was told once. Revoke that one and ask for another.") from None
    await note(asked, "token_made", made.id[:HANDLE], name=made.name, reach=reach.value)
    return sec.NewToken(token, _token_row(made))


async def end_token(asked: Signed[None]) -> None:
    """An own one; admins end anybody's."""
    everybody = may(asked.actor, Action.MANAGE_SECURITY) == ALLOWED
    found = await asked.parts.accounts.tokens(None if everybody else asked.actor.id)
    ended = next((one for one in found if one.id[:HANDLE] == asked.path["id"]), None)
    if ended is None:
        raise NotFound
    await asked.parts.accounts.end_token(ended.id)
    await note(asked, "token_revoked", ended.id[:HANDLE], name=ended.name, of=ended.agent)


async def get_security(asked: Signed[None]) -> sec.SecurityRow:
    """For admins."""
    require(asked.actor, Action.MANAGE_SECURITY)
    return _rules_row(asked, await asked.parts.auth.rules(), await _rules_version(asked))


async def edit_security(asked: Signed[sec.EditSecurity]) -> sec.SecurityRow:
    """Who asks everybody for a second factor has one himself."""
    require(asked.actor, Action.MANAGE_SECURITY)
    parts, body = asked.parts, asked.body
    if body.two_factor and await parts.auth.factors.of(asked.actor.id) is None and not await parts.accounts.passkeys(asked.actor.id):
        raise Invalid("two_factor", "set up your own second factor first")
    if body.passwords == "admins" and not parts.sso.providers:
        raise Invalid("passwords", "there is no other way to log in here")
    rules = Security(WORKSPACE, two_factor=body.two_factor, passwords=body.passwords)
    stored = await parts.catalog.save(asked.actor, SECURITY, rules, body.version, managed_by(Action.MANAGE_SECURITY))
    await note(asked, "security_changed", two_factor="on" if body.two_factor else "off", passwords=body.passwords)
    return _rules_row(asked, stored, stored.version)


async def list_protection(asked: Signed[None]) -> tuple[sec.PersonSecurity, ...]:
    """People by name; for admins."""
    require(asked.actor, Action.MANAGE_SECURITY)
    parts = asked.parts
    since, now = await parts.accounts.factors_since(), parts.clock.now()
    passkeys = Counter(one.agent for one in await parts.accounts.passkeys())
    rows = []
    for agent in (await parts.directory.agents()).values():
        if agent.role is Role.BOT:
            continue
        alive = await parts.accounts.sessions(agent.id, now)
        seen = max((one.seen_at for one in alive), default=0)
        told = (agent.id, agent.name, agent.email, role_of(agent), agent.active)
        factor = since.get(agent.id, 0)
        rows.append(sec.PersonSecurity(*told, two_factor=factor, passkeys=passkeys[agent.id], sessions=len(alive), seen_at=seen))
    return tuple(sorted(rows, key=lambda row: (row.name.casefold(), row.id)))


async def _rules_version(asked: Signed[Any]) -> int:
    """0 while they were never set."""
    known = await asked.parts.directory.entries(SECURITY)
    return next((rules.version for rules in known.values()), 0)


async def prove(asked: Signed[Any], password: str) -> None:
    """That it is he who is logged in. Raises ``Invalid`` for a password that is not his."""
    if not await asked.parts.auth.proves(asked.actor.id, password):
        raise Invalid("password", "is not your password")


async def _end_logins(asked: Signed[Any], agent: AgentId, keep: str | None = None) -> None:
    parts = asked.parts
    parts.live.sessions_ended(await parts.auth.end_all(agent, keep))


def _session_row(one: Session, present: Session) -> sec.SessionRow:
    return sec.SessionRow(one.id[:HANDLE], one.id == present.id, one.browser, one.address, one.created_at, one.seen_at)


def _token_row(one: ApiToken) -> sec.TokenRow:
    return sec.TokenRow(one.id[:HANDLE], one.name, one.agent, one.reach.value, one.created_at, one.expires_at, one.used_at)


def _setup(made: Setup) -> sec.FactorSetup:
    return sec.FactorSetup(made.secret, made.uri, made.picture, made.recovery)


def _rules_row(asked: Signed[Any], rules: Security, version: int) -> sec.SecurityRow:
    names = ", ".join(provider.name for provider in asked.parts.sso.providers.values())
    return sec.SecurityRow(version, rules.two_factor, rules.passwords, names)


HANDLERS: Mapping[str, Handler] = {
    handler.__name__: handler
    for handler in (
        list_sessions,
        end_session,
        end_other_sessions,
        get_factor,
        begin_factor,
        begin_needed_factor,
        confirm_factor,
        drop_factor,
        renew_recovery,
        reset_factor,
        list_tokens,
        create_token,
        end_token,
        get_security,
        edit_security,
        list_protection,
    )
}
