"""What `inbox demo` does around serving: an interrupted filling, a foreign database, taken ports, its key, its mailbox."""

import asyncio
import socket
from pathlib import Path

import pytest
from click.testing import CliRunner

from inbox.__main__ import main
from inbox.app import accounts
from inbox.core.errors import CannotStart
from inbox.demo import start
from inbox.demo.workspace import load
from tests.demo.conftest import opened, settings_file


async def test_a_filling_that_was_interrupted_begins_anew(mongo_uri: str, tmp_path: Path) -> None:
    settings = start.demo_settings(settings_file(tmp_path, mongo_uri))
    async with opened(settings) as stores:
        assert await start.is_empty(stores)
        stop = asyncio.Event()
        filling = start.fill(settings, stores, load(), lambda done, of: stop.set() if done == 9 else None)
        with pytest.raises(CannotStart, match="ended"):
            await start.unless(stop, filling)
        assert await stores.directory.has_agents()
        assert await start.is_empty(stores)
        assert not await stores.directory.has_agents()


async def test_a_database_with_other_accounts_is_left_alone(mongo_uri: str, tmp_path: Path) -> None:
    settings = start.demo_settings(settings_file(tmp_path, mongo_uri))
    async with opened(settings) as stores:
        await accounts.create_admin(settings, "boss@example.org", "Boss", "a long password")
        with pytest.raises(CannotStart, match="not the demo's"):
            await start.is_empty(stores)
        assert await stores.directory.has_agents()


def test_a_taken_port_is_said_at_once_with_the_remedy(tmp_path: Path) -> None:
    file = settings_file(tmp_path)
    port = start.demo_settings(file).server.port
    with socket.create_server(("127.0.0.1", port)):
        result = CliRunner().invoke(main, ["demo", "--config", str(file)])
    assert result.exit_code == 1
    assert f"port {port} of 127.0.0.1 is taken" in result.output
    assert "server.port" in result.output
    assert "database" not in result.output


def test_the_key_is_made_once_and_for_this_user_only(tmp_path: Path) -> None:
    file = settings_file(tmp_path)
    first, second = start.demo_settings(file), start.demo_settings(file)
    assert first.secrets.keys == second.secrets.keys
    assert (tmp_path / "data" / "demo.key").stat().st_mode & 0o077 == 0


def test_a_folder_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "data").write_text("a file where the folder should be")
    with pytest.raises(CannotStart, match=r"demo\.key"):
        start.demo_settings(settings_file(tmp_path))


def test_mail_ports_are_those_of_the_settings(tmp_path: Path) -> None:
    shipped = start.mail_of(start.demo_settings(settings_file(tmp_path)))
    assert shipped is not None
    assert shipped.address == "support@northwind.example"
    assert {shipped.port, shipped.out_port}.isdisjoint({2525, 2526})


def test_another_port_is_enough_to_move_the_service_and_the_shop_that_may_chat(tmp_path: Path) -> None:
    settings = start.demo_settings(settings_file(tmp_path))
    (shop,) = [c for c in settings.channels if "origins" in c.settings]
    here = f"http://127.0.0.1:{settings.server.port}"
    assert settings.server.public_url == here
    assert shop.settings["origins"] == [here, f"http://localhost:{settings.server.port}"]


def test_demo_mail_says_when_no_demo_runs(tmp_path: Path) -> None:
    result = CliRunner().invoke(main, ["demo-mail", "--config", str(settings_file(tmp_path)), "Hello"])
    assert result.exit_code == 1
    assert "make demo" in result.output
