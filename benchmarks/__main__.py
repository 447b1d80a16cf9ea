"""``python -m benchmarks [NAME …]``: measure, and print a table for README.md."""

from __future__ import annotations

import sys
from importlib import import_module
from pathlib import Path

from benchmarks.measure import baseline, table


def main(names: list[str]) -> None:
    """Run the benchmarks named, or all."""
    folder = Path(__file__).parent
    found = names or [
        path.stem.removeprefix("bench_") for path in sorted(folder.glob("bench_*.py"))
    ]
    loop = baseline()
    print(f"`x * 2 + 1` in a bare Python loop: {loop:.3f} µs an event\n")
    for name in found:
        rows = import_module(f"benchmarks.bench_{name}").run()
        print(f"### {name}\n\n{table(rows, loop)}\n")


if __name__ == "__main__":
    main(sys.argv[1:])
