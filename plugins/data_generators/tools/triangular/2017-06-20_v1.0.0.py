"""Random numbers of a triangular distribution."""

from __future__ import annotations

import random
from collections.abc import Callable
from functools import partial

from random_tool import RandomTool, Seed, number


class Triangular(RandomTool):
    """Draw from a triangular distribution, at each tick of an alignment stream.

    There are no sources; the alignment stream is required. The output holds floats: with a seed,
    those of Python's `random.seed` followed by successive calls of `random.triangular`. Each
    execution starts anew, and goes on over all intervals that it has to compute.

    Parameters
    ----------
    low : float
        The least.
    high : float
        The greatest.
    mode : float or None
        The most likely, between these. None: the middle.
    seed : int, float, str, bytes or bytearray, optional
        As for `random.seed`. None: something else each time.

    Examples
    --------
    >>> from hyperstream.testing import try_tool
    >>> try_tool(Triangular(low=0, high=10, mode=3, seed=1), alignment=["tick", "tick"])
    {1: 2.0077..., 2: 6.7320...}
    """

    def __init__(self, low: float, high: float, mode: float | None, seed: Seed = None) -> None:
        self._low = number("low", low)
        self._high = number("high", high)
        self._mode = None if mode is None else number("mode", mode)
        super().__init__(seed, low=low, high=high, mode=mode)

    def _draw(self, generator: random.Random) -> Callable[[], float]:
        return partial(generator.triangular, self._low, self._high, self._mode)
