"""Parameters as text: equal for equal ones, different for others, the same in all processes."""

from __future__ import annotations

import collections
import functools
import math
import operator
import os
import random
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


class Slotted:
    """Says nothing of itself, and has no dict."""

    __slots__ = ("weight",)

    def __init__(self, weight):
        self.weight = weight


class Fitted(Model):
    """Says something of itself, but not what tells it from others, as models do."""

    def __repr__(self):
        return "Fitted()"

    @functools.cached_property
    def square(self):
        """Give what is no attribute of its own."""
        return self.weight**2


class Connected(Fitted):
    """Cannot be pickled."""

    def __init__(self, weight):
        super().__init__(weight)
        self.lock = threading.Lock()


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


def made(text):
    """Return the function `f` of a text, which no other process can import."""
    scope = {"__name__": "typed"}
    exec(text, scope)  # noqa: S102 - our own text
    return scope["f"]


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
    lambda: Slotted({2, "a"}),
    lambda: Fitted(2).predict,
    lambda: Connected(2),
    lambda: collections.UserDict(a=1),
    lambda: "{}".format,
    lambda: {1, "a"}.union,
    lambda: random.Random().gauss,  # noqa: S311 - nothing is secret
    lambda: math,
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
    (Slotted(2), Slotted(3)),
    (Fitted(2), Fitted(3)),
    (Fitted(2).predict, Fitted(3).predict),
    (collections.UserDict(a=1), collections.UserDict(a=2)),
    ("{:.1f}".format, "{:.2f}".format),
    ({"a": 1}.get, {"a": 2}.get),
    (re.compile("a").match, re.compile("b").match),
    ((5).__add__, (6).__add__),
    (math, operator),
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
    one, other, again = (made(f"def f(x):\n    return x + {number}\n") for number in (1, 2, 1))
    assert fingerprint(one) != fingerprint(other)
    assert fingerprint(one) == fingerprint(again)


def test_a_fingerprint_names_the_function():
    """Module and name of a function can be read."""
    assert fingerprint(double).startswith(f"{__name__}:double#")


def test_a_large_object_has_a_short_fingerprint():
    """It is told from others all the same."""
    marks = {fingerprint(Fitted([*range(10_000), last])) for last in (1, 2)}
    assert len(marks) == 2
    assert max(map(len, marks)) < 100


def test_what_was_derived_does_not_count():
    """An object that remembers what it has computed is still the same."""
    one = Fitted(2)
    before = fingerprint(one)
    assert one.square == 4
    assert fingerprint(one) == before


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("LIMIT = 1\ndef f(): return LIMIT", "LIMIT = 2\ndef f(): return LIMIT"),
        ("LIMIT = 1\nf = [lambda: LIMIT]", "LIMIT = 2\nf = [lambda: LIMIT]"),
        ("A = 1\ndef g(): return A\ndef f(): g()", "A = 2\ndef g(): return A\ndef f(): g()"),
        ("def g(): return 1\ndef f(): g()", "def g(): return 2\ndef f(): g()"),
        ("A = 1\ndef f(): return lambda: A", "A = 2\ndef f(): return lambda: A"),
        (
            "class C:\n @classmethod\n def m(cls): return 1\ndef f(): return C",
            "class C:\n @classmethod\n def m(cls): return 2\ndef f(): return C",
        ),
    ],
)
def test_globals_count_where_they_are_asked_for(one, other):
    """What a function takes along when it is stored, whatever stands between."""
    marks = [fingerprint(made(text), with_globals=True) for text in (one, other, one)]
    assert marks[0] == marks[2] != marks[1]


def test_globals_that_a_function_does_not_use_do_not_count():
    """Neither others of its module, nor attributes of their name, nor what can be imported."""
    text = "A = {0}\nB = 1\ndef g(): return f\ndef f(x): return x.A, B, g, missing, double"
    marks = {fingerprint(made(text.format(number)), with_globals=True) for number in (1, 2)}
    assert len(marks) == 1
    assert fingerprint(double, with_globals=True) == fingerprint(double)


def test_functions_that_all_use_each_other_come_to_an_end():
    """Each is looked at once."""
    names = [f"f{number}" for number in range(30)]
    lines = [f"def {name}(): return {', '.join(names)}" for name in names]
    assert fingerprint(made("\n".join([*lines, "f = f0"])), with_globals=True)


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


@pytest.mark.slow
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


@pytest.mark.parametrize(
    "wrap", [lambda odd: odd, lambda odd: [odd] * 600, lambda odd: np.array([odd])]
)
def test_a_fingerprint_is_unicode_text(wrap):
    """Whatever the repr of a parameter's class writes."""

    class Odd:
        __slots__ = ()

        def __repr__(self):
            return "Odd(\udc80)"

    assert fingerprint(wrap(Odd())).isascii()


def test_long_patterns_are_told_apart():
    """A pattern counts as a whole, with its flags."""
    long = "a" * 300
    patterns = (re.compile(long + "b"), re.compile(long + "c"), re.compile(long + "c", re.DOTALL))
    assert len(set(map(fingerprint, patterns))) == 3


def test_a_function_that_carries_its_source_needs_no_file():
    """Its fingerprint is that of the file's text; other code does not take over the text."""
    bare, carrier, other = made("def f(): return 1"), scaled(2), made("def f(): return 2")
    before = fingerprint(carrier)
    assert source_of(bare) == ""
    for function in (bare, carrier):
        carry_source(function)
    assert fingerprint(carrier) == before
    assert "return factor * value" in source_of(carrier)
    vars(other).update(vars(carrier))
    assert source_of(other) == ""
