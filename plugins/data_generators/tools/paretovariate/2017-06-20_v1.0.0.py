"""Random numbers of a Pareto distribution."""

from __future__ import annotations

import random
from collections.abc import Callable
from functools import partial

from random_tool import RandomTool, Seed, number


class Paretovariate(RandomTool):
    """Draw from a Pareto distribution, at each tick of an alignment stream.

    There are no sources; the alignment stream is required. The output holds floats from 1: with a
    seed, those of Python's `random.seed` followed by successive calls of `random.paretovariate`.
    Each execution starts anew, and goes on over all intervals that it has to compute.

    Parameters
    ----------
    alpha : float
        The shape, greater than 0.
    seed : int, float, str, bytes or bytearray, optional
        As for `random.seed`. None: something else each time.

    Examples
    --------
    >>> from hyperstream.testing import try_tool
    >>> try_tool(Paretovariate(alpha=3, seed=1), alignment=["tick", "tick"])
    {1: 1.0492..., 2: 1.8714...}
    """

    def __init__(self, alpha: float, seed: Seed = None) -> None:
        self._alpha = number("alpha", alpha)
        super().__init__(seed, alpha=alpha)

    def _draw(self, generator: random.Random) -> Callable[[], float]:
        return partial(generator.paretovariate, self._alpha)
