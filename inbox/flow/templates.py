"""Approved templates: fetched from every provider that has them, kept with the channel, and filled in for a message."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import structlog
from msgspec import Struct

from inbox.connector import Connector
from inbox.core import commands as c
from inbox.core import templates
from inbox.core.errors import InboxError, Invalid, NotFound, TryLater, Unsupported
from inbox.core.events import Event, EventType
from inbox.core.ids import ChannelId, Instant, digest
from inbox.core.message import Attachment, Card
from inbox.core.templates import FilledTemplate, Template
from inbox.flow.committer import Committer, Rank
from inbox.flow.placing import SYSTEM
from inbox.flow.working import ChannelFacts, Layer
from inbox.ports import Clock, Queries
from inbox.records import TEMPLATES, ChannelTemplate

EVERY_MS = 3 * 60 * 60 * 1000
SPREAD_MS = 10 * 60 * 1000
PATIENCE_S = 60.0
STEP = 200
"""Templates in one unit of the committer."""

log = structlog.get_logger(__name__)


class Fetched(Struct, frozen=True):
    """When a channel's provider was last asked, and what went wrong then; '' when nothing did."""

    at: Instant
    problem: str = ""


def template_id(channel: ChannelId, template: Template) -> str:
    """The id under which a template is kept."""
    return digest("template", channel, template.name, template.language)


def use(layer: Layer, facts: ChannelFacts, command: c.UseTemplate, files: Sequence[Attachment]) -> tuple[str, Card, FilledTemplate]:
    """What a message says that goes out as this template. Raises ``Invalid`` when the channel has it no more or a variable is missing."""
    if not facts.templates:
        raise Invalid("template", "this channel has no templates")
    layer.need((TEMPLATES, (command.template,)))
    found = layer.get(TEMPLATES, command.template)
    if found is None or found.channel != facts.id:
        raise Invalid("template", "this template is not approved any more; choose another one")
    rendered = templates.render(found.template, command.values, [file.type for file in files])
    return rendered.text, Card("template", rendered.title, " · ".join(rendered.labels)), rendered.filled


@dataclass(frozen=True)
class KeepTemplates:
    """What a provider lists is what is kept: these are stored, those of ``gone`` removed; an entry tells of it if anything changed."""

    channel: ChannelId
    listed: tuple[ChannelTemplate, ...]
    gone: tuple[str, ...] = ()
    rank: Rank = Rank.BULK

    @property
    def group(self) -> str:
        """One channel's lists keep their order."""
        return f"templates:{self.channel}"

    @property
    def size(self) -> int:
        """Bytes of text."""
        return 1000 + sum(len(entry.template.body) + 500 for entry in self.listed)

    def decide(self, layer: Layer) -> bool:
        """Whether anything changed."""
        layer.need((TEMPLATES, [*(entry.id for entry in self.listed), *self.gone]))
        known = {entry.id: layer.get(TEMPLATES, entry.id) for entry in self.listed}
        fresh = [entry for entry in self.listed if (there := known[entry.id]) is None or there.template != entry.template]
        gone = [id for id in self.gone if layer.get(TEMPLATES, id) is not None]
        for entry in fresh:
            layer.put(TEMPLATES, entry)
        for id in gone:
            layer.remove(TEMPLATES, id)
        if fresh or gone:
            layer.event(Event(EventType.TEMPLATES_CHANGED, layer.now, SYSTEM, data={"channel": self.channel}))
        return bool(fresh or gone)


class TemplateSync:
    """Asks the providers at the start, every three hours, and whenever an admin wants it."""

    def __init__(
        self,
        committer: Committer,
        queries: Queries,
        connectors: Callable[[], Mapping[ChannelId, Connector]],
        clock: Clock,
        jitter: Callable[[], float],
    ) -> None:
        self._committer = committer
        self._queries = queries
        self._connectors = connectors
        self._clock = clock
        self._jitter = jitter
        self._fetched: dict[ChannelId, Fetched] = {}

    def fetched(self, channel: ChannelId) -> Fetched | None:
        """How this process asked last; None: it did not yet."""
        return self._fetched.get(channel)

    async def run(self) -> None:
        """Fetch until cancelled; a provider that is away troubles nobody else."""
        while True:
            async with asyncio.TaskGroup() as tasks:
                for channel in _with_templates(self._connectors()):
                    tasks.create_task(self.fetch(channel))
            await self._clock.sleep_until(self._clock.now() + EVERY_MS + int(self._jitter() * SPREAD_MS))

    async def fetch(self, channel: ChannelId) -> Fetched:
        """Fetch one channel's templates now. What is kept stays when the provider does not answer. Raises ``NotFound``."""
        connector = self._connectors().get(channel)
        if connector is None or not connector.capabilities.templates:
            raise NotFound
        problem = await self._try(channel, connector)
        self._fetched[channel] = Fetched(self._clock.now(), problem)
        return self._fetched[channel]

    async def _try(self, channel: ChannelId, connector: Connector) -> str:
        try:
            async with asyncio.timeout(PATIENCE_S):
                await self._keep(channel, await connector.templates())
        except TimeoutError:
            problem = "The provider did not answer."
        except (TryLater, Unsupported) as error:
            problem = str(error)
        except InboxError as error:
            problem = f"The provider refused: {error}"
        except Exception as bug:
            log.exception("templates_failed", channel=channel)
            problem = f"Fetching the templates failed ({type(bug).__name__})."
        else:
            return ""
        log.warning("templates_not_fetched", channel=channel)
        return problem[:300]

    async def _keep(self, channel: ChannelId, listed: Sequence[Template]) -> None:
        entries = {(id := template_id(channel, one)): ChannelTemplate(id, channel, one) for one in listed}
        gone = [entry.id for entry in await self._queries.templates(channel) if entry.id not in entries]
        kept = tuple(entries.values())
        for start in range(0, max(len(kept), len(gone)), STEP):
            until = start + STEP
            await self._committer.submit(KeepTemplates(channel, kept[start:until], tuple(gone[start:until])))


def _with_templates(connectors: Mapping[ChannelId, Connector]) -> list[ChannelId]:
    return [id for id, connector in connectors.items() if connector.capabilities.templates]
