"""Random numbers of a normal distribution, drawn one by one."""

from __future__ import annotations

import random
from collections.abc import Callable
from functools import partial

from random_tool import RandomTool, Seed, number


class Normalvariate(RandomTool):
    """Draw from a normal distribution, at each tick of an alignment stream.

    There are no sources; the alignment stream is required. The output holds floats: with a seed,
    those of Python's `random.seed` followed by successive calls of `random.normalvariate`. Each
    execution starts anew, and goes on over all intervals that it has to compute.

    Parameters
    ----------
    mu : float
        The mean.
    sigma : float
        The standard deviation.
    seed : int, float, str, bytes or bytearray, optional
        As for `random.seed`. None: something else each time.

    Examples
    --------
    >>> from hyperstream.testing import try_tool
    >>> try_tool(Normalvariate(mu=20, sigma=2, seed=1), alignment=["tick", "tick"])
    {1: 21.2149..., 2: 19.9715...}
    """

    def __init__(self, mu: float, sigma: float, seed: Seed = None) -> None:
        self._mu = number("mu", mu)
        self._sigma = number("sigma", sigma)
        super().__init__(seed, mu=mu, sigma=sigma)

    def _draw(self, generator: random.Random) -> Callable[[], float]:
        return partial(generator.normalvariate, self._mu, self._sigma)
