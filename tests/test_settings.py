"""Settings as the operator meets them: defaults, a file, the environment, and one plain sentence for every mistake."""

import itertools
import re
import tomllib
from pathlib import Path
from typing import Any

import msgspec
import pytest

from inbox.core.errors import CannotStart
from inbox.settings import Channel, Settings, Sso, load
from inbox.store.secrets import make_key

EXAMPLE = Path(__file__).parent.parent / "config" / "inbox.example.toml"
KEY = make_key("k1")


def read(toml: str, folder: Path, **environment: str) -> Settings:
    file = folder / "inbox.toml"
    file.write_text(toml)
    return load(file, environment)


def refused(toml: str, folder: Path, **environment: str) -> CannotStart:
    with pytest.raises(CannotStart) as refusal:
        read(toml, folder, **environment)
    return refusal.value


def example_with_channel() -> dict[str, Any]:
    """The example with its channel block switched on."""
    return tomllib.loads(re.sub(r"^# (\[\[(?:channels|sso)\]\]|# .*|[a-z_]+ = .*)$", r"\1", EXAMPLE.read_text(), flags=re.MULTILINE))


def test_the_example_holds_every_setting_with_its_default_and_nothing_else() -> None:
    example = example_with_channel()
    (channel,), (sso,) = example.pop("channels"), example.pop("sso")
    defaults = msgspec.to_builtins(Settings())
    del defaults["channels"], defaults["sso"]
    assert example == {
        section: {k: list(v) if isinstance(v, tuple) else v for k, v in table.items()} for section, table in defaults.items()
    }
    assert set(channel) == {field.name for field in msgspec.structs.fields(Channel)}
    assert set(sso) == {field.name for field in msgspec.structs.fields(Sso)}


def test_the_example_says_one_line_about_every_setting() -> None:
    lines = EXAMPLE.read_text().splitlines()
    for before, line in itertools.pairwise(lines):
        if re.match(r"(# )?[a-z_]+ = ", line):
            assert before.startswith("# "), line


def test_the_example_is_what_the_defaults_are() -> None:
    assert load(EXAMPLE, {}) == load(None, {})


def test_a_file_changes_what_it_names_and_leaves_the_rest(tmp_path: Path) -> None:
    settings = read('[server]\nport = 9000\ntrusted_proxies = ["10.0.0.0/8", "::1"]\n', tmp_path)
    assert (settings.server.port, settings.server.host) == (9000, "127.0.0.1")
    assert [str(network) for network in settings.server.proxy_networks] == ["10.0.0.0/8", "::1/128"]


def test_the_environment_wins_over_the_file(tmp_path: Path) -> None:
    environment = {"INBOX_SERVER__PORT": "9001", "INBOX_SECRETS__KEYS": f"{KEY}, {make_key('k0')}", "INBOX_SKIP_WEB": "1"}
    settings = read("[server]\nport = 9000\n", tmp_path, **environment)
    assert settings.server.port == 9001
    assert [key.partition(":")[0] for key in settings.secrets.keys] == ["k1", "k0"]


def test_secrets_come_from_variables_and_files(tmp_path: Path) -> None:
    (tmp_path / "uri").write_text("mongodb://u:p@db/?replicaSet=rs\n")
    (tmp_path / "password").write_text("hunter2\n")
    channel = '[[channels]]\nid = "s"\nconnector = "email"\nname = "S"\nsettings = {password = "${file:%s}"}\n' % (tmp_path / "password")
    toml = f'[secrets]\nkeys = ["${{K1}}"]\n{channel}'
    settings = read(toml, tmp_path, K1=KEY, INBOX_MONGODB__URI_FILE=str(tmp_path / "uri"))
    assert settings.secrets.keys == (KEY,)
    assert settings.mongodb.uri == "mongodb://u:p@db/?replicaSet=rs"
    assert settings.channels[0].settings == {"password": "hunter2"}


def test_settings_in_a_log_show_no_secret(tmp_path: Path) -> None:
    toml = f'[mongodb]\nuri = "mongodb://u:hunter2@db/"\n[secrets]\nkeys = ["{KEY}"]\n'
    settings = read(toml, tmp_path)
    assert "hunter2" not in repr(settings) + repr(settings.mongodb)
    assert KEY not in repr(settings) + repr(settings.secrets)


