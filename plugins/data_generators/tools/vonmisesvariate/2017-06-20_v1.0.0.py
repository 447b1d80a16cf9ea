"""Random angles of a von Mises distribution."""

from __future__ import annotations

import random
from collections.abc import Callable
from functools import partial

from random_tool import RandomTool, Seed, number


class Vonmisesvariate(RandomTool):
    """Draw from a von Mises distribution, at each tick of an alignment stream.

    There are no sources; the alignment stream is required. The output holds angles in radians,
    from 0 to 2π: with a seed, those of Python's `random.seed` followed by successive calls of
    `random.vonmisesvariate`. Each execution starts anew, and goes on over all intervals that it
    has to compute.

    Parameters
    ----------
    mu : float
        The mean angle, in radians.
    kappa : float
        How much the angles gather around it, from 0, where all are equally likely.
    seed : int, float, str, bytes or bytearray, optional
        As for `random.seed`. None: something else each time.

    Examples
    --------
    >>> from hyperstream.testing import try_tool
    >>> try_tool(Vonmisesvariate(mu=1, kappa=4, seed=1), alignment=["tick", "tick"])
    {1: 1.1068..., 2: 0.7894...}
    """

    def __init__(self, mu: float, kappa: float, seed: Seed = None) -> None:
        self._mu = number("mu", mu)
        self._kappa = number("kappa", kappa)
        super().__init__(seed, mu=mu, kappa=kappa)

    def _draw(self, generator: random.Random) -> Callable[[], float]:
        return partial(generator.vonmisesvariate, self._mu, self._kappa)
