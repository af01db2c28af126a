"""Accounts and teams, for admins."""

from __future__ import annotations

import re
import secrets
import unicodedata
from typing import Any

from msgspec import UnsetType

from inbox.api import role_structs as ro
from inbox.api import show
from inbox.api import staff_structs as st
from inbox.api import structs as s
from inbox.api.audit import note
from inbox.api.handlers.catalog import namesake
from inbox.api.invited import doors
from inbox.api.origin import client_address
from inbox.api.parts import ApiParts, Signed
from inbox.api.resets import Asking, Invited
from inbox.core.agent import Agent, Availability, Role, Team
from inbox.core.conversation import Category
from inbox.core.errors import Invalid, NotFound, Prevented
from inbox.core.ids import AgentId, TeamId, digest
from inbox.core.permissions import Action, Grant, Scope, granted, require
from inbox.core.roles import require_within, role_of, with_role
from inbox.core.views import ACTIVE, View
from inbox.records import ALERTS, QUEUES

_FIELDS = ("email", "name", "role", "teams", "capacity", "skills", "limits", "calendar", "active")
_COUNTED = 1000


async def list_accounts(asked: Signed[None]) -> tuple[st.AccountRow, ...]:
    """All people, those who are switched off too, by name; bots are set up in the settings file."""
    require(asked.actor, Action.MANAGE_AGENTS)
    people = [agent for agent in await asked.parts.queries.agents() if agent.role is not Role.BOT]
    known = await doors(asked.parts)
    return tuple(sorted(map(known.row, people), key=lambda row: (row.name.casefold(), row.id)))


async def create_account(asked: Signed[st.CreateAccount]) -> st.Invitation:
    """The same key makes one account and one link; a repetition gets both again. Without a link when the password is set already."""
    require(asked.actor, Action.MANAGE_AGENTS)
    body, parts = asked.body, asked.parts
    id = AgentId(digest("agent", asked.actor.id, asked.key) if asked.key else secrets.token_hex(16))
    email, name = body.email.strip(), _name(body.name)
    draft = Agent(id, email, name, Role.AGENT, tuple(TeamId(t) for t in dict.fromkeys(body.teams)), body.capacity)
    draft = with_role(draft, _role(body.role))
    there = await parts.accounts.credentials(email)
    if there is not None and there.agent.id != id:
        return await _invite_anew(asked, there.agent, draft)
    agent = await parts.staff.create_agent(asked.actor, draft, asked.key)
    if (before := await parts.resets.invited(agent.id, _asking(asked, "create_account"))) is not None:
        return await _told(parts, agent, before)
    await note(asked, "agent_created", agent.id, role=role_of(agent))
    found = await parts.accounts.credentials_of(agent.id)
    if found is not None and found.password_hash:
        return st.Invitation((await doors(parts)).row(agent), "", 0, mailed=False)
    return await _told(parts, agent, await parts.resets.invite(agent, _asking(asked, "create_account")))


async def _invite_anew(asked: Signed[st.CreateAccount], there: Agent, draft: Agent) -> st.Invitation:
    """Somebody whose invitation was withdrawn, or who has no link, be it that the one before is over or was never made for a crash. Raises
    ``Conflict`` for the address of anybody else."""
    parts, asking = asked.parts, _asking(asked, "create_account")
    if (before := await parts.resets.invited(there.id, asking)) is not None:
        return await _told(parts, there, before)
    known = await doors(parts)
    if there.role is Role.BOT or not known.invited(there) or (there.active and there.id in known.links):
        raise Prevented("account_taken", "There is an account with this address.", draft.email)
    fields = {name: getattr(draft, name) for name in ("name", "role", "custom_role", "teams", "capacity", "active")}
    agent = await parts.staff.edit_agent(asked.actor, there.id, there.version, fields, ())
    await note(asked, "agent_created", agent.id, role=role_of(agent))
    return await _told(parts, agent, await parts.resets.invite(agent, asking))


async def make_link(asked: Signed[None]) -> st.Invitation:
    """A new link for somebody who lost his; earlier ones are void. The same key gets the same link."""
    require(asked.actor, Action.MANAGE_AGENTS)
    agent = await _person(asked.parts, asked.path["id"])
    asking = _asking(asked, "make_link")
    if (before := await asked.parts.resets.invited(agent.id, asking)) is not None:
        return await _told(asked.parts, agent, before)
    require_within(asked.actor, await _grant(asked.parts, agent))  # the link would let him in as somebody who may more
    if not agent.active:
        raise Prevented("off", "This account is switched off; switch it on first.", agent.name)
    return await _told(asked.parts, agent, await asked.parts.resets.invite(agent, asking))


