"""Write the data of the example: invented weather around the usual climate of some cities."""

from __future__ import annotations

import csv
import random
from itertools import chain
from pathlib import Path

DATA = Path(__file__).parent / "data"
YEARS = range(2022, 2025)
SEED = 1

# For each month of the year: mean daily minimum and maximum (°C), and rain (mm).
NORMALS = {
    "CA": {
        "London": (
            (-9, -9, -5, 1, 7, 13, 15, 14, 11, 5, 0, -6),
            (-2, -1, 5, 12, 19, 25, 27, 26, 22, 15, 8, 1),
            (75, 65, 70, 85, 90, 90, 85, 80, 95, 85, 90, 85),
        ),
        "Toronto": (
            (-7, -7, -2, 4, 10, 15, 18, 18, 14, 7, 2, -4),
            (-1, 0, 5, 12, 19, 24, 27, 26, 22, 14, 7, 2),
            (65, 55, 55, 80, 80, 80, 75, 70, 70, 65, 75, 60),
        ),
        "Vancouver": (
            (2, 2, 3, 5, 9, 12, 14, 14, 11, 7, 4, 2),
            (7, 8, 10, 14, 17, 20, 23, 23, 19, 14, 9, 7),
            (170, 100, 115, 90, 60, 55, 35, 35, 55, 120, 185, 165),
        ),
    },
    "GB": {
        "Cardiff": (
            (2, 2, 4, 5, 8, 11, 13, 13, 11, 8, 5, 3),
            (8, 9, 11, 14, 18, 20, 22, 22, 19, 15, 11, 9),
            (125, 95, 85, 70, 75, 75, 80, 100, 85, 130, 130, 140),
        ),
        "Edinburgh": (
            (1, 2, 3, 4, 7, 10, 11, 11, 9, 6, 3, 1),
            (7, 8, 10, 12, 15, 17, 19, 19, 17, 13, 10, 7),
            (65, 55, 50, 40, 50, 65, 70, 70, 55, 75, 65, 65),
        ),
        "London": (
            (3, 3, 4, 6, 9, 12, 14, 14, 12, 9, 6, 3),
            (8, 9, 12, 15, 18, 22, 24, 23, 20, 16, 11, 9),
            (60, 45, 40, 40, 45, 45, 45, 55, 50, 65, 65, 55),
        ),
    },
    "NZ": {
        "Auckland": (
            (16, 16, 15, 13, 11, 9, 8, 8, 9, 11, 12, 14),
            (23, 24, 23, 20, 18, 15, 15, 15, 16, 18, 19, 22),
            (70, 65, 85, 95, 110, 125, 130, 120, 105, 90, 80, 95),
        ),
        "Christchurch": (
            (12, 12, 10, 7, 5, 2, 2, 3, 4, 6, 8, 11),
            (23, 22, 20, 18, 15, 12, 12, 13, 15, 17, 19, 21),
            (40, 40, 45, 50, 60, 60, 60, 60, 40, 45, 45, 50),
        ),
        "Wellington": (
            (14, 14, 13, 11, 9, 7, 7, 7, 8, 9, 10, 12),
            (20, 21, 19, 17, 15, 13, 12, 12, 14, 15, 16, 19),
            (75, 75, 85, 90, 110, 125, 125, 115, 95, 110, 95, 95),
        ),
    },
}

# Real data have gaps.
MISSING = {
    ("CA", "Toronto min", "2023-02"),
    ("GB", "Cardiff min", "2024-05"),
    ("GB", "Cardiff max", "2024-05"),
    ("GB", "Cardiff rain", "2024-05"),
    ("NZ", "Wellington rain", "2022-07"),
}


def main(folder: Path = DATA) -> None:
    """Write a file for each country, the same at each run.

    Parameters
    ----------
    folder : Path
        Where to.
    """
    generator = random.Random(SEED)  # noqa: S311 - weather is no secret
    for country, cities in NORMALS.items():
        with (folder / f"{country}.csv").open("w", newline="", encoding="utf-8") as file:
            writer = csv.writer(file, lineterminator="\n")
            columns = [f"{city} {what}" for city in cities for what in ("min", "max", "rain")]
            writer.writerow(["month", *columns])
            for month in (f"{year}-{month:02}" for year in YEARS for month in range(1, 13)):
                numbers = chain.from_iterable(
                    weather(normals, month, generator) for normals in cities.values()
                )
                row = dict(zip(columns, numbers, strict=True))
                row |= {column: "" for column in columns if (country, column, month) in MISSING}
                writer.writerow([month, *row.values()])


def weather(
    normals: tuple[tuple[int, ...], ...], month: str, generator: random.Random
) -> tuple[float, float, float]:
    """Invent minimum, maximum and rain of a city for a month, such as ``"2022-01"``."""
    low, high, rain = (normal[int(month[-2:]) - 1] for normal in normals)
    warmer, wider = generator.gauss(0, 1.2), generator.uniform(0, 1)
    wetter = max(generator.gauss(1, 0.35), 0.3)
    return round(low + warmer - wider, 1), round(high + warmer + wider, 1), round(rain * wetter, 1)


if __name__ == "__main__":
    main()
