"""The demo: a year of weather, from a file to a picture, through the database."""

from __future__ import annotations

import time
from datetime import datetime, timedelta
from operator import attrgetter
from pathlib import Path
from typing import TYPE_CHECKING

from hyperstream.cli.output import show
from hyperstream.execution import ExecutionContext, HistoryRecord, NoHistory
from hyperstream.hyperstream import HyperStream
from hyperstream.itertools2 import online_average
from hyperstream.progress_bars import bar
from hyperstream.stream import Stream, StreamInstance
from hyperstream.time_interval import UTC, TimeInterval
from hyperstream.utils.errors import ConfigurationError, MissingExtraError

try:
    from matplotlib.figure import Figure
except ImportError as error:
    raise MissingExtraError(package="matplotlib", extra="demo") from error

if TYPE_CHECKING:
    from argparse import Namespace
    from collections.abc import Iterator

    from hyperstream.tool import Tool

DATA = Path(__file__).parent / "data" / "seattle_temperatures_2010.csv"
YEAR = TimeInterval(datetime(2009, 12, 31, tzinfo=UTC), datetime(2011, 1, 1, tzinfo=UTC))
HOUR = 3600.0
SANDBOX = "demo"  # keeps these streams apart from those of the user
STREAMS = ("readings", "temperature", "mean over 24 hours", "mean over 7 days")


class Counter(NoHistory):
    """Counts what is computed."""

    def __init__(self) -> None:
        self.instances = 0

    def record(self, record: HistoryRecord) -> None:
        """Count the instances of one execution."""
        self.instances += record.document_count


def celsius(reading: list[float]) -> float:
    """Turn a row of the file, [degrees Fahrenheit], into degrees Celsius."""
    return (reading[0] - 32) * 5 / 9


def run(options: Namespace) -> None:
    """Run the demo.

    Parameters
    ----------
    options : argparse.Namespace
        The options of the command line.
    """
    hs = HyperStream(config_filename=options.config, file_logger=False)
    readings, temperature, day, week = (stream(hs, name) for name in STREAMS)
    counter = Counter()
    started = time.perf_counter()
    with ExecutionContext(history=counter).active():
        compute(hs, readings, temperature, {24: day, 7 * 24: week})
    duration = time.perf_counter() - started
    done = f"Computed {counter.instances} instances in {duration:.1f} s; they are kept now."
    if not counter.instances:
        done = "Computed nothing: everything was calculated and kept already."
    lines = [done, *report(temperature, day, week)]
    picture = str(draw(Path(hs.config.output_path), temperature, day, week))
    data = {"instances": counter.instances, "report": lines, "picture": picture}
    show(options, data, [*lines, f"Picture: {picture}"])


def stream(hs: HyperStream, name: str) -> Stream:
    """Return a stream of the demo, in the database."""
    return hs.channel_manager.mongo.get_or_create_stream(name, sandbox=SANDBOX)


def compute(
    hs: HyperStream, readings: Stream, temperature: Stream, means: dict[int, Stream]
) -> None:
    """Compute the streams month by month, with a bar that shows how far it is.

    Parameters
    ----------
    hs : HyperStream
        Has the tools.
    readings, temperature : Stream
        What the file says, and that in degrees Celsius.
    means : dict
        The streams of means, by the hours that each is taken over.
    """
    # The reader goes through its file at each execution, so that one is enough.
    csv_reader(hs).execute(sources=[], sink=readings, interval=YEAR)
    steps: list[tuple[Tool, list[Stream], Stream]] = [
        (hs.tools.apply(func=celsius), [readings], temperature)
    ]
    for hours, mean in means.items():
        windows = stream(hs, f"windows of {hours} hours")
        slide = hs.tools.sliding_window(first=YEAR.start, lower=-hours * HOUR, increment=HOUR)
        average = hs.tools.sliding_apply(func=online_average)
        steps += [(slide, [], windows), (average, [windows, temperature], mean)]
    work = [(*step, month) for step in steps for month in months()]
    with bar(len(work), "Computing", "months") as shown:
        for tool, sources, sink, month in work:
            tool.execute(sources=sources, sink=sink, interval=month)
            shown.update()


def csv_reader(hs: HyperStream) -> Tool:
    """Return the tool that reads the file."""
    if "data_importers" not in hs.plugins:
        msg = (
            "The demo reads its file with the plugin data_importers, which the configuration does "
            "not name: run it in a clone of the project, or name a configuration that does."
        )
        raise ConfigurationError(msg)
    reader: Tool = hs.plugins.data_importers.tools.csv_reader(filename=str(DATA))
    return reader


def months() -> Iterator[TimeInterval]:
    """Yield the year in months."""
    starts = [YEAR.start, *(datetime(2010, month, 1, tzinfo=UTC) for month in range(2, 13))]
    for start, end in zip(starts, [*starts[1:], YEAR.end], strict=True):
        yield TimeInterval(start, end)


def report(temperature: Stream, day: Stream, week: Stream) -> Iterator[str]:
    """Yield what the database holds, for people."""
    count, last = len(temperature.window(YEAR).values()), temperature.window(YEAR).last()
    yield f"Seattle: {count} hourly temperatures, the last {describe(last)}."
    for title, mean in (("24 hours", day), ("7 days", week)):
        means = mean.window((YEAR.start + timedelta(days=7), YEAR.end)).items()
        lowest, highest = (pick(means, key=attrgetter("value")) for pick in (min, max))
        yield f"Coldest {title}: {describe(lowest)}; warmest: {describe(highest)}."


def describe(instance: StreamInstance) -> str:
    """Write an instance for people."""
    return f"{instance.value:.1f} °C up to {instance.timestamp:%d %B, %H:%M}"


def draw(folder: Path, temperature: Stream, day: Stream, week: Stream) -> Path:
    """Draw the three streams; return the path of the picture."""
    figure = Figure(figsize=(11, 5), layout="constrained")
    axes = figure.add_subplot()
    styles = (
        (temperature, {"color": "#b9c6d3", "linewidth": 0.5, "label": "hourly"}),
        (day, {"color": "#2f7fb8", "linewidth": 1.0, "label": "mean over 24 hours"}),
        (week, {"color": "#d1495b", "linewidth": 2.0, "label": "mean over 7 days"}),
    )
    for drawn, style in styles:
        drawn.window(YEAR).plot(ax=axes, **style)
    axes.set_title("Temperature in Seattle through a year (NOAA)", loc="left", fontweight="bold")
    axes.set_ylabel("°C")
    axes.margins(x=0)
    axes.grid(alpha=0.3)
    axes.spines[["top", "right"]].set_visible(False)
    axes.legend(frameon=False, loc="upper left")
    folder.mkdir(parents=True, exist_ok=True)
    path = (folder / "demo.png").resolve()
    figure.savefig(path, dpi=120)
    return path
