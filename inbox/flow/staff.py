"""What admins do with accounts and teams: each change is asked of the gate and committed with the entry that tells everybody."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from msgspec.structs import replace

from inbox.core.agent import Agent, Role, Team
from inbox.core.errors import Conflict, Invalid, NotFound, Prevented
from inbox.core.events import Event, EventType
from inbox.core.ids import AgentId, TeamId
from inbox.core.message import Author
from inbox.core.permissions import NOTHING, Action, Actor, Grant, granted, require
from inbox.core.roles import actor_of, require_within
from inbox.flow.accounts import put_agent
from inbox.flow.committer import Committer, Rank
from inbox.flow.idempotency import repeated
from inbox.flow.removing import remove
from inbox.flow.roles import ReplaceRole
from inbox.flow.working import Layer
from inbox.flow.writing import author_of
from inbox.records import AGENTS, CALENDARS, ROLES, TEAMS


@dataclass(frozen=True)
class CreateAgent:
    """A new account, which cannot log in before it has a password."""

    actor: Actor
    agent: Agent
    key: str = ""
    rank: Rank = Rank.COMMAND
    size: int = 500

    @property
    def group(self) -> str:
        """One account's changes keep their order."""
        return self.agent.id

    def decide(self, layer: Layer) -> Agent:
        """The account; made before by the same call, as it is now."""
        require(self.actor, Action.MANAGE_AGENTS)
        a = self.agent
        layer.need((AGENTS, (a.id,)))
        stored = layer.get(AGENTS, a.id)
        if (
            repeated(layer, self.actor.id, self.key, "create_agent", a.email, a.name, a.custom_role or a.role, *a.teams, str(a.capacity))
            and stored is not None
        ):
            return stored
        if stored is not None:
            raise Conflict("There is an account under this id.")
        _known_teams(layer, a.teams)
        may_look_after(layer, self.actor, None, a)
        return put_agent(layer, replace(a, created_at=layer.now), author_of(self.actor))


@dataclass(frozen=True)
class EditAgent:
    """Change fields of an account; ``version`` is what was seen. ``admins`` are the other accounts that may be admins."""

    actor: Actor
    agent: AgentId
    version: int
    fields: Mapping[str, Any]
    admins: Sequence[AgentId] = ()
    rank: Rank = Rank.COMMAND
    size: int = 500

    @property
    def group(self) -> str:
        """One account's changes keep their order."""
        return self.agent

    def decide(self, layer: Layer) -> Agent:
        """The account afterwards. Raises ``Conflict`` when somebody changed it since, and when no admin would be left, ``Denied`` when
        the actor has less than the account has or shall have."""
        require(self.actor, Action.MANAGE_AGENTS)
        layer.need((AGENTS, (self.agent, *self.admins)))
        before = layer.get(AGENTS, self.agent)
        if before is None:
            raise NotFound
        if before.role is Role.BOT:
            raise Invalid("id", "bots are set up in the settings file")
        if before.version != self.version:
            raise Conflict("Somebody else changed this account; load again.")
        after = replace(before, **self.fields)
        may_look_after(layer, self.actor, before, after)
        _known_teams(layer, [team for team in after.teams if team not in before.teams])
        _known_calendar(layer, "" if after.calendar == before.calendar else after.calendar)
        if _may_all(before) and not _may_all(after):
            self._leave_an_admin(layer)
        return put_agent(layer, after, author_of(self.actor))

    def _leave_an_admin(self, layer: Layer) -> None:
        """The other one is written as well, unchanged: of two admins who take each other's place at once, one is refused."""
        other = next((a for id in self.admins if (a := layer.get(AGENTS, id)) is not None and _may_all(a)), None)
        if other is None:
            raise Prevented("last_admin", "This is the last admin; make another account an admin first.")
        layer.put(AGENTS, other)


def _may_all(agent: Agent) -> bool:
    return agent.active and agent.role is Role.ADMIN


def _grant(layer: Layer, agent: Agent) -> Grant:
    layer.need((ROLES, (agent.custom_role,) if agent.custom_role else ()))
    role = layer.get(ROLES, agent.custom_role) if agent.custom_role else None
    return granted(actor_of(agent, {role.id: role} if role is not None else {}, {}))


def may_look_after(layer: Layer, actor: Actor, before: Agent | None, after: Agent) -> None:
    """Raises ``Denied`` where the actor has less than the account has or shall have, ``Invalid`` for a role that is not there."""
    had = NOTHING if before is None else _grant(layer, before)
    shall = _grant(layer, after)
    if shall == NOTHING and (before is None or before.custom_role != after.custom_role):
        raise Invalid("role", f"there is no role {after.custom_role!r}")
    require_within(actor, had, shall)


def _known_teams(layer: Layer, teams: Sequence[TeamId]) -> None:
    layer.need((TEAMS, teams))
    for team in teams:
        if layer.get(TEAMS, team) is None:
            raise Invalid("teams", f"there is no team {team!r}")


