"""Runs everything that was built: starts it in order, keeps every loop alive, and drains on the way out."""

from __future__ import annotations

import asyncio
import errno
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from functools import partial
from random import random

import structlog
from aiohttp import web

from inbox.api.metrics import Metrics
from inbox.app import collector
from inbox.app.front import Front, Sockets, build_alerting, build_front, build_sockets, build_spells
from inbox.app.ports import require_free
from inbox.app.steps import Observed, Steps, build_base, build_steps, ensure_bots
from inbox.app.stores import Stores, open_stores
from inbox.connector import Connector
from inbox.core.errors import CannotStart, InboxError
from inbox.core.ids import ChannelId
from inbox.flow.channels import Entry, Removed
from inbox.flow.holidays import Holidays
from inbox.settings import Settings

RESTART_AFTER_S = 1.0
"""A loop that ended in an error again and again takes no whole core."""
SWEEP_EVERY_S = 3600.0
"""Between two looks for uploads that nobody used; each takes all there is."""
UPLOADS_KEPT_MS = 24 * 3600 * 1000
SPREAD_MS = 20_000
COME_ANEW_MS = 2_000

log = structlog.get_logger(__name__)

Loop = Callable[[], Awaitable[None]]


async def serve(
    settings: Settings,
    stop: asyncio.Event,
    ready: Callable[[Stores, Steps], Awaitable[None]],
    *,
    prepare: Callable[[Stores], Awaitable[None]] | None = None,
    demo: bool = False,
    more: Mapping[str, type[Connector]] | None = None,
) -> None:
    """Serve until ``stop`` is set. ``prepare`` runs on the open stores before anything is built, ``ready`` when requests are taken.
    ``more`` are connectors beside those that are found.

    Raises ``CannotStart`` with the remedy.
    """
    require_free(settings)
    async with open_stores(settings) as stores:
        if prepare is not None:
            await prepare(stores)
        async with _running(settings, stores, demo, more) as steps:
            collector.spare()
            await ready(stores, steps)
            await stop.wait()
            log.info("draining")


@asynccontextmanager
async def _running(settings: Settings, stores: Stores, demo: bool, more: Mapping[str, type[Connector]] | None) -> AsyncIterator[Steps]:
    metrics = Metrics()
    base = build_base(stores)
    sockets = build_sockets(settings, stores, base, lambda: steps.channels.facts())
    observed = Observed(
        metrics.committed, metrics.sent, metrics.fired, metrics.trimmed, lambda entry: _tell_channel(metrics, steps, sockets, entry)
    )
    steps = await build_steps(
        settings,
        stores,
        base,
        sockets.live.available,
        observed,
        more=more,
        read_moved=sockets.live.marked_read,
        there=sockets.live.there,
    )
    draining = asyncio.Event()
    front = await build_front(settings, stores, steps, sockets, metrics, draining.is_set, demo=demo)
    _watch(metrics, steps)
    await steps.feed.start()
    await steps.desks.refresh()
    sockets.live.start()
    async with AsyncExitStack() as stack:
        tasks = await stack.enter_async_context(asyncio.TaskGroup())
        loops = [tasks.create_task(_keep(name, loop)) for name, loop in _loops(stores, steps, sockets, front).items()]
        try:
            await ensure_bots(steps)
            await _tell_unknown_teams(stores, steps)
            async with _listening(settings, front) as runner:
                receiving = tasks.create_task(_keep("receivers", steps.receivers.run))
                yield steps
                draining.set()
                receiving.cancel()
                await _drain(steps, sockets, front, runner, settings.server.drain_seconds)
        finally:
            for loop in loops:
                loop.cancel()
    await steps.channels.close()
    await steps.sandbox.close()
    with suppress(InboxError):
        await steps.committer.close()


def _loops(stores: Stores, steps: Steps, sockets: Sockets, front: Front) -> dict[str, Loop]:
    """Everything that runs all the time, by name."""
    own: dict[str, Loop] = {} if stores.embedded is None else {"database": stores.embedded.keep_running}
    return {
        **own,
        "clock": stores.clock.run,
        "feed": steps.feed.follow,
        "committer": steps.committer.run,
        "lease": steps.committer.keep_lease,
        "intake": steps.intake.run,
        "router": steps.router.run,
        "jobs": steps.jobs.run,
        "promises": steps.promises.run,
        "recounting": steps.recounting.run,
        "alerts": build_alerting(stores, steps, sockets).run,
        "holidays": Holidays(steps.committer, steps.directory, stores.clock).run,
        "states": build_spells(stores, steps, sockets).run,
        "departures": steps.departures.run,
        "returns": steps.returns.run,
        "telling": steps.telling.run,
        "timers": steps.timers.run,
        "outbox": steps.outbox.run,
        "amendments": steps.amendments.run,
        "resuming": steps.resume.run,
        "signals": steps.signalling.run,
        "search": steps.indexer.run,
        "facts": steps.folder.run,
        "probing": steps.probing.run,
        "channels": steps.reloading.run,
        "templates": steps.templates.run,
        "naming": steps.naming.run,
        "visitors": front.visitor_feed.run,
        "visitors.places": front.visitor_feed.follow_places,
        "sockets": front.agents.run,
        "resets": front.resets.run,
        "pushes": front.pusher.run,
        "dispatches": front.dispatcher.run,
        "sweeper": _sweeping(stores),
        "retention": steps.trimmer.run,
        **sockets.live.loops,
    }