@pytest.mark.parametrize(
    ("toml", "said"),
    [
        ("[server]\nprot = 1\n", "server.prot is not a setting; did you mean port? allowed here are host, port,"),
        ("[sever]\nport = 1\n", "sever is not a setting; did you mean server?"),
        ('[server]\nport = "abc"\n', 'server.port must be a whole number from 1 to 65535, for example 8080; it is the text "abc"'),
        ("[server]\nport = 70000\n", "server.port must be a whole number from 1 to 65535, for example 8080; it is the number 70000"),
        ('[server]\npublic_url = "inbox.example"\n', "server.public_url must be an address in quotes that begins with http"),
        ('[server]\ntrusted_proxies = ["everyone"]\n', "server.trusted_proxies: 'everyone'"),
        ('[log]\nformat = "xml"\n', 'log.format must be one of "console", "json"; it is the text "xml"'),
        ('[mongodb]\nuri = "postgres://db"\n', 'mongodb.uri must be an address in quotes such as "mongodb://'),
        ("server = 1\n", "server must be a section with settings such as host, port, public_url; it is the number 1"),
        ('[[channels]]\nid = "a"\nname = "A"\n', "channels[0].connector is missing; it must be a name in quotes"),
        (
            '[[channels]]\nid = "a"\nconnector = "x"\nname = "A"\ncolour = "red"\n',
            "channels[0].colour is not a setting; allowed here are id,",
        ),
        ('[[channels]]\nid = "a b"\nconnector = "x"\nname = "A"\n', "channels[0].id must be a name in quotes of small letters"),
        (2 * '[[channels]]\nid = "a"\nconnector = "x"\nname = "A"\n', "channels: the id 'a' is used twice"),
        ('[secrets]\nkeys = ["${NOT_THERE}"]\n', "secrets.keys[0]: the environment variable NOT_THERE is not set; set it"),
        ('[mongodb]\nuri = "${file:/nowhere/at/all}"\n', "mongodb.uri: /nowhere/at/all cannot be read; check that the file exists"),
        ("[server\n", "is not TOML"),
    ],
)
def test_a_mistake_is_named_with_what_is_allowed(tmp_path: Path, toml: str, said: str) -> None:
    error = refused(toml, tmp_path)
    assert said in str(error)
    assert "config/inbox.example.toml" in error.remedy
    assert "\n" not in str(error).strip() + error.remedy


def test_all_mistakes_are_told_in_one_go_one_line_each(tmp_path: Path) -> None:
    toml = '[server]\nprot = 1\nport = "abc"\ntrusted_proxies = ["everyone"]\n[sever]\n[log]\nlevel = 3\n[data]\ndir = "${NOT_THERE}"\n'
    error = refused(toml, tmp_path, INBOX_SLA__WARN_SHARE="many", INBOX_MAIL__CHANEL="x")
    first, *lines = str(error).splitlines()
    assert first == "8 settings are wrong:"
    keys = [
        "data.dir:",
        "INBOX_SLA__WARN_SHARE ",
        "INBOX_MAIL__CHANEL ",
        "sever ",
        "server.prot ",
        "server.port ",
        "server.trusted_proxies:",
    ]
    assert [line for key in [*keys, "log.level "] for line in lines if line.startswith(f"  - {key}")] == lines


def test_a_value_of_the_environment_stands_where_the_files_was_wrong(tmp_path: Path) -> None:
    assert read('[server]\nport = "abc"\n', tmp_path, INBOX_SERVER__PORT="9001").server.port == 9001


@pytest.mark.parametrize(
    ("variable", "text", "message"),
    [
        ("INBOX_SERVER__PROT", "1", "INBOX_SERVER__PORT"),
        ("INBOX_SEVER__PORT", "1", "INBOX_SERVER__"),
        ("INBOX_SERVER__PORT", "many", "INBOX_SERVER__PORT"),
        ("INBOX_CHANNELS__ID", "x", "INBOX_CHANNELS__ID"),
        ("INBOX_MONGODB__URI_FILE", "/nowhere/at/all", "INBOX_MONGODB__URI_FILE"),
    ],
)
def test_a_mistake_in_the_environment_is_named_too(tmp_path: Path, variable: str, text: str, message: str) -> None:
    error = refused("", tmp_path, **{variable: text})
    assert message in f"{error} {error.remedy}"


def test_a_key_that_is_none_is_refused_without_being_shown(tmp_path: Path) -> None:
    error = refused('[secrets]\nkeys = ["k1:hunter2"]\n', tmp_path)
    assert "secrets.keys[0]" in str(error)
    assert "hunter2" not in f"{error} {error.remedy}"
    assert "hunter2" not in str(refused('[secrets]\nkeys = "k1:hunter2"\n', tmp_path))
    assert "hunter2" not in str(refused('[mongodb]\nuri = "mongo://u:hunter2@db"\n', tmp_path))


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(CannotStart, match="cannot be read"):
        load(tmp_path / "nowhere.toml", {})
