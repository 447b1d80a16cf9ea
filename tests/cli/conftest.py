"""Configurations, and the commands on them."""

from __future__ import annotations

import json
import logging
import sys
from contextlib import contextmanager
from datetime import timedelta

import pytest

from hyperstream import HyperStream, StreamId, TimeInterval, TimeIntervals
from hyperstream._time import use_clock
from hyperstream.cli import main
from tests.cli.parts import DAY, NOW, THERE, Command, square_of_minute


@pytest.fixture
def home(tmp_path, monkeypatch):
    """Give a folder with a configuration and a plugin, on the last day of February 2020."""
    monkeypatch.setattr(sys, "path", [*sys.path])
    for name in ("tools/folder", "tools/there", "tools/misnamed", "tests"):
        (tmp_path / "mine" / name).mkdir(parents=True)
    (tmp_path / "mine/tools/there/2019-01-01_v1.2.3.py").write_text(THERE)
    (tmp_path / "mine/tools/misnamed/2019-02-30_v1.2.3.py").write_text("")
    (tmp_path / "mine/tests/test_tested.py").write_text("")
    plugins = [
        {"channel_id_prefix": "mine", "path": "mine", "has_tools": True},
        {"channel_id_prefix": "toolless", "path": "mine"},
    ]
    (tmp_path / "config.json").write_text(json.dumps({"plugins": plugins}))
    with use_clock(NOW):
        yield tmp_path
    HyperStream.reset()


@pytest.fixture
def tools(home, capsys):
    """Run a command on tools; give the exit code and what was said."""

    def run(*words):
        code = main(["--config", str(home / "config.json"), "tools", *map(str, words)])
        said = capsys.readouterr()
        return code, said.out, said.err

    return run


@pytest.fixture
def config(tmp_path, mongo_config):
    """Give a configuration with an empty database."""
    path = tmp_path / "config.json"
    path.write_text(json.dumps({"mongo": mongo_config}))
    return path


@pytest.fixture
def command(config, capsys):
    """Give what runs commands on that."""
    return Command(config, capsys)


@pytest.fixture
def fill(config):
    """Give a function that opens the database, to put something into it."""

    @contextmanager
    def opened():
        hs = HyperStream(config_filename=config, file_logger=False, loglevel=logging.ERROR)
        try:
            yield hs
        finally:
            HyperStream.reset()

    return opened


@pytest.fixture
def hall(fill):
    """Give the address of a stream with some values, of which a part is calculated."""
    with fill() as hs:
        mongo = hs.channel_manager.mongo
        stream = mongo.get_or_create_stream(StreamId("temperature", {"house": 1, "room": "hall"}))
        stream.writer([(DAY + timedelta(hours=hour), 20.5 + hour) for hour in range(1, 6)])
        stream.calculated_intervals = TimeIntervals([TimeInterval(DAY, DAY + timedelta(hours=3))])
    return "mongo:temperature[house=1, room=hall]"


@pytest.fixture
def squares(fill):
    """Give the id of a workflow that is stored: ticks of a minute, and their squares."""
    with fill() as hs, hs.create_workflow("squares", "Squares", "ann", "Of minutes") as workflow:
        ticks = workflow.create_node("ticks", "mongo")
        minutes = workflow.create_node("minutes", "mongo")
        first = hs.tools.clock(first=DAY, stride=60)
        workflow.create_factor(first, None, ticks)
        workflow.create_factor(hs.tools.apply(func=square_of_minute), [ticks], minutes)
        hs.workflow_manager.commit_workflow("squares")
    return "squares"
