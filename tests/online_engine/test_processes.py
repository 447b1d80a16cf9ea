"""Engines as processes of their own: signalled, killed, paused, and without their database."""

from __future__ import annotations

import random
import signal
import subprocess
import sys
import time
from datetime import timedelta

import pytest

from hyperstream.embedded import ensure_server, server_status, stop_server
from hyperstream.hyperstream import HyperStream
from hyperstream.models import EngineStatusModel, TimeIntervalModel
from hyperstream.online_engine import engine_status
from hyperstream.time_interval import TimeInterval, TimeIntervals
from hyperstream.utils import utcnow
from tests.online_engine.parts import (
    assert_complete,
    assert_once,
    leaf,
    make_workflow,
    wait_for,
)

pytestmark = pytest.mark.slow

SCRIPT = """
import sys
from hyperstream import HyperStream
from hyperstream.online_engine import OnlineEngine

OnlineEngine(HyperStream(file_logger=False, config_filename=sys.argv[1])).execute()
print("done")
"""


def raw(hs):
    """Return the stream that a workflow begins with."""
    return hs.channel_manager.mongo.get_or_create_stream("count_raw")


def completed(hs):
    """Return where a workflow is complete."""
    [found] = engine_status(hs)
    return found.interval


def assert_nothing_is_claimed(stream, begin):
    """Anybody may go on with a stream at once, and has nothing to clear."""
    wanted = TimeIntervals([TimeInterval(begin, utcnow())])
    [grant] = stream.channel.ledger.claim({stream.address: wanted}, "me").values()
    stream.channel.ledger.release([stream.address], "me")
    assert grant.granted == wanted - stream.calculated_intervals
    assert grant.leftovers.is_empty
    assert grant.busy.is_empty


def behind(hs, seconds):
    """Let a workflow be so many seconds behind."""
    end = utcnow() - timedelta(seconds=seconds)

    def change(status):
        interval = TimeIntervalModel(start=end - timedelta(seconds=1), end=end)
        status.engine = EngineStatusModel(interval=interval)
        return True

    hs.plate_manager.catalogue.change_status("count", change)
    return end


def in_work(hs):
    """Tell whether something is being computed."""
    return hs.client.db.stream_definitions.find_one({"claims.0": {"$exists": True}})


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_it_cleanly(hs, start, configure, tmp_path, number):
    """Nothing half done is left, it exits with 0, and the next one goes on from there."""
    make_workflow(hs, pause=0.05, log=str(tmp_path / "log"))
    begin = behind(hs, 150)
    config = configure(max_catch_up=10)
    process = start(config=config)
    wait_for(lambda: completed(hs).end > begin)
    time.sleep(random.uniform(0, 1))  # noqa: S311 - not a secret
    assert process.end(number) == 0
    assert f"Online engine stopped: {number.name}" in process.said
    assert "Traceback" not in process.said
    [state] = engine_status(hs)
    assert state.engine is None
    assert state.lag > 10
    assert_nothing_is_claimed(raw(hs), begin)
    assert_nothing_is_claimed(leaf(hs), begin)
    assert start("--once", config=config).wait() == 0
    assert assert_complete(hs).start == begin
    assert_once(tmp_path / "log")


def test_a_call_that_takes_long_is_interrupted_between_batches(hs, start):
    """What it has written is removed."""
    make_workflow(hs, pause=0.2)
    begin = behind(hs, 600)
    process = start()
    wait_for(lambda: in_work(hs))
    assert process.end() == 0
    assert "a request was stopped: SIGTERM" in process.said
    assert completed(hs).end == begin
    assert_nothing_is_claimed(raw(hs), begin)
    # A window would compute it.
    assert len(raw(hs).channel.head(raw(hs), TimeInterval(begin, utcnow()), 1)) == 0


def test_a_call_that_hangs_is_left(hs, start):
    """The engine ends all the same."""
    make_workflow(hs, pause=1, quiet=True)
    behind(hs, 600)
    process = start()
    wait_for(lambda: in_work(hs))
    assert process.end() == 0
    assert "Workflow count does not end, and is left" in process.said


@pytest.mark.parametrize(("number", "code"), [(signal.SIGTERM, -15), (signal.SIGINT, 130)])
def test_a_second_signal_ends_it_at_once(hs, start, number, code):
    """Whatever it is doing; the exit code tells."""
    make_workflow(hs, pause=1, quiet=True)
    behind(hs, 600)
    process = start()
    wait_for(lambda: in_work(hs))
    process.signal(number)
    time.sleep(0.5)
    assert process.end(number) == code


