"""Random numbers whose logarithms are of a normal distribution."""

from __future__ import annotations

import random
from collections.abc import Callable
from functools import partial

from random_tool import RandomTool, Seed, number


class Lognormvariate(RandomTool):
    """Draw from a log-normal distribution, at each tick of an alignment stream.

    There are no sources; the alignment stream is required. The output holds floats greater than 0:
    with a seed, those of Python's `random.seed` followed by successive calls of
    `random.lognormvariate`. Each execution starts anew, and goes on over all intervals that it has
    to compute.

    Parameters
    ----------
    mu : float
        The mean of the logarithms.
    sigma : float
        The standard deviation of the logarithms, greater than 0.
    seed : int, float, str, bytes or bytearray, optional
        As for `random.seed`. None: something else each time.

    Examples
    --------
    >>> from hyperstream.testing import try_tool
    >>> try_tool(Lognormvariate(mu=0, sigma=0.5, seed=1), alignment=["tick", "tick"])
    {1: 1.3549..., 2: 0.9929...}
    """

    def __init__(self, mu: float, sigma: float, seed: Seed = None) -> None:
        self._mu = number("mu", mu)
        self._sigma = number("sigma", sigma)
        super().__init__(seed, mu=mu, sigma=sigma)

    def _draw(self, generator: random.Random) -> Callable[[], float]:
        return partial(generator.lognormvariate, self._mu, self._sigma)
