"""Random numbers of an exponential distribution."""

from __future__ import annotations

import random
from collections.abc import Callable
from functools import partial

from random_tool import RandomTool, Seed, number


class Expovariate(RandomTool):
    """Draw from an exponential distribution, at each tick of an alignment stream.

    There are no sources; the alignment stream is required. The output holds floats: with a seed,
    those of Python's `random.seed` followed by successive calls of `random.expovariate`. Each
    execution starts anew, and goes on over all intervals that it has to compute.

    Parameters
    ----------
    lambd : float
        1 divided by the mean; not 0. Where it is negative, so are the values.
    seed : int, float, str, bytes or bytearray, optional
        As for `random.seed`. None: something else each time.

    Examples
    --------
    >>> from hyperstream.testing import try_tool
    >>> try_tool(Expovariate(lambd=0.5, seed=1), alignment=["tick", "tick"])
    {1: 0.2885..., 2: 3.7603...}
    """

    def __init__(self, lambd: float, seed: Seed = None) -> None:
        self._lambd = number("lambd", lambd)
        super().__init__(seed, lambd=lambd)

    def _draw(self, generator: random.Random) -> Callable[[], float]:
        return partial(generator.expovariate, self._lambd)