def _known_calendar(layer: Layer, id: str) -> None:
    layer.need((CALENDARS, (id,) if id else ()))
    if id and layer.get(CALENDARS, id) is None:
        raise Invalid("calendar", f"there are no business hours {id!r}")


@dataclass(frozen=True)
class CreateTeam:
    """A new team."""

    actor: Actor
    team: Team
    key: str = ""
    rank: Rank = Rank.COMMAND
    size: int = 300

    @property
    def group(self) -> str:
        """One team's changes keep their order."""
        return self.team.id

    def decide(self, layer: Layer) -> Team:
        """The team. Raises ``Conflict`` when its id is taken."""
        require(self.actor, Action.MANAGE_TEAMS)
        layer.need((TEAMS, (self.team.id,)))
        stored = layer.get(TEAMS, self.team.id)
        if repeated(layer, self.actor.id, self.key, "create_team", self.team.id, self.team.name) and stored is not None:
            return stored
        if stored is not None:
            raise Prevented("taken", f"There is a team {self.team.id!r} already.", stored.name)
        return _changed(layer, self.team, author_of(self.actor))


@dataclass(frozen=True)
class RenameTeam:
    """Another name; the id stays, and with it everything that belongs to the team."""

    actor: Actor
    team: TeamId
    name: str
    rank: Rank = Rank.COMMAND
    size: int = 300

    @property
    def group(self) -> str:
        """One team's changes keep their order."""
        return self.team

    def decide(self, layer: Layer) -> Team:
        """The team afterwards."""
        require(self.actor, Action.MANAGE_TEAMS)
        layer.need((TEAMS, (self.team,)))
        before = layer.get(TEAMS, self.team)
        if before is None:
            raise NotFound
        return _changed(layer, replace(before, name=self.name), author_of(self.actor))


@dataclass(frozen=True)
class DeleteTeam:
    """Remove a team that nothing is given to any more; its ``members`` leave it."""

    actor: Actor
    team: TeamId
    members: Sequence[AgentId] = field(default_factory=tuple)
    rank: Rank = Rank.COMMAND

    @property
    def group(self) -> str:
        """One team's changes keep their order."""
        return self.team

    @property
    def size(self) -> int:
        """Each member is written."""
        return 300 + 500 * len(self.members)

    def decide(self, layer: Layer) -> None:
        """Raises ``NotFound``."""
        require(self.actor, Action.MANAGE_TEAMS)
        layer.need((TEAMS, (self.team,)), (AGENTS, self.members))
        before = layer.get(TEAMS, self.team)
        if before is None:
            raise NotFound
        for id in self.members:
            member = layer.get(AGENTS, id)
            if member is not None and self.team in member.teams:
                left = tuple(team for team in member.teams if team != self.team)
                put_agent(layer, replace(member, teams=left), author_of(self.actor))
        remove(layer, TEAMS, before, author_of(self.actor))
        layer.event(_team_event(layer, self.team, author_of(self.actor)))


def _changed(layer: Layer, team: Team, by: Author) -> Team:
    stored = layer.put(TEAMS, team)
    layer.event(_team_event(layer, stored.id, by))
    return stored


def _team_event(layer: Layer, team: TeamId, by: Author) -> Event:
    return Event(EventType.TEAM_CHANGED, layer.now, by, data={"team": team})


class Staff:
    """The door for changes to accounts and teams; everything is durable when it returns."""

    def __init__(self, committer: Committer) -> None:
        self._committer = committer

    async def create_agent(self, actor: Actor, agent: Agent, key: str = "") -> Agent:
        """Raises ``Denied``, ``Invalid``, ``KeyReused``, and ``Conflict`` when its mail address is another's."""
        return await self._committer.submit(CreateAgent(actor, agent, key))

    async def edit_agent(
        self, actor: Actor, agent: AgentId, version: int, fields: Mapping[str, Any], admins: Sequence[AgentId] = ()
    ) -> Agent:
        """Raises ``Denied``, ``NotFound``, ``Invalid``, ``Conflict``."""
        return await self._committer.submit(EditAgent(actor, agent, version, fields, admins))

    async def replace_role(self, actor: Actor, role: str, instead: str, holders: Sequence[AgentId]) -> None:
        """Raises ``Denied``, ``NotFound``, ``Invalid``."""
        await self._committer.submit(ReplaceRole(actor, role, instead, holders))

    async def create_team(self, actor: Actor, team: Team, key: str = "") -> Team:
        """Raises ``Denied``, ``Conflict``, ``KeyReused``."""
        return await self._committer.submit(CreateTeam(actor, team, key))

    async def rename_team(self, actor: Actor, team: TeamId, name: str) -> Team:
        """Raises ``Denied``, ``NotFound``."""
        return await self._committer.submit(RenameTeam(actor, team, name))

    async def delete_team(self, actor: Actor, team: TeamId, members: Sequence[AgentId] = ()) -> None:
        """Raises ``Denied``, ``NotFound``. Whether anything is still given to the team the caller has looked up."""
        await self._committer.submit(DeleteTeam(actor, team, members))
