"""The configuration file and everything that can be wrong in it."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path

import pytest

from hyperstream.config import HyperStreamConfig, OnlineEngineConfig
from hyperstream.time_interval import RelativeTimeInterval
from hyperstream.utils.errors import ConfigurationError, PluginError

COMPLETE = {
    "mongo": {"host": "db.example", "port": 27018, "tz_aware": True, "db": "hs"},
    "history_channel": "memory",
    "output_path": "out",
    "plugins": [
        {
            "channel_id_prefix": "example",
            "channel_names": ["sea_ice"],
            "path": "plugins/example",
            "has_tools": True,
            "has_assets": False,
        }
    ],
    "online_engine": {
        "interval": {"start": -120, "end": -20},
        "sleep": 2.5,
        "iterations": 7,
        "alarm": 30,
        "max_catch_up": 600,
        "lease": 12.5,
    },
    "keys": "secret/keys.json",
}

# What stands in the file, and what the error says after the name of the file.
WRONG = [
    ({"mongoo": {}}, 'mongoo: unknown key; did you mean "mongo"?'),
    (
        {"x": 1},
        (
            'x: unknown key; known are "mongo", "history_channel", "output_path", "plugins", '
            '"online_engine", "keys"'
        ),
    ),
    ({"mongo": {"prot": 27017}}, 'mongo.prot: unknown key; did you mean "port"?'),
    ({"mongo": []}, "mongo: must be an object, not a list"),
    ({"mongo": None}, "mongo: must be an object, not null"),
    ({"mongo": {"host": ""}}, "mongo.host: must be text, not empty text"),
    ({"mongo": {"port": "27017"}}, "mongo.port: must be a whole number from 1 to 65535, not text"),
    ({"mongo": {"port": 0}}, "mongo.port: must be a whole number from 1 to 65535, not 0"),
    ({"mongo": {"port": 65536}}, "mongo.port: must be a whole number from 1 to 65535, not 65536"),
    ({"mongo": {"port": 1.5}}, "mongo.port: must be a whole number from 1 to 65535, not 1.5"),
    ({"mongo": {"port": True}}, "mongo.port: must be a whole number from 1 to 65535, not true"),
    ({"mongo": {"tz_aware": 1}}, "mongo.tz_aware: must be true or false, not a number"),
    ({"mongo": {"password": 12345}}, "mongo.password: must be text, not a number"),
    ({"mongo": {"upgrade": "no"}}, "mongo.upgrade: must be true or false, not text"),
    (
        {"mongo": {"retry_seconds": 0}},
        "mongo.retry_seconds: must be a number of seconds above 0, not 0",
    ),
    (
        {"mongo": {"host": "localhost", "path": "data"}},
        "mongo.path: is for the embedded server only; remove it",
    ),
    (
        {"mongo": {"embedded": True, "host": "localhost"}},
        'mongo.host: is not for the embedded server; remove it, or "embedded"',
    ),
    ({"history_channel": {}}, "history_channel: must be text, not an object"),
    ({"output_path": False}, "output_path: must be text, not false"),
    ({"keys": 1}, "keys: must be text, not a number"),
    ({"plugins": {}}, "plugins: must be a list, not an object"),
    ({"plugins": ["plugins/example"]}, "plugins[0]: must be an object, not text"),
    ({"plugins": [{"path": "plugins/example"}]}, "plugins[0].channel_id_prefix: missing"),
    ({"plugins": [{"channel_id_prefix": "example"}]}, "plugins[0].path: missing"),
    (
        {"plugins": [{"channel_id_prefix": "a", "path": "b", "has_tool": True}]},
        'plugins[0].has_tool: unknown key; did you mean "has_tools"?',
    ),
    (
        {"plugins": [{"channel_id_prefix": "a", "path": "b", "channel_names": ["c", 1]}]},
        "plugins[0].channel_names: must be a list of texts, not a list",
    ),
    ({"online_engine": 5}, "online_engine: must be an object, not a number"),
    (
        {"online_engine": {"slep": 5}},
        'online_engine.slep: unknown key; did you mean "sleep"?',
    ),
    (
        {"online_engine": {"sleep": -1}},
        "online_engine.sleep: must be a number of seconds, 0 or more, not -1",
    ),
    (
        {"online_engine": {"iterations": 0}},
        "online_engine.iterations: must be null or a whole number above 0, not 0",
    ),
    (
        {"online_engine": {"alarm": 0}},
        "online_engine.alarm: must be null or a number of seconds above 0, not 0",
    ),
    (
        {"online_engine": {"max_catch_up": 0}},
        "online_engine.max_catch_up: must be null or a number of seconds above 0, not 0",
    ),
    (
        {"online_engine": {"lease": None}},
        "online_engine.lease: must be a number of seconds above 0, not null",
    ),
    ({"online_engine": {"interval": {"start": -60}}}, "online_engine.interval.end: missing"),
    (
        {"online_engine": {"interval": {"start": "-60", "end": -10}}},
        "online_engine.interval.start: must be a number, not text",
    ),
    ([], "must be an object, not a list"),
]

# The text of the file, and what the error says after the name of the file.
UNREADABLE = [
    ("", "no valid JSON at line 1, column 1: Expecting value"),
    ('{"mongo": {"port": 1}', "no valid JSON at line 1, column 22: Expecting ',' delimiter"),
    (
        '{\n  "mongo": {\n    "port": 1,\n  "db": "x"\n}\n',
        "no valid JSON at line 6, column 1: Expecting ',' delimiter",
    ),
    (
        '{\n  "mongo": [}',
        "no valid JSON at line 2, column 13: Expecting value",
    ),
    ('{"keys": "a", "keys": "b"}', 'the key "keys" stands twice in one object'),
    (b'{"keys": "\xff"}', "is not text in UTF-8"),
]


@pytest.fixture
def folder(tmp_path, monkeypatch) -> Path:
    """Give a working directory with a plugin in it."""
    (tmp_path / "plugins" / "example").mkdir(parents=True)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "xdg"))
    return tmp_path


def write(folder: Path, data: object) -> None:
    """Write a configuration file."""
    (folder / "hyperstream_config.json").write_text(json.dumps(data))


def test_no_file_means_the_defaults(folder):
    """Without a file, the embedded database is used and there are no plugins."""
    config = HyperStreamConfig()
    assert config.mongo == {"embedded": True, "path": str(folder / "xdg" / "hyperstream")}
    assert config.history_channel == "mongo"
    assert config.output_path == str(folder / "output")
    assert config.plugins == []
    assert config.online_engine.interval == RelativeTimeInterval(-60, -10)
    assert config.online_engine.sleep == 5
    assert config.online_engine.iterations == 100
    assert config.online_engine.alarm is None
    assert config.online_engine.max_catch_up == 3600
    assert config.online_engine.lease == 30
    assert config.keys is None
    assert config.filename is None
    assert config.upgrade


def test_an_empty_object_means_the_defaults_beside_the_file(folder):
    """With a file, the embedded database lies beside it."""
    write(folder, {})
    config = HyperStreamConfig()
    assert config.mongo == {"embedded": True, "path": str(folder / ".hyperstream")}
    assert config.filename == str(folder / "hyperstream_config.json")


def test_every_key_is_read(folder):
    """The values of a complete file are those of the configuration."""
    write(folder, COMPLETE)
    config = HyperStreamConfig()
    assert config.mongo == {**COMPLETE["mongo"], "embedded": False}
    assert config.history_channel == "memory"
    assert config.output_path == str(folder / "out")
    (plugin,) = config.plugins
    assert plugin.channel_id_prefix == "example"
    assert list(plugin.channel_names) == ["sea_ice"]
    assert Path(plugin.path) == folder / "plugins" / "example"
    assert plugin.has_tools
    assert not plugin.has_assets
    assert config.online_engine.interval == RelativeTimeInterval(-120, -20)
    assert config.online_engine.sleep == 2.5
    assert config.online_engine.iterations == 7
    assert config.online_engine.alarm == 30
    assert config.online_engine.max_catch_up == 600
    assert config.online_engine.lease == 12.5
    assert config.keys == str(folder / "secret" / "keys.json")


def test_a_dict_is_as_good_as_a_file(folder):
    """The content of a file can be given as a dict."""
    config = HyperStreamConfig.from_dict(COMPLETE, folder=folder)
    assert config.mongo["host"] == "db.example"
    assert config.filename is None


@pytest.mark.parametrize(
    ("mongo", "embedded"),
    [
        ({}, True),
        ({"db": "hs"}, True),
        ({"path": "data"}, True),
        ({"embedded": True, "tz_aware": False}, True),
        ({"embedded": False}, False),
        ({"host": "localhost"}, False),
        ({"connection_string": "mongodb://localhost"}, False),
        ({"username": "u", "password": "p"}, False),
    ],
)
def test_the_embedded_server_is_for_who_names_no_other(folder, mongo, embedded):
    """The section decides by `embedded`; where it does not say, by naming a server or not."""
    config = HyperStreamConfig.from_dict({"mongo": mongo})
    assert config.mongo["embedded"] is embedded
    assert ("path" in config.mongo) is embedded


def test_paths_are_relative_to_the_file(folder, monkeypatch):
    """The working directory does not matter to the paths in a file that is named."""
    write(folder, {"mongo": {"embedded": True, "path": "data"}, "plugins": COMPLETE["plugins"]})
    elsewhere = folder / "elsewhere"
    elsewhere.mkdir()
    monkeypatch.chdir(elsewhere)
    config = HyperStreamConfig("../hyperstream_config.json")
    assert config.mongo["path"] == str(folder / "data")
    assert Path(config.plugins[0].path) == folder / "plugins" / "example"


def test_a_home_path_and_an_absolute_path_stay(folder, monkeypatch):
    """`~` is the home folder, and an absolute path is taken as it is."""
    monkeypatch.setenv("HOME", "/home/someone")
    config = HyperStreamConfig.from_dict({"keys": "~/keys", "output_path": "/srv/out"}, folder)
    assert config.keys == "/home/someone/keys"
    assert config.output_path == "/srv/out"


def test_a_relative_user_data_folder_is_ignored(folder, monkeypatch):
    """XDG_DATA_HOME counts only if it is absolute."""
    monkeypatch.setenv("XDG_DATA_HOME", "relative")
    monkeypatch.setenv("HOME", str(folder))
    expected = folder / ".local" / "share" / "hyperstream"
    assert HyperStreamConfig().mongo["path"] == str(expected)


def test_a_byte_order_mark_is_no_fault(folder):
    """A file that begins with a byte order mark is read."""
    (folder / "hyperstream_config.json").write_bytes(b'\xef\xbb\xbf{"keys": "k"}')
    assert HyperStreamConfig().keys == str(folder / "k")


def test_an_upgrade_can_be_refused(folder):
    """The key `upgrade` of the section `mongo` decides whether a database may be upgraded."""
    assert not HyperStreamConfig.from_dict({"mongo": {"upgrade": False}}).upgrade


@pytest.mark.parametrize(("data", "message"), WRONG)
def test_what_is_wrong_is_named(folder, data, message):
    """An error names the file, the path of the key, and what is wrong."""
    write(folder, data)
    with pytest.raises(ConfigurationError) as caught:
        HyperStreamConfig()
    assert str(caught.value) == f"hyperstream_config.json: {message}"


@pytest.mark.parametrize(("text", "message"), UNREADABLE)
def test_a_fault_in_the_text_is_located(folder, text, message):
    """An error in the JSON itself names the file, the line and the column."""
    path = folder / "hyperstream_config.json"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    with pytest.raises(ConfigurationError) as caught:
        HyperStreamConfig()
    assert str(caught.value) == f"hyperstream_config.json: {message}"


def test_a_plugin_folder_must_exist(folder):
    """A plugin whose folder is missing is an error that names the folder."""
    write(folder, {"plugins": [{"channel_id_prefix": "gone", "path": "plugins/gone"}]})
    with pytest.raises(PluginError) as caught:
        HyperStreamConfig()
    assert str(caught.value) == (
        f"hyperstream_config.json: plugins[0].path: there is no folder {folder}/plugins/gone"
    )


def test_two_plugins_cannot_share_a_prefix(folder):
    """A second plugin with the prefix of another is an error that names the prefix."""
    write(folder, {"plugins": COMPLETE["plugins"] * 2})
    with pytest.raises(PluginError) as caught:
        HyperStreamConfig()
    assert str(caught.value) == (
        "hyperstream_config.json: plugins[1].channel_id_prefix: "
        '"example" is the prefix of another plugin already'
    )


@pytest.mark.parametrize("interval", [{"start": -10, "end": -60}, {"start": -10, "end": 5}])
def test_the_interval_of_the_engine_lies_in_the_past(folder, interval):
    """An interval that ends before it begins, or in the future, is an error at its key."""
    write(folder, {"online_engine": {"interval": interval}})
    with pytest.raises(
        ConfigurationError, match=r"hyperstream_config\.json: online_engine\.interval: ."
    ):
        HyperStreamConfig()


def test_a_named_file_must_exist(folder):
    """Only the file with the default name may be missing."""
    with pytest.raises(ConfigurationError) as caught:
        HyperStreamConfig("other.json")
    assert str(caught.value) == "other.json: cannot be read: No such file or directory"


def test_a_folder_is_not_a_file(folder):
    """A folder of the name of the file is an error, not the defaults."""
    (folder / "hyperstream_config.json").mkdir()
    with pytest.raises(ConfigurationError, match=r"hyperstream_config\.json: cannot be read"):
        HyperStreamConfig()


def test_the_error_carries_the_key(folder):
    """The file and the key of an error are attributes of it."""
    write(folder, {"mongo": {"prot": 1}})
    with pytest.raises(ConfigurationError) as caught:
        HyperStreamConfig()
    assert caught.value.source == "hyperstream_config.json"
    assert caught.value.key == "mongo.prot"


def test_a_password_is_not_shown():
    """The representation of a configuration does not hold its password."""
    config = HyperStreamConfig.from_dict({"mongo": {"username": "u", "password": "hidden"}})
    assert "hidden" not in repr(config)


def test_the_engine_can_be_configured_by_hand():
    """The interval of the online engine is given in seconds, or as an interval."""
    by_seconds = OnlineEngineConfig({"start": -60, "end": -10}, sleep=1)
    assert by_seconds.interval.start == timedelta(seconds=-60)
    assert OnlineEngineConfig(RelativeTimeInterval(-60, -10)).interval == by_seconds.interval


def test_the_engine_can_run_without_end():
    """No number of iterations, no alarm and no bound of a step are each null."""
    section = dict.fromkeys(["iterations", "alarm", "max_catch_up"])
    engine = HyperStreamConfig.from_dict({"online_engine": section}).online_engine
    assert (engine.iterations, engine.alarm, engine.max_catch_up) == (None, None, None)
