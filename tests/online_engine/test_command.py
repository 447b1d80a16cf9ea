"""``python -m hyperstream.online_engine``, in this process."""

from __future__ import annotations

import json
import logging
import urllib.request
from pathlib import Path

import pytest

from hyperstream.hyperstream import HyperStream
from hyperstream.online_engine import command
from hyperstream.online_engine.engine import OnlineEngine
from hyperstream.utils.errors import HyperStreamError
from tests.online_engine.parts import assert_complete, make_workflow


@pytest.fixture
def path(configure, tmp_path, monkeypatch):
    """Give a configuration, with a workflow in its database, and no HyperStream in this process."""
    monkeypatch.chdir(tmp_path)
    return str(configure())


def prepare(path, **parameters):
    """Commit a workflow as another process would."""
    hs = HyperStream(file_logger=False, console_logger=False, config_filename=path)
    make_workflow(hs, **parameters)
    HyperStream.reset()


def test_once(path, tmp_path, capsys):
    """One iteration computes what there is; the log goes to standard error only."""
    prepare(path)
    assert command.main(["--config", path, "--once"]) == 0
    said = capsys.readouterr()
    assert "Workflow count: (" in said.err
    assert said.out == ""
    assert not (tmp_path / "logs").exists()
    hs = HyperStream(file_logger=False, console_logger=False, config_filename=path)
    try:
        assert_complete(hs)
        assert hs.sessions == []
    finally:
        HyperStream.reset()


def test_once_tells_a_failure_by_its_exit_code(path, tmp_path, capsys):
    """So that cron mails it."""
    (tmp_path / "obstacle").touch()
    prepare(path, obstacle=str(tmp_path / "obstacle"))
    assert command.main(["--config", path, "--once"]) == 1
    assert "there is an obstacle" in capsys.readouterr().err
    assert command.main(["--config", path, "--iterations", "2"]) == 0


def test_a_workflow_that_is_not_there_is_an_error(path, capsys):
    """It is one line, without a traceback."""
    prepare(path)
    assert command.main(["--config", path, "--workflow", "cuont"]) == 1
    assert "hyperstream: There is no workflow 'cuont': did you mean count?" in (
        capsys.readouterr().err
    )


def test_a_configuration_that_is_not_there_is_an_error(capsys):
    """As for every command."""
    assert command.main(["--config", "/nowhere/config.json"]) == 1
    assert capsys.readouterr().err == (
        "hyperstream: /nowhere/config.json: cannot be read: No such file or directory\n"
    )


def test_debug_shows_where_it_failed(path, tmp_path, capsys):
    """With the traceback, and everything in the log."""
    (tmp_path / "obstacle").touch()
    prepare(path, obstacle=str(tmp_path / "obstacle"))
    assert command.main(["--config", path, "--debug"]) == 1
    said = capsys.readouterr().err
    assert "Traceback" in said
    assert "RuntimeError: there is an obstacle" in said
    assert logging.getLogger("hyperstream").level == logging.NOTSET


def test_history_is_kept_on_demand(path):
    """A session is open while the engine runs."""
    prepare(path)
    assert command.main(["--config", path, "--once", "--history"]) == 0
    hs = HyperStream(file_logger=False, console_logger=False, config_filename=path)
    try:
        [session] = hs.sessions
        assert {each.tool for each in session.history} == {"count_seconds"}
        assert not session.active
    finally:
        HyperStream.reset()


def test_metrics_are_served_while_it_runs(path, monkeypatch, capsys):
    """At the port that is asked for, on this machine only."""
    seen = []

    def execute(engine, debug):
        address = capsys.readouterr().err.partition("Metrics are at ")[2].strip()
        with urllib.request.urlopen(address) as answer:  # noqa: S310 - ours
            seen.append((address, answer.read()))

    monkeypatch.setattr(OnlineEngine, "execute", execute)
    assert command.main(["--config", path, "--metrics-port", "0"]) == 0
    [(address, answer)] = seen
    assert address.startswith("http://127.0.0.1:")
    assert b"hyperstream_engine_database_up 1.0" in answer


