"""What Prometheus is told."""

from __future__ import annotations

import socket
import urllib.request

import pytest

from hyperstream._time import use_clock
from hyperstream.online_engine import OnlineEngine
from hyperstream.online_engine.metrics import served
from hyperstream.testing import FixedClock
from hyperstream.testing.times import at
from hyperstream.utils.errors import ConfigurationError
from tests.online_engine.parts import make_workflow, settings


def told(port):
    """Return what is told, as {name: value}."""
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics") as answer:
        lines = answer.read().decode().splitlines()
    pairs = (line.rpartition(" ") for line in lines if not line.startswith("#"))
    return {name: float(value) for name, _, value in pairs}


def test_each_workflow_is_told_of(hs, tmp_path):
    """Lag, durations, instances written, failures; and whether the database answers."""
    obstacle = tmp_path / "obstacle"
    make_workflow(hs, obstacle=str(obstacle))
    engine = OnlineEngine(hs, config=settings())
    clock = FixedClock(at(1000))
    with served(engine, 0) as port, use_clock(clock):
        assert told(port) == {"hyperstream_engine_database_up": 1}
        engine.execute()
        obstacle.touch()
        clock.advance(100)
        worker = engine.workers["count"]
        worker._run()
        found = told(port)
    by = '{workflow="count"}'
    names = (
        "iteration_seconds_count",
        "instances_written_total",
        "failures_total",
        "failures_in_a_row",
        "late",
    )
    assert [found[f"hyperstream_workflow_{name}{by}"] for name in names] == [1, 8, 1, 1, 0]
    assert found[f"hyperstream_workflow_last_iteration_seconds{by}"] == worker.duration
    assert found[f"hyperstream_workflow_iteration_seconds_sum{by}"] == worker.seconds


def test_lag_grows_while_nothing_happens(hs):
    """It is counted when it is asked for, by the clock in force where the engine was served."""
    make_workflow(hs)
    engine = OnlineEngine(hs, config=settings())
    engine.execute()
    with served(engine, 0) as port:
        lags = [told(port)['hyperstream_workflow_lag_seconds{workflow="count"}'] for _ in range(2)]
    assert 0 <= lags[0] <= lags[1]


def test_a_port_that_is_taken_is_an_error(hs):
    """It is said with the name of the option."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with (
            pytest.raises(ConfigurationError, match=f"--metrics-port: 127.0.0.1:{port} cannot be"),
            served(OnlineEngine(hs), port),
        ):
            pass


def test_it_is_over_with_the_engine(hs):
    """The port is free again."""
    with served(OnlineEngine(hs), 0) as port:
        pass
    with socket.socket() as free:
        assert free.connect_ex(("127.0.0.1", port)) != 0
