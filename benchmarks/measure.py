"""How benchmarks measure and what they say."""

from __future__ import annotations

import gc
import time
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable

LOOP = 1_000_000


class Row(NamedTuple):
    """One line of the table.

    Attributes
    ----------
    what : str
        What was measured.
    figure : float
        The result.
    unit : str
        Of the result.
    aim : float
        What it should not exceed.
    before : str
        What release 0.3.8 took on this kind of machine.
    """

    what: str
    figure: float
    unit: str
    aim: float
    before: str = ""


def cpu(function: Callable[[], object], *, times: int = 3, calls: int = 1) -> float:
    """Return the least CPU time of this process, in seconds a call, of several runs."""
    best = float("inf")
    for _ in range(times):
        gc.collect()
        started = time.process_time()
        for _ in range(calls):
            function()
        best = min(best, (time.process_time() - started) / calls)
    return best


def baseline() -> float:
    """Return the CPU time, in µs an event, of `x * 2 + 1` in a bare Python loop."""

    def loop() -> list[float]:
        return [function(value) for value in data]

    def function(value: float) -> float:
        return value * 2 + 1

    data = [float(number) for number in range(LOOP)]
    return cpu(loop) / LOOP * 1e6


def table(rows: list[Row], unit_of_time: float) -> str:
    """Write rows as a Markdown table; times also as multiples of the baseline."""
    lines = [
        "| what | measured | × bare loop | aim | release 0.3.8 |",
        "|---|---|---|---|---|",
    ]
    for row in rows:
        ratio = f"{row.figure / unit_of_time:.2f}" if row.unit.startswith("µs") else ""
        lines.append(
            f"| {row.what} | {row.figure:.3g} {row.unit} | {ratio} | ≤ {row.aim:g} | {row.before} |"
        )
    return "\n".join(lines)
