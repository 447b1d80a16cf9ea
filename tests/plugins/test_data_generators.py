"""The data generators draw what Python's random draws, from a generator of their own."""

from __future__ import annotations

import pickle
import random
from datetime import timedelta

import numpy as np
import pytest

from hyperstream.channels import MemoryChannel
from hyperstream.stream import StreamInstance
from hyperstream.testing import check_tool, try_tool
from hyperstream.time_interval import TimeInterval, TimeIntervals
from hyperstream.utils.errors import ToolExecutionError
from tests.plugins import make, tools
from tests.tools.recipes import MINUTE, NUMBERS, START, at

# Every generator but custom, with one way or more to call it.
CALLS = [
    ("betavariate", {"alpha": 2, "beta": 0.5}),
    ("expovariate", {"lambd": 0.1}),
    ("expovariate", {"lambd": -3}),
    ("gammavariate", {"alpha": 0.5, "beta": 2.0}),
    ("gammavariate", {"alpha": 1.0, "beta": 2.0}),
    ("gammavariate", {"alpha": 9, "beta": 2}),
    ("gauss", {}),
    ("gauss", {"mu": 20, "sigma": 2.5}),
    ("lognormvariate", {"mu": 0, "sigma": 0.25}),
    ("normalvariate", {"mu": -1.5, "sigma": 3}),
    ("paretovariate", {"alpha": 3}),
    ("randint", {"a": -3, "b": 3}),
    ("randint", {"a": 0, "b": 2**80}),
    ("random", {}),
    ("randrange", {"start": 7}),
    ("randrange", {"start": 5, "stop": 50, "step": 5}),
    ("randrange", {"start": 50, "stop": 5, "step": -5}),
    ("triangular", {"low": 0, "high": 10, "mode": 9}),
    ("triangular", {"low": 0.0, "high": 1.0, "mode": None}),
    ("uniform", {"a": 5, "b": -5.5}),
    ("vonmisesvariate", {"mu": 1, "kappa": 4}),
    ("vonmisesvariate", {"mu": 1, "kappa": 0}),
    ("weibullvariate", {"alpha": 10, "beta": 1.5}),
]
SEEDS = [0, 42, -7, 3.5, "seed", b"seed"]
TICKS = [None] * 7


# Python 3.10 has no defaults of its own here.
DEFAULTS = {
    "gauss": {"mu": 0.0, "sigma": 1.0},
    "normalvariate": {"mu": 0.0, "sigma": 1.0},
}


def expected(name, parameters, seed, count):
    """Return what Python draws after `random.seed(seed)`; the global generator is put back."""
    state = random.getstate()
    arguments = DEFAULTS.get(name, {}) | parameters
    try:
        random.seed(seed)
        return [getattr(random, name)(*arguments.values()) for _ in range(count)]
    finally:
        random.setstate(state)


def generator(name, **parameters):
    """Make a tool of the plugin."""
    return make("data_generators", name, **parameters)


class Ticked:
    """A sink beside an alignment stream that has a tick each second of a minute."""

    def __init__(self, tool):
        self.tool = tool
        memory = MemoryChannel("memory")
        self.sink = memory.create_stream("sink")
        self.ticks = memory.create_stream("ticks")
        self.ticks.writer([StreamInstance(at(second), None) for second in range(1, 61)])
        self.ticks.calculated_intervals = TimeIntervals([MINUTE])

    def execute(self, start, end):
        """Execute the tool from one second to another."""
        interval = TimeInterval(at(start), at(end))
        self.tool.execute([], self.sink, interval, self.ticks)
        return self

    def values(self, start=0, end=60):
        """Return what the sink holds between two seconds."""
        return self.sink.window(TimeInterval(at(start), at(end))).values()


