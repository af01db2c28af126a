"""The command line as an operator types it."""

import re
from pathlib import Path

import pytest
from click.testing import CliRunner

from inbox.__main__ import main
from inbox.store.secrets import Keyring

KEY = f"k1:{'A' * 43}="
"""A key of zeros: names of tests must not differ from process to process."""
KEYS = f'[secrets]\nkeys = ["{KEY}"]\n'
SHOP = '[[channels]]\nid = "shop"\nconnector = "webchat"\nname = "Shop"\n{more}[channels.settings]\norigins = ["https://a.example"]\n'
MAIL = '[[channels]]\nid = "{id}"\nconnector = "email"\nname = "Mail"\nsettings = {{address = "a@b.example"{more}}}\n'


def test_check_config_sums_up_a_good_file_without_its_secrets(tmp_path: Path) -> None:
    file = tmp_path / "inbox.toml"
    file.write_text('[mongodb]\nuri = "mongodb://u:hunter2@db/"\n' + KEYS)
    result = CliRunner().invoke(main, ["check-config", "--config", str(file)])
    assert result.exit_code == 0
    assert "valid" in result.output
    assert "hunter2" not in result.output


def test_check_config_ends_with_one_and_the_key_of_a_mistake(tmp_path: Path) -> None:
    file = tmp_path / "inbox.toml"
    file.write_text("[server]\nprot = 1\n")
    result = CliRunner().invoke(main, ["check-config", "--config", str(file)])
    assert result.exit_code == 1
    assert "server.prot" in result.output
    assert "trusted_proxies" in result.output
    assert "Traceback" not in result.output


def test_make_key_prints_what_the_settings_take() -> None:
    result = CliRunner().invoke(main, ["make-key", "2027"])
    assert repr(Keyring([result.output.strip()])) == "Keyring(2027)"


def test_check_config_looks_at_the_channels_own_settings_too(tmp_path: Path) -> None:
    file = tmp_path / "inbox.toml"
    file.write_text(
        '[[channels]]\nid = "shop"\nconnector = "webchat"\nname = "Shop"\n[channels.settings]\norigin = ["https://a.example"]\n'
    )
    result = CliRunner().invoke(main, ["check-config", "--config", str(file)])
    assert result.exit_code == 1
    assert "channels.shop.settings" in result.output
    assert "origins" in result.output


def test_check_config_tells_the_channels_mistakes_beside_the_others(tmp_path: Path) -> None:
    file = tmp_path / "inbox.toml"
    shop = '[[channels]]\nid = "shop"\nconnector = "webchat"\nname = "Shop"\n[channels.settings]\nfiles = "yes"\norigins = ["shop"]\n'
    mail = '[[channels]]\nid = "mail"\nconnector = "emial"\nname = "Mail"\n'
    file.write_text(f"[server]\nport = 0\n{shop}{mail}")
    result = CliRunner().invoke(main, ["check-config", "--config", str(file)])
    assert result.exit_code == 1
    for line in (
        "server.port must be a whole number from 1 to 65535, for example 8080; it is the number 0",
        'channels.shop.settings.files must be true or false; it is the text "yes"',
        "channels.shop.settings.origins: 'shop' is not an origin such as https://shop.example",
    ):
        assert f"  - {line}\n" in result.output
    assert re.search(r'  - channels.mail.connector must be one of .*\bemail, .*; it is the text "emial"\n', result.output)


def test_serve_does_not_begin_with_wrong_settings(tmp_path: Path) -> None:
    file = tmp_path / "inbox.toml"
    file.write_text(f'[server]\nport = 0\n[log]\nlevel = "loud"\n[data]\ndir = "{tmp_path / "data"}"\n')
    result = CliRunner().invoke(main, ["serve", "--config", str(file)])
    assert result.exit_code == 1
    assert "server.port" in result.output
    assert "log.level" in result.output
    assert not (tmp_path / "data").exists()


@pytest.mark.parametrize(
    ("toml", "said"),
    [
        ("[secrets]\nkeys = []\n", "secrets.keys is empty; `inbox make-key` prints a key"),
        ("", "secrets.keys is empty"),
        (f'[secrets]\nkeys = ["{KEY}", "{KEY}"]\n', "secrets.keys: two keys are named 'k1'"),
        (f'{KEYS}[mail]\nsystem_channel = "nobody"\n', "mail.system_channel: there is no channel 'nobody'"),
        (f'{KEYS}[mail]\nsystem_channel = "shop"\n{SHOP.format(more="")}', "mail.system_channel: the channel 'shop' cannot send mail"),
        (
            f'{KEYS}[mail]\nsystem_channel = "in"\n{MAIL.format(id="in", more="")}',
            "mail.system_channel: the channel 'in' cannot send mail; name one of the connector email that has smtp",
        ),
        (KEYS + SHOP.format(more='bot = "nobody"\n'), "channels.shop.bot: there is no channel 'nobody'"),
        (KEYS + SHOP.format(more='bot = "shop"\n'), "channels.shop.bot: 'shop' is not a bot"),
        (
            KEYS + MAIL.format(id="a", more=", listener = {port = 8080}"),
            "channels.a.settings.listener.port is 8080, which server.port has already",
        ),
        (
            KEYS
            + MAIL.format(id="a", more=", listener = {port = 2525}")
            + MAIL.format(id="b", more=', listener = {port = 2525, host = "0.0.0.0"}'),
            "channels.b.settings.listener.port is 2525, which channels.a.settings.listener.port has already",
        ),
        (f"{KEYS}[metrics]\nport = 8080\n", "metrics.port is 8080, which server.port has already"),
        ("[server]\nport = 0\n" + KEYS + 2 * SHOP.format(more=""), "channels: the id 'shop' is used twice"),
    ],
)
def test_serve_and_check_config_tell_the_same_mistakes(tmp_path: Path, toml: str, said: str) -> None:
    file = tmp_path / "inbox.toml"
    file.write_text(f'[data]\ndir = "{tmp_path / "data"}"\n{toml}')
    checked = CliRunner().invoke(main, ["check-config", "--config", str(file)])
    served = CliRunner().invoke(main, ["serve", "--config", str(file)])
    assert (checked.exit_code, served.exit_code) == (1, 1)
    assert said in checked.output
    assert checked.output.count(said) == 1
    assert served.output == checked.output


def test_check_config_takes_settings_that_go_together(tmp_path: Path) -> None:
    file = tmp_path / "inbox.toml"
    bot = '[[channels]]\nid = "echo"\nconnector = "echo_bot"\nname = "Echo"\n'
    one = MAIL.format(id="one", more=', smtp = {host = "mx.example"}, listener = {port = 2525}')
    other = MAIL.format(id="other", more=', listener = {port = 2525, host = "127.0.0.2"}')
    text = KEYS + '[mail]\nsystem_channel = "one"\n' + SHOP.format(more='bot = "echo"\n') + bot + one + other
    file.write_text(text)
    result = CliRunner().invoke(main, ["check-config", "--config", str(file)])
    assert result.exit_code == 0, result.output


def test_the_demos_settings_need_no_key_of_the_operator() -> None:
    result = CliRunner().invoke(main, ["check-config", "--demo", "--config", "inbox/demo/settings.toml"])
    assert result.exit_code == 0, result.output