def test_metrics_need_an_extra(path, monkeypatch, capsys):
    """Without it, the error says how to install it."""

    def missing(name):
        raise ModuleNotFoundError(name)

    monkeypatch.setattr(command, "import_module", missing)
    assert command.main(["--config", path, "--metrics-port", "0"]) == 1
    assert "pip install 'hyperstream[metrics]'" in capsys.readouterr().err


def receiving(path, tmp_path):
    """Add a plugin with a channel that writes down when it receives to a configuration."""
    channels = tmp_path / "post" / "channels"
    channels.mkdir(parents=True)
    (channels / "post_box.py").write_text(
        """
from pathlib import Path
from hyperstream.channels import DatabaseChannel

class PostBox(DatabaseChannel):
    def start(self):
        Path("said").write_text("started")

    def stop(self, seconds):
        Path("said").write_text(f"stopped within {seconds} s")
"""
    )
    config = json.loads(Path(path).read_text())
    plugin = {"channel_id_prefix": "post", "path": "post", "channel_names": ["post_box"]}
    config["plugins"].append(plugin)
    Path(path).write_text(json.dumps(config))


def test_channels_receive_while_it_runs(path, tmp_path, monkeypatch):
    """From before the first iteration until after the last, also if that fails."""
    receiving(path, tmp_path)

    def execute(engine, debug):
        assert (tmp_path / "said").read_text() == "started"
        raise HyperStreamError("out of order")

    monkeypatch.setattr(OnlineEngine, "execute", execute)
    assert command.main(["--config", path, "--receive", "post"]) == 1
    assert (tmp_path / "said").read_text() == "stopped within 3.0 s"


@pytest.mark.parametrize(
    ("channel", "message"),
    [("mongo", "Channel 'mongo' receives nothing"), ("pots", "There is no channel 'pots'")],
)
def test_a_channel_that_cannot_receive_is_an_error(path, tmp_path, capsys, channel, message):
    """Before anything is received."""
    receiving(path, tmp_path)
    assert command.main(["--config", path, "--receive", "post", channel]) == 1
    assert message in capsys.readouterr().err
    assert not (tmp_path / "said").exists()


def test_a_second_ctrl_c_ends_at_once(path, monkeypatch):
    """Without waiting for anything."""

    def interrupt(engine, debug):
        raise KeyboardInterrupt

    class LeftError(Exception):
        """Stands for the end of the process."""

    def leave(code):
        raise LeftError(code)

    monkeypatch.setattr(OnlineEngine, "execute", interrupt)
    monkeypatch.setattr("hyperstream.online_engine.command.os._exit", leave)
    with pytest.raises(LeftError, match="130"):
        command.main(["--config", path])


@pytest.mark.parametrize(
    ("options", "iterations"),
    [([], None), (["--iterations", "7"], 7), (["--iterations", "0"], None), (["--once"], 1)],
)
def test_the_number_of_iterations(path, monkeypatch, options, iterations):
    """The option wins over the configuration; 0 is no end."""
    seen = []
    monkeypatch.setattr(
        OnlineEngine, "execute", lambda engine, debug: seen.append(engine.config.iterations)
    )
    assert command.main(["--config", path, *options]) == 0
    assert seen == [iterations]


@pytest.mark.parametrize(
    "options", [["--iterations", "-1"], ["--iterations", "x"], ["--once", "--iterations", "2"]]
)
def test_wrong_options_are_refused(options, capsys):
    """With the usage, and exit code 2."""
    with pytest.raises(SystemExit) as info:
        command.main(options)
    assert info.value.code == 2
    assert "usage: python -m hyperstream.online_engine" in capsys.readouterr().err


def test_workflows_can_be_named_in_two_ways(path, monkeypatch):
    """After one option, or after one each."""
    seen = []
    monkeypatch.setattr(
        OnlineEngine, "execute", lambda engine, debug: seen.append(engine._workflow_ids)
    )
    command.main(["--config", path, "--workflow", "a", "b", "--workflow", "c"])
    assert seen == [["a", "b", "c"]]
