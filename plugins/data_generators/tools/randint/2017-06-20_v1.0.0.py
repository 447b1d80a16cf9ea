"""Random whole numbers between two others."""

from __future__ import annotations

import random
from collections.abc import Callable
from functools import partial

from random_tool import RandomTool, Seed, whole


class Randint(RandomTool):
    """Draw from the whole numbers from one to another, at each tick of an alignment stream.

    There are no sources; the alignment stream is required. The output holds ints: with a seed,
    those of Python's `random.seed` followed by successive calls of `random.randint`. Each
    execution starts anew, and goes on over all intervals that it has to compute.

    Parameters
    ----------
    a : int
        The least.
    b : int
        The greatest.
    seed : int, float, str, bytes or bytearray, optional
        As for `random.seed`. None: something else each time.

    Examples
    --------
    >>> from hyperstream.testing import try_tool
    >>> try_tool(Randint(a=1, b=6, seed=1), alignment=["tick", "tick"])
    {1: 2, 2: 5}
    """

    def __init__(self, a: int, b: int, seed: Seed = None) -> None:
        self._a = whole("a", a)
        self._b = whole("b", b)
        super().__init__(seed, a=a, b=b)

    def _draw(self, generator: random.Random) -> Callable[[], int]:
        return partial(generator.randint, self._a, self._b)
