"""MongoDB as tests reach it."""

import re

from tests.eventually import PATIENCE_S


def patient(uri: str) -> str:
    """The same database, its driver as patient as a test is: a database that stands still with its machine is not away."""
    return re.sub(r"TimeoutMS=\d+", f"TimeoutMS={PATIENCE_S * 1000:.0f}", uri)
