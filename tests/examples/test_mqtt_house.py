"""The MQTT example, with a real broker and an engine as a process that is stopped and killed."""

from __future__ import annotations

import importlib.util
import json
import signal
import subprocess
import sys
from collections import defaultdict
from datetime import datetime, timedelta
from pathlib import Path
from statistics import fmean

import pytest

from hyperstream import UTC, TimeInterval, TimeIntervals
from hyperstream.config import HyperStreamConfig
from hyperstream.online_engine import engine_status
from hyperstream.utils import utcnow
from tests.mosquitto import eventually
from tests.online_engine.parts import EngineProcess

pytestmark = pytest.mark.slow

EXAMPLE = Path(__file__).resolve().parents[2] / "examples" / "mqtt_house"
SETTINGS = json.loads((EXAMPLE / "hyperstream_config.json").read_text())
MINUTE = timedelta(minutes=1)
ANN, BOB, EVE, TOM = ("1", "ann"), ("1", "bob"), ("2", "eve"), ("2", "tom")
LEVELS = {ANN: 21.0, BOB: 20.0, EVE: 28.0, TOM: 26.0}
COMPUTED = ("resident_mean", "house_mean", "alarm")


def module(name):
    """Give a module of the example, under a name by which no other process finds it."""
    specification = importlib.util.spec_from_file_location(f"own_{name}", EXAMPLE / f"{name}.py")
    made = importlib.util.module_from_spec(specification)
    specification.loader.exec_module(made)
    return made


example = module("workflow")


@pytest.fixture
def config(tmp_path, mongo_config, broker, monkeypatch):
    """Write the configuration of the example, with another database and broker, and quicker."""
    monkeypatch.setenv("MQTT_SERVER", "127.0.0.1")
    monkeypatch.setenv("MQTT_PORT", str(broker.port))
    [plugin] = SETTINGS["plugins"]
    changed = {
        "mongo": mongo_config,
        "plugins": [{**plugin, "path": str(EXAMPLE / "plugin")}],
        "online_engine": {**SETTINGS["online_engine"], "sleep": 0.2},
    }
    path = tmp_path / "config.json"
    path.write_text(json.dumps({**SETTINGS, **changed, "keys": "keys.json"}))
    return path


@pytest.fixture
def workflow(hs):
    """Define and store the workflow."""
    workflow = example.define(hs)
    hs.workflow_manager.commit_workflow(example.WORKFLOW)
    return workflow


@pytest.fixture
def start_engine(config, tmp_path):
    """Give a function that starts an engine, which receives too."""
    engines = []

    def run(*options):
        log = tmp_path / f"engine_{len(engines)}.log"
        arguments = ["--config", str(config), "--receive", "house", *options]
        engines.append(EngineProcess(log, arguments))
        return engines[-1]

    yield run
    for each in engines:
        each.kill()


@pytest.fixture
def houses(hs, broker, workflow):
    """Give what was published, to add to; the first minute of it was 20 minutes ago."""
    return Houses(hs, broker, workflow)


