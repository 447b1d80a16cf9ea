"""Parameters as text: equal for equal ones, different for others, the same in all processes."""

from __future__ import annotations

import functools
import math
import operator
import os
import re
import subprocess
import sys
import threading
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from types import SimpleNamespace

import numpy as np
import pytest

from hyperstream._time import UTC
from hyperstream.testing.times import over
from hyperstream.tool.fingerprint import carry_source, fingerprint, source_of


@dataclass
class Options:
    """A dataclass with a set in it."""

    names: set
    limit: int = 1


class Model:
    """Says nothing of itself."""

    def __init__(self, weight):
        self.weight = weight

    def predict(self, value):
        """Multiply."""
        return value * self.weight


def double(value):
    """Double it."""
    return 2 * value


def scaled(factor):
    """Return a function that encloses the factor."""

    def scale(value):
        return factor * value

    return scale


def raised(power=2):
    """Return a function with a default."""

    def power_of(value, power=power, *, offset=0):
        return value**power + offset

    return power_of


plus, minus = (lambda value: value + 1), (lambda value: value - 1)

SAME = [
    lambda: 1,
    lambda: {"b": 1, "a": [1, 2.0, None]},
    lambda: {1, "a", (2,)},
    lambda: np.arange(10_000),
    lambda: np.array(["a", None], dtype=object),
    lambda: double,
    lambda: plus,
    lambda: scaled(3),
    lambda: scaled(double),
    lambda: raised(3),
    lambda: functools.partial(double, 1, b={2}),
    lambda: functools.lru_cache(double),
    lambda: Model(2),
    lambda: Model(2).predict,
    lambda: Options({"a", "b", "c"}),
    lambda: SimpleNamespace(a=1),
    lambda: operator.itemgetter("a"),
    lambda: math.sqrt,
    lambda: np.mean,
    lambda: datetime(2020, 1, 1),
    lambda: over(0, 1),
    lambda: int,
    object,
]
DIFFERENT = [
    (1, 1.0),
    (1, "1"),
    (1, True),
    ([1], (1,)),
    ({1}, [1]),
    ({"a": 1}, {"a": 2}),
    (np.arange(10_000), np.where(np.arange(10_000) == 5000, 0, np.arange(10_000))),
    (np.array([1, 2]), np.array([[1, 2]])),
    (np.array([1]), np.array([1.0])),
    (double, scaled(2)),
    (plus, minus),
    (scaled(2), scaled(3)),
    (scaled(double), scaled(plus)),
    (raised(2), raised(3)),
    (functools.partial(double, 1), functools.partial(double, 2)),
    (functools.lru_cache(double), functools.lru_cache(scaled)),
    (Model(2), Model(3)),
    (Model(2).predict, Model(3).predict),
    (Options({"a"}), Options({"b"})),
    (math.sqrt, math.exp),
    (int, float),
]


@pytest.mark.parametrize("make", SAME)
def test_equal_parameters_are_equal(make):
    """What is made twice in the same way has the same fingerprint."""
    assert fingerprint(make()) == fingerprint(make())


@pytest.mark.parametrize(("one", "other"), DIFFERENT)
def test_different_parameters_are_different(one, other):
    """What differs in value, type, code or what it encloses has another fingerprint."""
    assert fingerprint(one) != fingerprint(other)


def test_functions_of_a_loop_are_different():
    """Lambdas that a loop makes, which differ in a default only, are different."""
    functions = [lambda value, factor=factor: factor * value for factor in range(3)]
    assert len(set(map(fingerprint, functions))) == 3


def test_an_edited_function_is_another_one():
    """Functions of one name but another source are different."""

    def make(source):
        scope = {"__name__": "edited"}
        exec(source, scope)  # noqa: S102 - our own text
        return scope["f"]

    one, other, again = (make(f"def f(x):\n    return x + {number}\n") for number in (1, 2, 1))
    assert fingerprint(one) != fingerprint(other)
    assert fingerprint(one) == fingerprint(again)


def test_a_fingerprint_names_the_function():
    """Module and name of a function can be read."""
    assert fingerprint(double).startswith(f"{__name__}:double#")


def test_circles_come_to_an_end():
    """What contains itself has a fingerprint, too."""

    def ping():
        return pong

    def pong():
        return ping

    loop = []
    loop.append(loop)
    model = Model(None)
    model.weight = model
    for value in (ping, loop, model):
        assert fingerprint(value) == fingerprint(value)
    assert fingerprint(ping) != fingerprint(pong)


def test_an_empty_cell_is_no_obstacle():
    """A function that encloses a name without a value has a fingerprint."""

    def asks():
        return later

    assert "later=None" in fingerprint(asks)
    later = 5
    assert f"later={later}" in fingerprint(asks)


def test_addresses_are_left_out():
    """Where an object lies in memory does not count."""
    assert "0x" not in fingerprint([object(), threading.Lock(), [].append, Model])


PRINT_ALL = """
from tests.tool.test_fingerprint import SAME, fingerprint
for make in SAME:
    print(fingerprint(make()))
"""


def test_all_processes_agree():
    """Processes with other seeds for hashing, and so other orders of sets, agree."""
    outputs = {
        subprocess.run(
            [sys.executable, "-c", PRINT_ALL],
            env={**os.environ, "PYTHONHASHSEED": seed, "PYTHONPATH": os.pathsep.join(sys.path)},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for seed in ("1", "2")
    }
    assert len(outputs) == 1
    assert len(outputs.pop().splitlines()) == len(SAME)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (datetime(2020, 1, 1), datetime(2020, 1, 1, tzinfo=UTC)),
        (datetime(2020, 1, 1), datetime(2020, 1, 1, 1, tzinfo=timezone(timedelta(hours=1)))),
        (datetime(2020, 1, 1), datetime(2020, 1, 1, 0, 0, 0, 999, fold=1)),
    ],
)
def test_moments_that_are_the_same_are_equal(one, other):
    """The zone in which a moment is written does not count, nor what is below a millisecond."""
    assert fingerprint([one]) == fingerprint([other])


def test_any_datetime_has_a_fingerprint():
    """Also one that lies outside of the calendar in UTC."""
    early = datetime(1, 1, 1, tzinfo=timezone(timedelta(hours=1)))
    assert fingerprint(early) != fingerprint(datetime(1, 1, 1))


def test_long_patterns_are_told_apart():
    """A pattern counts as a whole, with its flags."""
    long = "a" * 300
    patterns = (re.compile(long + "b"), re.compile(long + "c"), re.compile(long + "c", re.DOTALL))
    assert len(set(map(fingerprint, patterns))) == 3


def test_a_function_that_carries_its_source_needs_no_file():
    """Its fingerprint is that of the file's text; other code does not take over the text."""

    def make(text):
        scope = {"__name__": "typed"}
        exec(text, scope)  # noqa: S102 - our own text
        return scope["f"]

    bare, carrier, other = make("def f(): return 1"), scaled(2), make("def f(): return 2")
    before = fingerprint(carrier)
    assert source_of(bare) == ""
    for function in (bare, carrier):
        carry_source(function)
    assert fingerprint(carrier) == before
    assert "return factor * value" in source_of(carrier)
    vars(other).update(vars(carrier))
    assert source_of(other) == ""