async def withdraw_invitation(asked: Signed[None]) -> None:
    """The account stays, switched off; inviting the address again takes it up. Raises ``Conflict`` once somebody got in by it."""
    require(asked.actor, Action.MANAGE_AGENTS)
    parts, agent = asked.parts, await _person(asked.parts, asked.path["id"])
    await parts.accounts.end_resets(agent.id)  # first: from now on nobody gets in while it is looked whether he did
    if not (await doors(parts)).invited(agent):
        raise Prevented("accepted", "The invitation was accepted; switch the account off instead.", agent.name)
    if agent.active:
        await parts.staff.edit_agent(asked.actor, agent.id, agent.version, {"active": False}, await _other_admins(parts, agent.id))
    await _end_logins(parts, agent.id)
    await note(asked, "invitation_withdrawn", agent.id)


async def edit_account(asked: Signed[st.EditAccount]) -> st.AccountRow:
    """Raises ``Conflict`` when somebody else changed the account since, and when no admin would be left."""
    require(asked.actor, Action.MANAGE_AGENTS)
    parts, before = asked.parts, await _person(asked.parts, asked.path["id"])
    fields = await _changes(asked, before)
    if fields.get("active"):
        await _end_logins(parts, before.id)  # those of earlier days must not come to life again
    agent = await parts.staff.edit_agent(asked.actor, before.id, asked.body.version, fields, await _other_admins(parts, before.id))
    if not agent.active:
        await _shut(parts, agent.id)
    await note(asked, "agent_changed", agent.id, fields=",".join(sorted(fields)))
    return (await doors(parts)).row(agent)


async def set_availability(asked: Signed[st.SetAvailability]) -> s.AgentRow:
    """What he sets for himself too; whoever did it last counts. Programs and bots have none."""
    require(asked.actor, Action.SUPERVISE)
    parts, before = asked.parts, await _person(asked.parts, asked.path["id"])
    fields = {"availability": Availability(asked.body.availability), "break_reason": asked.body.break_reason}
    agent = await parts.conversations.change_agent(asked.actor, before.id, fields, asked.body.left)
    await note(asked, "availability_set", agent.id, availability=agent.availability.value)
    return show.agent(parts, agent)


async def replace_role(asked: Signed[ro.ReplaceRole]) -> None:
    """Whoever is given the role meanwhile is moved too. Raises ``NotFound``, ``Denied``, ``Invalid`` for what they shall get instead."""
    require(asked.actor, Action.MANAGE_AGENTS)
    parts, id = asked.parts, asked.path["id"]
    while True:
        holders = [agent.id for agent in await parts.queries.agents() if agent.custom_role == id]
        await parts.staff.replace_role(asked.actor, id, asked.body.instead, holders)
        if not any(agent.custom_role == id for agent in await parts.queries.agents()):
            break
    await note(asked, "role_replaced", id, instead=asked.body.instead)


async def create_team(asked: Signed[st.CreateTeam]) -> s.TeamRow:
    """The id is for good: the settings file gives channels to teams by it."""
    require(asked.actor, Action.MANAGE_TEAMS)
    name = _name(asked.body.name)
    team = Team(TeamId(asked.body.slug or _slug(name)), name)
    await _require_other_name(asked.parts, team)
    made = await asked.parts.staff.create_team(asked.actor, team, asked.key)
    await note(asked, "team_created", made.id, name=made.name)
    return s.TeamRow(made.id, made.name)


async def rename_team(asked: Signed[st.RenameTeam]) -> s.TeamRow:
    """Only the name."""
    require(asked.actor, Action.MANAGE_TEAMS)
    wanted = Team(TeamId(asked.path["id"]), _name(asked.body.name))
    await _require_other_name(asked.parts, wanted)
    team = await asked.parts.staff.rename_team(asked.actor, wanted.id, wanted.name)
    await note(asked, "team_renamed", team.id, name=team.name)
    return s.TeamRow(team.id, team.name)


async def _require_other_name(parts: ApiParts, team: Team) -> None:
    """Raises ``Conflict`` for the name of another team, as far as this process knows of them."""
    if same := namesake(team, (await parts.directory.teams()).values()):
        raise Prevented("taken", f"There is a team {same.name!r} already.", same.name)


