"""Random numbers, all equally likely."""

from __future__ import annotations

import random
from collections.abc import Callable
from functools import partial

from random_tool import RandomTool, Seed, number


class Uniform(RandomTool):
    """Draw from the numbers between two others, at each tick of an alignment stream.

    There are no sources; the alignment stream is required. The output holds floats: with a seed,
    those of Python's `random.seed` followed by successive calls of `random.uniform`. Each
    execution starts anew, and goes on over all intervals that it has to compute.

    Parameters
    ----------
    a : float
        One end.
    b : float
        The other end.
    seed : int, float, str, bytes or bytearray, optional
        As for `random.seed`. None: something else each time.

    Examples
    --------
    >>> from hyperstream.testing import try_tool
    >>> try_tool(Uniform(a=18, b=22, seed=1), alignment=["tick", "tick"])
    {1: 18.5374..., 2: 21.3897...}
    """

    def __init__(self, a: float, b: float, seed: Seed = None) -> None:
        self._a = number("a", a)
        self._b = number("b", b)
        super().__init__(seed, a=a, b=b)

    def _draw(self, generator: random.Random) -> Callable[[], float]:
        return partial(generator.uniform, self._a, self._b)
