"""The port on which a mail channel listens, taken by somebody else or by the service itself, as serve, doctor and the figures tell it."""

import secrets
import smtplib
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

import aiohttp
import pytest

from tests.eventually import eventually
from tests.operator.service import Operator
from tests.ports import free_ports

pytestmark = [pytest.mark.slow]
MAIL = """
[[channels]]
id = "support"
connector = "email"
name = "Support mail"
team = "{team}"
[channels.settings]
address = "support@shop.example"
[channels.settings.listener]
port = {port}
"""


def an_operator(folder: Path, uri: str, team: str = "") -> tuple[Operator, int]:
    (port,) = free_ports(1)
    database = f"port_{secrets.token_hex(4)}"
    return Operator(folder, uri=uri, database=database, channels=MAIL.format(port=port, team=team)), port


@contextmanager
def somebody_on(port: int) -> Iterator[None]:
    with socket.socket() as taken:
        taken.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        taken.bind(("127.0.0.1", port))
        taken.listen()
        yield


def line(text: str, about: str) -> str:
    return next(line for line in text.splitlines() if about in line)


async def gauge(operator: Operator) -> str:
    async with aiohttp.ClientSession() as http, http.get(f"http://127.0.0.1:{operator.metrics}/metrics") as answer:
        return line(await answer.text(), 'inbox_channel_healthy{channel="support"}').rpartition(" ")[2]


async def test_serve_does_not_start_while_somebody_has_the_port_of_a_channel(tmp_path: Path, mongo_uri: str) -> None:
    operator, port = an_operator(tmp_path, mongo_uri)
    with somebody_on(port):
        served = await operator.run("serve")
        looked = await operator.run("doctor")
    assert served.code == 1
    first, remedy = served.text.strip().splitlines()
    assert first == f"Error: port {port} of 127.0.0.1 is taken"
    assert remedy.endswith("or set channels.support.settings.listener.port to another port")
    told = line(looked.text, "channel support")
    assert told.startswith("WRONG")
    assert f"port {port} of 127.0.0.1 is taken" in told


async def test_doctor_tells_the_services_own_listener_from_somebody_elses(tmp_path: Path, mongo_uri: str) -> None:
    operator, port = an_operator(tmp_path, mongo_uri)
    async with operator.serving():
        up: bool = await eventually(partial(answers, port), what="the listener answers")
        assert up
        fine = line((await operator.run("doctor")).text, "channel support")
        assert fine.startswith("ok")
        assert f"port {port} of 127.0.0.1 is where the service listens" in fine
        assert await gauge(operator) == "1.0"
    assert line((await operator.run("doctor")).text, "channel support").endswith("is free")


async def test_a_team_that_is_not_there_is_told_by_serve_and_doctor(tmp_path: Path, mongo_uri: str) -> None:
    operator, _ = an_operator(tmp_path, mongo_uri, team="suport")
    async with operator.serving():
        pass
    logged = line((tmp_path / "inbox.log").read_text(), "team_unknown")
    assert "channels.support.team" in logged
    assert "there is no team 'suport'" in line((await operator.run("doctor")).text, "channel support")
    await operator.run("create-team", "suport")
    assert line((await operator.run("doctor")).text, "channel support").startswith("ok")


async def answers(port: int) -> bool:
    """Whether a mail server greets there."""
    try:
        with smtplib.SMTP("127.0.0.1", port, timeout=1):
            return True
    except (OSError, smtplib.SMTPException):
        return False
