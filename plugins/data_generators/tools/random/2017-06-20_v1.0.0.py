"""Random numbers between 0 and 1."""

from __future__ import annotations

import random
from collections.abc import Callable

from random_tool import RandomTool, Seed


class Random(RandomTool):
    """Draw from the numbers from 0 up to, without, 1, at each tick of an alignment stream.

    There are no sources; the alignment stream is required. The output holds floats: with a seed,
    those of Python's `random.seed` followed by successive calls of `random.random`. Each execution
    starts anew, and goes on over all intervals that it has to compute.

    Parameters
    ----------
    seed : int, float, str, bytes or bytearray, optional
        As for `random.seed`. None: something else each time.

    Examples
    --------
    >>> from hyperstream.testing import try_tool
    >>> try_tool(Random(seed=1), alignment=["tick", "tick"])
    {1: 0.1343..., 2: 0.8474...}
    """

    def __init__(self, seed: Seed = None) -> None:
        super().__init__(seed)

    def _draw(self, generator: random.Random) -> Callable[[], float]:
        return generator.random