def test_every_tool_is_there():
    """Under its date and version, and each random one is tested here."""
    versions = {name: list(each) for name, each in tools("data_generators").versions.items()}
    assert versions == {name: ["1.0.0"] for name in {"custom", *(name for name, _ in CALLS)}}
    for name in versions:
        (file,) = tools("data_generators").versions[name].values()
        assert file.timestamp.strftime("%Y-%m-%d") == "2017-06-20"


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize(("name", "parameters"), CALLS)
def test_the_values_are_those_of_python(name, parameters, seed):
    """They are exactly equal, and of the same type, and the global generator is not touched."""
    before = random.getstate()
    values = list(try_tool(generator(name, **parameters, seed=seed), alignment=TICKS).values())
    assert random.getstate() == before
    wanted = expected(name, parameters, seed, len(TICKS))
    assert values == wanted
    assert list(map(type, values)) == list(map(type, wanted))


@pytest.mark.parametrize(("name", "parameters"), CALLS)
def test_a_generator_keeps_the_promises_of_a_tool(name, parameters):
    """All but one, of which it says why not; and it can be sent to another process."""
    assert "starts anew" in tools("data_generators").get_tool_class(name).not_chunk_invariant

    def fresh():
        return generator(name, **parameters, seed=1)

    (found,) = check_tool(fresh, [], MINUTE, alignment=NUMBERS, chunk_invariant=False)
    assert len(found) == 60
    assert pickle.loads(pickle.dumps(fresh())) == fresh()  # noqa: S301 - of our own


def test_an_execution_goes_on_over_its_missing_intervals():
    """What was there before stays, and the rest is one sequence."""
    ticked = Ticked(generator("gauss", seed=5)).execute(10, 21).execute(40, 45)
    kept = ticked.values(10, 21), ticked.values(40, 45)
    ticked.execute(0, 60)
    assert (ticked.values(10, 21), ticked.values(40, 45)) == kept
    drawn = ticked.values(0, 10) + ticked.values(21, 40) + ticked.values(45, 60)
    assert drawn == expected("gauss", {}, 5, 44)


def test_each_execution_starts_anew():
    """The same tool draws the same again."""
    ticked = Ticked(generator("random", seed="x")).execute(0, 5).execute(5, 60)
    assert ticked.values(0, 5) == expected("random", {}, "x", 5)
    assert ticked.values(5, 60) == expected("random", {}, "x", 55)


def test_an_execution_after_a_failed_one_starts_anew():
    """What the failed one had finished stays."""
    ticked = Ticked(generator("random", seed=1))
    broken = [True]

    def check(moment):
        if broken and moment > at(50):
            raise OSError("no more ticks")

    times = ticked.sink.channel.create_stream("times")
    generator("custom", func=check).execute([], times, TimeInterval(START, at(1)), ticked.ticks)
    ticked.ticks = times
    ticked.execute(20, 40)
    with pytest.raises(ToolExecutionError, match="no more ticks"):
        ticked.execute(0, 60)
    broken.clear()
    ticked.execute(0, 60)
    parts = [ticked.values(*ends) for ends in ((0, 20), (20, 40), (40, 60))]
    assert parts == [expected("random", {}, 1, 20)] * 3


def test_generators_that_read_each_other_keep_apart():
    """An alignment stream that is computed on request does not disturb the sequence."""
    memory = MemoryChannel("memory")
    outer, inner = (memory.create_stream(name) for name in ("outer", "inner"))
    ticked = Ticked(generator("random", seed=1))
    tool = generator("random", seed=1)
    tool.execute([], inner, TimeInterval(START, at(1)), ticked.ticks)
    tool.execute([], outer, MINUTE, inner)
    values = expected("random", {}, 1, 60)
    assert inner.window(TimeInterval(at(1), at(60))).values() == values[:59]
    assert outer.window(MINUTE).values() == values


def test_without_a_seed_each_execution_is_different():
    """And the global generator, whatever its seed, has no part in it."""
    random.seed(1)
    first = Ticked(generator("random")).execute(0, 60).values()
    random.seed(1)
    second = Ticked(generator("random")).execute(0, 60).values()
    assert len(set(first + second)) == 120


