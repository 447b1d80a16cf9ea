"""Random numbers of a gamma distribution."""

from __future__ import annotations

import random
from collections.abc import Callable
from functools import partial

from random_tool import RandomTool, Seed, number


class Gammavariate(RandomTool):
    """Draw from a gamma distribution, at each tick of an alignment stream.

    There are no sources; the alignment stream is required. The output holds floats: with a seed,
    those of Python's `random.seed` followed by successive calls of `random.gammavariate`. Each
    execution starts anew, and goes on over all intervals that it has to compute.

    Parameters
    ----------
    alpha : float
        The shape, greater than 0.
    beta : float
        The scale, greater than 0.
    seed : int, float, str, bytes or bytearray, optional
        As for `random.seed`. None: something else each time.

    Examples
    --------
    >>> from hyperstream.testing import try_tool
    >>> try_tool(Gammavariate(alpha=2, beta=3, seed=1), alignment=["tick", "tick"])
    {1: 2.0466..., 2: 11.8138...}
    """

    def __init__(self, alpha: float, beta: float, seed: Seed = None) -> None:
        self._alpha = number("alpha", alpha)
        self._beta = number("beta", beta)
        super().__init__(seed, alpha=alpha, beta=beta)

    def _draw(self, generator: random.Random) -> Callable[[], float]:
        return partial(generator.gammavariate, self._alpha, self._beta)