async def _keep(name: str, loop: Loop) -> None:
    """Run a loop again whenever it ends in an error, so that one step's bug does not take the others along."""
    while True:
        try:
            await loop()
            return
        except Exception:
            log.exception("loop_failed", loop=name)
            await asyncio.sleep(RESTART_AFTER_S)


def _sweeping(stores: Stores) -> Loop:
    async def sweep() -> None:
        while True:
            with suppress(InboxError):
                await stores.files.sweep(stores.clock.now() - UPLOADS_KEPT_MS)
            await asyncio.sleep(SWEEP_EVERY_S)

    return sweep


def _watch(metrics: Metrics, steps: Steps) -> None:
    metrics.watch("inbox_units_waiting", "Units that wait for a transaction", lambda: steps.committer.backlog)
    metrics.watch("inbox_deliveries_open", "Deliveries stored and not settled", lambda: steps.intake.backlog)
    metrics.watch("inbox_reports_lag_seconds", "By how much the reports are behind", lambda: steps.folder.lag() / 1000)
    metrics.watch("inbox_search_lag_seconds", "By how much the search index is behind", lambda: steps.indexer.lag() / 1000)
    for id in steps.channels.entries:
        _watch_channel(metrics, steps, id)


def _watch_channel(metrics: Metrics, steps: Steps, id: ChannelId) -> None:
    if isinstance(steps.channels.entries.get(id), Removed):
        metrics.forget_channel(id)
    else:
        metrics.watch_channel(id, partial(steps.channels.lights.ok, id))


async def _tell_channel(metrics: Metrics, steps: Steps, sockets: Sockets, entry: Entry) -> None:
    """A channel is another now: agents' screens ask for it anew, and visitors come anew to what it is by then."""
    _watch_channel(metrics, steps, entry.record.id)
    sockets.live.reload("channels", entry.record.id)
    sockets.visitors.drain((int(random() * COME_ANEW_MS) for _ in iter(int, 1)), entry.record.id)


async def _tell_unknown_teams(stores: Stores, steps: Steps) -> None:
    """Nobody but supervisors and admins sees what is given to a team that is not there."""
    known = {team.id for team in await stores.queries.teams()}
    for id, running in steps.channels.running.items():
        team = running.record.team
        if team and team not in known:
            log.error("team_unknown", setting=f"channels.{id}.team", team=team, remedy=f"run `inbox create-team {team}`")


@asynccontextmanager
async def _listening(settings: Settings, front: Front) -> AsyncIterator[web.AppRunner]:
    """Both ports open; raises ``CannotStart`` when one is taken."""
    async with AsyncExitStack() as stack:
        runner = await _open(stack, front.app, settings.server.host, settings.server.port, "server.port")
        await _open(stack, front.metrics, settings.metrics.host, settings.metrics.port, "metrics.port")
        yield runner


async def _open(stack: AsyncExitStack, app: web.Application, host: str, port: int, setting: str) -> web.AppRunner:
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=5, handler_cancellation=True)
    await runner.setup()
    stack.push_async_callback(runner.cleanup)
    try:
        await web.TCPSite(runner, host, port).start()
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            raise CannotStart(
                f"port {port} of {host} is taken", f"stop the program that uses it, or set {setting} to another port"
            ) from error
        raise CannotStart(f"cannot listen on {host}:{port}: {error.strerror}", f"check {setting} and the host beside it") from error
    return runner


async def _drain(steps: Steps, sockets: Sockets, front: Front, runner: web.AppRunner, seconds: int) -> None:
    """Take nothing new, send the sockets away, finish what was accepted and what is being sent."""
    for site in tuple(runner.sites):
        await site.stop()
    waits = (int(random() * SPREAD_MS) for _ in iter(int, 1))
    sockets.visitors.drain(waits)
    with suppress(TimeoutError):
        async with asyncio.timeout(max(1, seconds)):
            await front.agents.drain()
            await steps.intake.drain()
            await steps.outbox.stop()
            await steps.consents.close()
            await steps.committer.drain()
    with suppress(InboxError):
        await sockets.live.stop()
    await front.cleaner.close()
