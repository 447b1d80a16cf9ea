"""A program that stores tools, in this process, and loads them, in another; run by test_stored.

``travel.py store FILE RING`` writes a tool's document, ``travel.py load FILE RING`` makes the
parameters of it; both print what the functions give, and the fingerprints.
"""

from __future__ import annotations

import enum
import functools
import json
import operator
import sys
from pathlib import Path

import bson
import numpy as np

from hyperstream.execution import ExecutionContext
from hyperstream.models import ToolModel
from hyperstream.tool import BaseTool, Tool
from hyperstream.tool.fingerprint import fingerprint
from hyperstream.utils.errors import HyperStreamError
from hyperstream.utils.keys import KeyRing

SCALE = 3


class Anything(Tool):
    """Takes any parameters."""


class Unit(enum.Enum):
    """Belongs to `__main__`."""

    METRE = "m"


class Model:
    """Belongs to `__main__`, too."""

    def __init__(self, weight):
        self.weight = weight

    def predict(self, value):
        """Use a global of `__main__`."""
        return scaled(value) * self.weight

    def __call__(self, value):
        """Do the same."""
        return self.predict(value)


def scaled(value):
    """Use a global of `__main__`."""
    return value * SCALE


def enclosing(number):
    """Return a function with a closure."""
    return lambda value, offset=1: number * scaled(value) + offset


def parameters():
    """Return a parameter of each kind."""
    return {
        "main": scaled,
        "lambda": lambda value: np.sqrt(value) + SCALE,
        "closure": enclosing(scaled(2)),
        "partial": functools.partial(enclosing(2), offset=5),
        "method": Model(4).predict,
        "object": Model(5),
        "mapping": {"a.b": [lambda value: -value, len], "$c": (scaled, str.upper)},
        "several": [(lambda value: value + 1), (lambda value: value + 2)],
        "class": Model,
        "member": {Unit.METRE: 1},
        "getter": operator.itemgetter(1),
    }


def calls(found):
    """Call all functions."""
    return [
        *(float(found[key](4)) for key in ("main", "lambda", "closure", "partial")),
        *(found[key](4) for key in ("method", "object")),
        *(function(4) for function in (found["mapping"]["a.b"][0], found["mapping"]["$c"][0])),
        found["mapping"]["a.b"][1]("abc"),
        found["mapping"]["$c"][1]("abc"),
        *(function(4) for function in found["several"]),
        found["class"](2)(4),
        [(key.name, value) for key, value in found["member"].items()],
        found["getter"]("ab"),
    ]


def main(action, file, ring):
    """Store or load, and print."""
    path = Path(file)
    with ExecutionContext(keys=KeyRing(ring)).active():
        if action == "store":
            found = parameters()
            path.write_bytes(bson.encode(Anything(**found).get_model().to_mongo()))
        else:
            model = ToolModel._from_son(bson.decode(path.read_bytes()))
            found = BaseTool.parameters_from_model(model.parameters, model.name)
    marks = {key: fingerprint(value) for key, value in found.items()}
    sys.stdout.write(json.dumps([calls(found), marks]))


if __name__ == "__main__":
    try:
        main(*sys.argv[1:])
    except HyperStreamError as error:
        sys.exit(f"{type(error).__name__}: {error}")