def test_a_late_tick_gets_a_value_and_leaves_the_others():
    """A value belongs to its own tick."""
    ticked = Ticked(generator("random", seed=1)).execute(0, 60)
    before = ticked.values()
    late = START + timedelta(milliseconds=9500)
    ticked.ticks.writer(StreamInstance(late, None))
    ticked.execute(0, 60)
    assert [each for each in ticked.sink.window(MINUTE) if each.timestamp == late] != []
    assert [each.value for each in ticked.sink.window(MINUTE) if each.timestamp != late] == before


@pytest.mark.parametrize(("name", "parameters"), [*CALLS, ("custom", {"func": str})])
def test_an_alignment_stream_is_required(name, parameters):
    """The error names the tool and says what is missing, and nothing is marked."""
    sink = MemoryChannel("memory").create_stream("sink")
    with pytest.raises(ToolExecutionError, match=f"Tool {name} .* needs an alignment stream"):
        generator(name, **parameters).execute([], sink, MINUTE)
    assert sink.calculated_intervals.is_empty


def test_custom_calls_a_function_with_the_time():
    """So its output does not depend on how the interval is divided."""
    (found,) = check_tool(
        lambda: generator("custom", func=datetime_to_second), [], MINUTE, alignment=NUMBERS
    )
    assert [each.value for each in found] == [each.timestamp.second for each in found]
    with pytest.raises(ToolExecutionError, match=r"at 1970-01-01T00:00:02.000Z, .*ZeroDivision"):
        try_tool(generator("custom", func=lambda time: 1 // (time.second - 2)), alignment=TICKS)


def datetime_to_second(moment):
    """Return the second of a minute."""
    return moment.second


def test_scalars_of_numpy_are_parameters_too():
    """They draw plain values, and are whole numbers where these are wanted."""
    tool = generator("gauss", mu=np.float32(0.5), sigma=np.int64(2), seed=1)
    values = list(try_tool(tool, alignment=TICKS).values())
    assert values == expected("gauss", {"mu": 0.5, "sigma": 2}, 1, len(TICKS))
    assert set(map(type, values)) == {float}
    tool = generator("randint", a=np.int64(1), b=6, seed=1)
    assert set(map(type, try_tool(tool, alignment=TICKS).values())) == {int}


@pytest.mark.parametrize(
    ("name", "parameters", "error", "message"),
    [
        ("gauss", {"mu": "1"}, TypeError, "Parameter mu must be a number, not '1'"),
        ("gauss", {"mu": None}, TypeError, "Parameter mu must be a number, not None"),
        ("gammavariate", {"alpha": float("nan"), "beta": 1}, ValueError, "alpha must be finite"),
        ("vonmisesvariate", {"mu": 0, "kappa": float("inf")}, ValueError, "kappa must be finite"),
        ("gammavariate", {"alpha": 0, "beta": 1}, ValueError, "Gammavariate.*cannot draw"),
        ("expovariate", {"lambd": 0}, ValueError, "Expovariate.*cannot draw"),
        ("lognormvariate", {"mu": 1e6, "sigma": 1}, ValueError, "Lognormvariate.*cannot draw"),
        ("randint", {"a": 2, "b": 1}, ValueError, r"Randint\(a=2, b=1, seed=None\) cannot draw"),
        ("randint", {"a": 1.0, "b": 2}, TypeError, "Parameter a must be a whole number"),
        ("randrange", {"start": 0}, ValueError, "Randrange.*cannot draw"),
        ("randrange", {"start": 0, "stop": 9, "step": 0}, ValueError, "Randrange.*cannot draw"),
        ("random", {"seed": [1]}, TypeError, r"seed of random must be .* not \[1\]"),
        ("custom", {"func": 1}, TypeError, "func of Custom must be a function"),
    ],
)
def test_a_wrong_parameter_is_an_error_at_once(name, parameters, error, message):
    """It names the tool or the parameter."""
    with pytest.raises(error, match=message):
        generator(name, **parameters)
