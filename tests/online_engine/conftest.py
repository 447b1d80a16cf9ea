"""HyperStreams with a database of their own and tools for tests, and engines as processes."""

from __future__ import annotations

import json
import threading
from contextvars import copy_context

import pytest

from hyperstream.hyperstream import HyperStream
from hyperstream.online_engine import OnlineEngine
from tests.online_engine.parts import PLUGIN, WANTED, EngineProcess, settings


@pytest.fixture
def configure(tmp_path, mongo_config):
    """Give a function that writes a configuration, with other settings of the engine."""

    def write(mongo=mongo_config, **engine):
        plugin = {"channel_id_prefix": "seconds", "path": str(PLUGIN), "has_tools": True}
        quick = {"interval": WANTED, "sleep": 0.2, "iterations": None}
        config = {"mongo": mongo, "plugins": [plugin], "online_engine": quick | engine}
        path = tmp_path / "hyperstream_config.json"
        path.write_text(json.dumps(config))
        return path

    return write


@pytest.fixture
def hs(configure, tmp_path, monkeypatch):
    """Give a HyperStream."""
    monkeypatch.chdir(tmp_path)
    yield HyperStream(file_logger=False, console_logger=False, config_filename=configure())
    HyperStream.reset()


@pytest.fixture
def in_thread(hs):
    """Give a function that lets an engine run in a thread, until the test is over."""
    running = []

    def run(**changed):
        engine = OnlineEngine(hs, config=settings(**{"iterations": None, **changed}))
        thread = threading.Thread(target=copy_context().run, args=(engine.execute,))
        thread.start()
        running.append((engine, thread))
        return engine

    yield run
    for engine, thread in running:
        engine.stop()
        thread.join()


@pytest.fixture
def start(configure, tmp_path):
    """Give a function that starts an engine as a process."""
    processes = []

    def run(*options, config=None):
        log = tmp_path / f"engine_{len(processes)}.log"
        processes.append(EngineProcess(log, ["--config", str(config or configure()), *options]))
        return processes[-1]

    yield run
    for process in processes:
        process.kill()
