"""Browsers that are told of notices while no window is in sight. Each belongs to the login it was set up under, and ends with it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from inbox.api.parts import Handler, Signed
from inbox.api.push_structs import DeviceRow, PushSetup, SaveDevice
from inbox.core.pushing import Device, device_id
from inbox.flow.pushing import SESSION_HANDLE


async def get_push(asked: Signed[None]) -> PushSetup:
    """The own devices, newest first."""
    return _setup(asked, await asked.parts.browsers.of(asked.actor.id))


async def save_device(asked: Signed[SaveDevice]) -> PushSetup:
    """Raises ``Invalid`` for a kind of notice there is not."""
    body, browser = asked.body, asked.http.headers.get("User-Agent", "")[:200]
    session = asked.session.id[:SESSION_HANDLE]
    at = asked.parts.clock.now()
    device = Device(
        device_id(body.endpoint), body.endpoint, body.p256dh, body.auth, session, browser, at, content=body.content, kinds=body.kinds
    )
    return _setup(asked, await asked.parts.browsers.save(asked.actor.id, device))


async def drop_device(asked: Signed[None]) -> None:
    """Raises ``NotFound`` for one that is not his."""
    await asked.parts.browsers.drop(asked.actor.id, asked.path["id"])


def _setup(asked: Signed[None] | Signed[SaveDevice], devices: Sequence[Device]) -> PushSetup:
    mine = asked.session.id[:SESSION_HANDLE]
    rows = tuple(DeviceRow(d.id, d.browser, d.at, d.content, d.kinds, d.session == mine) for d in devices)
    return PushSetup(asked.parts.browsers.key, rows)


HANDLERS: Mapping[str, Handler] = {"get_push": get_push, "save_device": save_device, "drop_device": drop_device}
