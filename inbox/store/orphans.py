"""Transactions that a killed process left open: they hold their documents for a minute unless somebody ends them.

Each process notes the session in which it commits beside its writer number; the next one to start ends those of the dead.
"""

from __future__ import annotations

import os
import socket
from typing import Any

from pymongo.errors import PyMongoError

from inbox.core.ids import Instant
from inbox.store.client import Database


async def note(db: Database, o: int, session: Any) -> None:
    """Writer ``o`` commits in this session from now on."""
    await db["writers"].update_one({"_id": o}, {"$set": {"session": session}})


async def end(db: Database, now: Instant) -> None:
    """End the sessions of processes that are gone: their lease is over, or they ran on this machine and run no more.

    A user may always end his own sessions; where the server refuses all the same, its own limit ends them (60 s by default).
    """
    async for writer in db["writers"].find({"session": {"$exists": True}}):
        if int(writer["until"]) > now and not _is_dead(str(writer.get("owner", ""))):
            continue
        try:
            await db.client.admin.command({"killSessions": [writer["session"]]})
        except PyMongoError:
            continue
        await db["writers"].update_one({"_id": writer["_id"], "session": writer["session"]}, {"$unset": {"session": ""}})


def _is_dead(owner: str) -> bool:
    """Owners are named ``host-pid-random``."""
    host, _, rest = owner.rpartition("-")[0].rpartition("-")
    if host != socket.gethostname() or not rest.isdigit():
        return False
    try:
        os.kill(int(rest), 0)
    except ProcessLookupError:
        return True
    except PermissionError:
        return False
    return False
