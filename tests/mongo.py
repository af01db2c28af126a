"""MongoDB as tests reach it."""

import re

from tests.eventually import PATIENCE_S


def patient(uri: str) -> str:
    """The same database, its driver as patient as a test is: a database that stands still with its machine is not away. A call on the line
    has its 20 s, so that one which got no answer is made again while the test still waits."""
    uri = re.sub(r"(serverSelection|waitQueue)TimeoutMS=\d+", rf"\1TimeoutMS={PATIENCE_S * 1000:.0f}", uri)
    return re.sub(r"connectTimeoutMS=\d+", "connectTimeoutMS=20000", uri)