def test_a_script_of_ones_own_is_ended_as_well(hs, configure, tmp_path):
    """`execute` returns, and the script goes on to its end."""
    make_workflow(hs)
    command = [sys.executable, "-c", SCRIPT, str(configure())]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=tmp_path) as process:
        wait_for(lambda: completed(hs))
        process.terminate()
        assert process.communicate(timeout=60)[0] == "done\n"
    assert process.returncode == 0


def test_kills_lose_nothing(hs, start, configure, tmp_path):
    """However often it is killed, the next one goes on: nothing is left out, nor twice."""
    make_workflow(hs, pause=0.005, log=str(tmp_path / "log"))
    begin = behind(hs, 2000)
    config = configure(max_catch_up=60)
    for _ in range(4):
        before = completed(hs)
        process = start(config=config)
        wait_for(lambda before=before: completed(hs) != before)
        time.sleep(random.uniform(0, 0.5))  # noqa: S311 - not a secret
        process.kill()
    assert start("--once", config=config).wait() == 0
    found = assert_complete(hs)
    assert found.start == begin
    assert found.end == completed(hs).end


def test_another_engine_takes_over_from_one_that_was_killed(hs, start, configure):
    """On the same machine that is known at once."""
    make_workflow(hs)
    config = configure(lease=3)
    one = start(config=config)
    wait_for(lambda: completed(hs))
    other = start(config=config)
    wait_for(lambda: "standing by" in other.said)
    one.kill()
    before = completed(hs).end
    wait_for(lambda: completed(hs).end > before)
    assert engine_status(hs)[0].engine.startswith(f"process {other.pid} ")
    assert other.end() == 0
    assert f"is taken over from the engine of process {one.pid} " in other.said
    assert_complete(hs)


def test_another_engine_takes_over_from_one_that_hangs(hs, start, configure):
    """As if its machine were away; when that is back, it finds its lease gone."""
    make_workflow(hs)
    config = configure(lease=2)
    one = start(config=config)
    wait_for(lambda: completed(hs))
    other = start(config=config)
    wait_for(lambda: "standing by" in other.said)
    one.signal(signal.SIGSTOP)
    wait_for(lambda: str(other.pid) in (engine_status(hs)[0].engine or ""))
    before = completed(hs).end
    # What the other one was computing, if anything, is claimed for a minute.
    wait_for(lambda: completed(hs).end > before, seconds=120)
    one.signal(signal.SIGCONT)
    wait_for(lambda: "this engine leaves it" in one.said)
    assert str(other.pid) in engine_status(hs)[0].engine
    assert [one.end(), other.end()] == [0, 0]
    assert "this engine leaves it" not in other.said
    assert_complete(hs)


class Server:
    """A database server of its own, that nobody starts again but the test."""

    def __init__(self, path):
        self.path = path
        self.start()

    def start(self):
        """Start it, at the same port as before."""
        ensure_server(self.path, lambda _: True, idle_seconds=600)

    def stop(self):
        """End it."""
        stop_server(self.path)

    @property
    def config(self):
        """The section `mongo` for it."""
        found = server_status(self.path)
        names = ("host", "port", "username", "password")
        return {**{name: getattr(found, name) for name in names}, "connect_seconds": 1}


@pytest.fixture
def server(tmp_path):
    """Give a server."""
    found = Server(tmp_path / "database")
    yield found
    found.stop()


@pytest.fixture
def away(server, configure, tmp_path, monkeypatch):
    """Give a HyperStream on that server, and the configuration of it."""
    monkeypatch.chdir(tmp_path)
    path = configure(mongo=server.config, lease=6)
    yield HyperStream(file_logger=False, console_logger=False, config_filename=path), path
    HyperStream.reset()


def test_a_database_that_is_away_is_waited_for(server, away, start, tmp_path):
    """It says so once, goes on when the database is back, and no interval is lost."""
    hs, config = away
    make_workflow(hs, log=str(tmp_path / "log"))
    process = start(config=config)
    wait_for(lambda: completed(hs))
    server.stop()
    wait_for(lambda: "does not answer; waiting for it" in process.said)
    time.sleep(3)
    server.start()
    back = utcnow()
    wait_for(lambda: completed(hs).end > back)
    assert process.end() == 0
    assert process.said.count("does not answer; waiting for it") == 1
    assert process.said.count("answers again, after") == 1
    assert "ERROR" not in process.said
    assert_complete(hs)
    assert_once(tmp_path / "log")


def test_it_is_ended_while_its_database_is_away(server, away, start):
    """Within seconds, and with exit code 0."""
    hs, config = away
    make_workflow(hs)
    process = start(config=config)
    wait_for(lambda: completed(hs))
    server.stop()
    wait_for(lambda: "does not answer; waiting for it" in process.said)
    assert process.end() == 0
    assert "could not be given back" in process.said
    server.start()
    assert start("--once", config=config).wait() == 0
    assert_complete(hs)
