"""The command line as an operator types it."""

import re
from pathlib import Path

from click.testing import CliRunner

from inbox.__main__ import main
from inbox.store.secrets import Keyring


def test_check_config_sums_up_a_good_file_without_its_secrets(tmp_path: Path) -> None:
    file = tmp_path / "inbox.toml"
    file.write_text('[mongodb]\nuri = "mongodb://u:hunter2@db/"\n')
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