class Houses:
    """The sensors of both houses, and what plain Python makes of their readings."""

    def __init__(self, hs, broker, workflow):
        self.hs = hs
        self.broker = broker
        self.workflow = workflow
        self.begin = utcnow().replace(second=0, microsecond=0) - 20 * MINUTE
        self.end = self.begin
        self.readings = defaultdict(dict)

    def publish(self, *readings):
        """Publish readings: (resident, time, celsius)."""
        messages = []
        for (house, resident), moment, celsius in readings:
            self.readings[house, resident].setdefault(moment, celsius)
            payload = json.dumps({"celsius": celsius, "at": moment.isoformat()})
            messages.append((f"house/{house}/resident/{resident}/temp", payload))
        self.broker.publish(messages)

    def subscribed(self):
        """Wait until an engine has subscribed: from that moment on the broker keeps messages."""
        value = ("house", ANN[0]), ("resident", ANN[1])
        temp = self.workflow.nodes["temp"].streams[value]
        probe = (ANN, self.begin + timedelta(seconds=1), 20.5)
        eventually(lambda: self.publish(probe) or stored(temp, self.interval))

    def live(self, minutes):
        """Let all sensors publish every 7 seconds, for so many minutes of their time."""
        start, self.end = self.end, self.end + minutes * MINUTE
        seconds = range(7, int((self.end - start).total_seconds()) + 1, 7)
        self.publish(
            *(
                (who, start + timedelta(seconds=second), level + second // 60 + second % 9 / 10)
                for second in seconds
                for who, level in LEVELS.items()
            )
        )

    def expected(self):
        """Compute what is to come out, in plain Python."""
        minutes = defaultdict(lambda: defaultdict(list))
        for who, readings in self.readings.items():
            for moment in sorted(readings):
                # A minute does not include its start, and includes its end.
                number = -((self.begin - moment) // MINUTE)
                minutes[who][self.begin + number * MINUTE].append(readings[moment])
        means = {
            who: {time: fmean(values) for time, values in columns.items()}
            for who, columns in minutes.items()
        }
        of_house = {}
        for house in ("1", "2"):
            columns = [column for who, column in means.items() if who[0] == house]
            times = sorted(set().union(*columns))
            of_house[house,] = {
                time: fmean([column[time] for column in columns if time in column])
                for time in times
            }
        alarms = {
            house: {time: mean > 28 for time, mean in column.items()}
            for house, column in of_house.items()
        }
        return {"resident_mean": means, "house_mean": of_house, "alarm": alarms}

    def found(self):
        """Return what is stored, whether it is marked as calculated or not."""
        return {
            name: {
                tuple(data for _, data in value): stored(stream, self.interval)
                for value, stream in self.workflow.nodes[name].streams.items()
            }
            for name in COMPUTED
        }

    @property
    def interval(self):
        """From the first minute to now."""
        return TimeInterval(self.begin, utcnow())

    def settle(self):
        """Wait until the engine has computed what plain Python does."""
        try:
            eventually(lambda: self.found() == self.expected() and self.is_calculated(), 60)
        except AssertionError:
            assert self.found() == self.expected()
            raise

    def is_calculated(self):
        """Tell whether nothing of it is void: a value may stay the same when it is made anew."""
        done = TimeIntervals([TimeInterval(self.begin, self.end)])
        streams = [each for name in COMPUTED for each in self.workflow.nodes[name]]
        return all((done - stream.calculated_intervals).is_empty for stream in streams)

    def executions(self):
        """Count for each stream how often its minutes were computed to the end."""
        entries = [each for session in self.hs.sessions for each in session.history]
        ends = [self.begin + n * MINUTE for n in range(1, (self.end - self.begin) // MINUTE + 1)]
        return {
            (stream.stream_id.name, *dict(stream.stream_id.meta_data).values()): [
                sum(
                    each.outcome == "completed"
                    and stream.address in each.sinks
                    and each.interval.start < end <= each.interval.end
                    for each in entries
                )
                for end in ends
            ]
            for name in COMPUTED
            for stream in self.workflow.nodes[name].streams.values()
        }


def stored(stream, interval):
    """Return what a stream holds in the database."""
    found = {}
    for batch in stream.channel.batches(stream, interval, 1000):
        found |= zip(batch.timestamps.tolist(), batch.value_list(), strict=True)
    return {datetime.fromtimestamp(stamp / 1000, UTC): value for stamp, value in found.items()}


def added(before, after):
    """Return how much oftener minutes were computed, without streams and minutes of 0."""
    return {
        stream: {
            n: count - old
            for n, (old, count) in enumerate(zip(before[stream], counts, strict=False), 1)
            if count != old
        }
        for stream, counts in after.items()
        if counts[: len(before[stream])] != before[stream]
    }


def test_it_is_right_whatever_comes_late_or_twice_and_whoever_dies(
    hs, houses, start_engine, broker
):
    """The numbers are those of plain Python, nothing is left out, and nothing computed again."""
    engine = start_engine("--history")
    houses.subscribed()
    houses.live(8)
    houses.settle()
    assert engine.end() == 0
    assert {True, False} == set(houses.found()["alarm"]["2",].values())
    before = houses.executions()

    # A reading of the third minute that is late, and those of the first five once more, which is
    # nothing. The last one shows that all before it have been dealt with.
    engine = start_engine("--history")
    first = [(BOB, time, value) for time, value in houses.readings[BOB].items()][:42]
    last = (BOB, houses.end - timedelta(seconds=1), 25.0)
    late = (ANN, houses.begin + timedelta(minutes=2, seconds=33.5), 35.0)
    houses.publish(late, *first, last)
    houses.settle()
    assert engine.end() == 0
    after = houses.executions()
    assert added(before, after) == {
        ("resident_mean", "1", "ann"): {3: 1},
        ("resident_mean", "1", "bob"): {8: 1},
        ("house_mean", "1"): {3: 1, 8: 1},
        ("alarm", "1"): {3: 1, 8: 1},
    }

    # The broker is restarted while the engine runs, and once more while it is dead; a reading
    # that contradicts a former one is left out.
    engine = start_engine("--history")
    broker.stop()
    broker.start()
    houses.publish((*first[0][:2], 99.0))
    houses.live(5)
    houses.settle()
    assert "already holds 20" in engine.said
    houses.live(3)
    engine.kill()  # whatever it is doing
    houses.live(2)
    broker.stop()
    broker.start()
    engine = start_engine("--history")
    houses.settle()
    eventually(lambda: engine_status(hs)[0].lag < 60)
    assert engine.end(signal.SIGINT) == 0
    assert "Traceback" not in engine.said
    assert added(after, houses.executions()) == {}
    assert_nothing_is_left_out(hs, houses)


def test_the_script_stores_the_workflow_and_prints_a_table(config, start_engine, hs, broker):
    """First it stores, then it says what to do, then it shows the last ten minutes."""
    assert run(config) == "Workflow house_temperature is stored. Now start the engine.\n"
    assert run(config) == "Nothing is computed yet. Start the engine.\n"
    houses = Houses(hs, broker, hs.workflow_manager.load_workflow(example.WORKFLOW))
    engine = start_engine()
    houses.subscribed()
    houses.live(18)
    houses.settle()
    assert engine.end() == 0
    header, *rows = run(config).splitlines()
    means, alarms = (houses.expected()[name] for name in ("house_mean", "alarm"))
    assert header.split() == ["UTC", "house", "1", "house", "2"]
    assert len(rows) >= 7
    assert [row.split() for row in rows] == [
        [
            f"{time:%H:%M}",
            *(f"{means[key][time]:.2f}" + "!" * alarms[key][time] for key in (("1",), ("2",))),
        ]
        for time in sorted(means["1",])[-len(rows) :]
    ]


def run(config):
    """Run the script; give what it prints."""
    done = subprocess.run(
        [sys.executable, EXAMPLE / "workflow.py", config],
        check=False,
        cwd=config.parent,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    assert "Warning" not in done.stderr
    return done.stdout


def test_the_configuration_is_accepted(monkeypatch):
    """As it is in the example, it gives a channel from MQTT, and an engine without end."""
    config = HyperStreamConfig(EXAMPLE / "hyperstream_config.json")
    [plugin] = config.plugins
    [channel] = plugin.load_channels()
    assert channel.channel_id == "house"
    assert [each.filter for each in channel.subscriptions] == ["house/+/resident/+/temp"]
    assert config.online_engine.iterations is None


def test_the_sensors_send_what_the_channel_reads(config, broker, workflow):
    """Each resident's temperature, with its time."""
    listener = broker.listen()
    with subprocess.Popen([sys.executable, EXAMPLE / "sensors.py"]) as process:
        try:
            eventually(lambda: len(listener.messages) >= 8)
        finally:
            process.send_signal(signal.SIGINT)
    assert process.returncode == 0
    [subscription] = workflow.nodes["temp"].channel.subscriptions
    found = [
        (stream_id, type(reading.value), abs(reading.timestamp - utcnow()) < MINUTE)
        for topic, text in listener.messages[:4]
        for stream_id, reading in subscription.read(subscription.match(topic), text.encode())
    ]
    streams = workflow.nodes["temp"].streams.values()
    assert found == [(stream.stream_id, float, True) for stream in streams]


def assert_nothing_is_left_out(hs, houses):
    """From the first minute to where the engine is, everything is calculated, and is as found."""
    done = TimeInterval(houses.begin, engine_status(hs)[0].interval.end)
    for name in COMPUTED:
        for value, stream in houses.workflow.nodes[name].streams.items():
            # A part that is not calculated would be warned about, which is an error in tests.
            found = dict(stream.window(done).items())
            assert found == houses.expected()[name][tuple(data for _, data in value)]