async def delete_team(asked: Signed[None]) -> None:
    """Raises ``Conflict`` while it serves a queue, an alert watches it, or a channel or a conversation that is not resolved is given to
    it. Its members leave it; what it resolved stays with its id, for supervisors and admins to see."""
    require(asked.actor, Action.MANAGE_TEAMS)
    parts, id = asked.parts, TeamId(asked.path["id"])
    await _unneeded(parts, id)
    unresolved = View("team", (*ACTIVE, Category.SNOOZED), team=id)
    if count := await parts.queries.count(unresolved, Scope(all=True), asked.actor.id, _COUNTED):
        raise Prevented("unresolved", f"{count} conversations of this team are not resolved; give them to another team first.", str(count))
    members = [agent.id for agent in await parts.queries.agents() if id in agent.teams]
    await parts.staff.delete_team(asked.actor, id, members)
    await note(asked, "team_deleted", id)


async def _unneeded(parts: ApiParts, team: TeamId) -> None:
    """Raises ``Conflict`` with what names the team."""
    for channel in await parts.queries.channels():
        if channel.enabled and channel.team == team:
            raise Prevented(
                "in_use", f"The channel {channel.name!r} gives its conversations to this team; change that first.", channel.name
            )
        if team in channel.readers:
            raise Prevented("in_use", f"The channel {channel.name!r} is read by this team; change that first.", channel.name)
    for queue in (await parts.directory.entries(QUEUES)).values():
        if team in queue.teams:
            raise Prevented("in_use", f"The queue {queue.name!r} is served by this team; change that first.", queue.name)
    for alert in (await parts.directory.entries(ALERTS)).values():
        if alert.team == team:
            raise Prevented("in_use", f"The alert {alert.name!r} watches this team; change that first.", alert.name)


async def _person(parts: ApiParts, id: str) -> Agent:
    found = await parts.accounts.credentials_of(AgentId(id))
    if found is None or found.agent.role is Role.BOT:
        raise NotFound
    return found.agent


async def _changes(asked: Signed[st.EditAccount], before: Agent) -> dict[str, Any]:
    """What is given and differs, as the account's own types."""
    given = {name: value for name in _FIELDS if not isinstance(value := getattr(asked.body, name), UnsetType)}
    if "email" in given:
        given["email"] = given["email"].strip()
        await _require_free(asked.parts, given["email"], before.id)
    if "name" in given:
        given["name"] = _name(given["name"])
    if "role" in given:
        wanted = with_role(before, _role(given["role"]))
        given |= {"role": wanted.role, "custom_role": wanted.custom_role}
    if "teams" in given:
        given["teams"] = tuple(TeamId(team) for team in dict.fromkeys(given["teams"]))
    return {name: value for name, value in given.items() if value != getattr(before, name)}


async def _require_free(parts: ApiParts, email: str, id: AgentId) -> None:
    there = await parts.accounts.credentials(email)
    if there is not None and there.agent.id != id:
        raise Prevented("account_taken", "There is an account with this address.", email)


def _asking(asked: Signed[Any], call: str) -> Asking:
    return Asking(asked.actor.id, client_address(asked.http, asked.parts.settings), call, asked.key)


async def _told(parts: ApiParts, agent: Agent, invited: Invited) -> st.Invitation:
    return st.Invitation((await doors(parts)).row(agent), invited.link, invited.expires_at, invited.mailed)


async def _other_admins(parts: ApiParts, id: AgentId) -> list[AgentId]:
    return [a.id for a in await parts.queries.agents() if a.role is Role.ADMIN and a.id != id]


async def _shut(parts: ApiParts, agent: AgentId) -> None:
    """Nobody is in by this account any more, and no link lets anybody in."""
    await parts.accounts.end_resets(agent)
    await _end_logins(parts, agent)


async def _end_logins(parts: ApiParts, agent: AgentId) -> None:
    parts.live.sessions_ended(await parts.accounts.end_sessions(agent))


def _role(given: str) -> str:
    """Raises ``Invalid`` for what no person can be."""
    if given in ("", Role.BOT):
        raise Invalid("role", "is not one for people")
    return given


async def _grant(parts: ApiParts, agent: Agent) -> Grant:
    return granted(await parts.directory.actor_of(agent))


def _name(given: str) -> str:
    if not given.strip():
        raise Invalid("name", "must not be empty")
    return given.strip()


def _slug(name: str) -> str:
    """Small letters, digits and dashes; a name without any gets an id by chance."""
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    return re.sub(r"[^a-z0-9]+", "-", plain).strip("-")[:64].strip("-") or secrets.token_hex(4)
