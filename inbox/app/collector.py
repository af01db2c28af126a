"""How often Python looks for cycles of objects that nobody holds any more."""

from __future__ import annotations

import gc

AFTER = (10_000, 20, 20)
"""So many objects made before the youngest are looked through, and so many times before older ones are. With Python's own 700, 10 and 10
a fifth of the service's time under load went into it, for decoding the database's answers alone makes so many; all were in use still."""


def spare() -> None:
    """To be called once everything is built: that stays until the end and is not looked through again; what comes later is, less often."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(*AFTER)
