"""Channels, plates, and tools that note what they are asked, for the tests of workflows.

What is noted is text: ``raw[1.a] (0, 10]`` is stream ``raw`` of house 1 and resident a, over ten
seconds from the start of 2020.
"""

from __future__ import annotations

from hyperstream.channel_manager import ChannelManager
from hyperstream.factories import FactorContainer, ToolContainer
from hyperstream.storage.memory import MemoryCatalogue
from hyperstream.stream import StreamInstance, StreamMetaInstance
from hyperstream.testing.conformance.base import stored, write
from hyperstream.testing.times import START
from hyperstream.time_interval import RelativeTimeInterval
from hyperstream.tool import (
    AggregateTool,
    MultiOutputTool,
    PlateCreationTool,
    SelectorTool,
    Tool,
)
from hyperstream.workflow.meta_data_manager import MetaDataManager
from hyperstream.workflow.plate_manager import PlateManager
from hyperstream.workflow.workflow import Workflow
from tests.workflow.sides import DEFINED, META_DATA


class Bench:
    """Channels, the plates of `sides`, tools and factors: what a HyperStream has."""

    def __init__(self, plugins=()):
        catalogue = MemoryCatalogue()
        self.channels = ChannelManager(plugins)
        self.plates = PlateManager(MetaDataManager(catalogue), catalogue)
        self.meta_data = self.plates.meta_data_manager
        self.meta_data.insert_many(META_DATA)
        for plate_id, tag, values, parent in DEFINED:
            self.plates.create_plate(plate_id, None, tag, values, not values, parent)
        self.tools = ToolContainer(self.channels)
        self.factors = FactorContainer(self.channels)

    def workflow(self, workflow_id="w", **options):
        """Make a workflow."""
        managers = {"channel_manager": self.channels, "plate_manager": self.plates}
        return Workflow(workflow_id, "A workflow", "For tests", "me", **managers, **options)


class _Noting:
    """Notes what it is asked; fails where a stream that is `broken` is among the sources."""

    def __init__(self, mark="", **parameters):
        super().__init__(mark=mark, **parameters)
        self.asked = []
        self.broken = set()

    def note(self, sources, interval, helper=None, more=""):
        """Note a call."""
        names = [label(source) for source in sources if source is not None]
        aligned = "" if helper is None else f" by {label(helper)}"
        self.asked.append(f"{', '.join(names)}{aligned} {span(interval)}{more}")
        if not self.broken.isdisjoint(names):
            raise RuntimeError("it is broken")


class Sum(_Noting, Tool):
    """Adds up what its sources hold at each time."""

    def _execute(self, sources, alignment_stream, interval):
        self.note(sources, interval, alignment_stream)
        yield from added(sources, interval)

    def reach(self, interval, sources=()):
        """Need just the interval."""
        return interval


class Back(_Noting, Tool):
    """Adds up what its source held in so many seconds before each of its times."""

    def __init__(self, seconds, mark=""):
        super().__init__(mark=mark, seconds=seconds)

    def reach(self, interval, sources=()):
        """Need so many seconds before."""
        return interval + RelativeTimeInterval(-self.seconds, 0)

    def _execute(self, sources, alignment_stream, interval):
        self.note(sources, interval)
        known = sources[0].window(self.reach(interval), force_calculation=True).items()
        for timestamp, _ in known:
            if timestamp in interval:
                window = self.reach_of(timestamp)
                yield StreamInstance(timestamp, sum(value for at, value in known if at in window))

    def reach_of(self, timestamp):
        """Return the window of one time."""
        return RelativeTimeInterval(-self.seconds, 0).absolute(timestamp)


class Far(Back):
    """Does the same without saying how far back it looks."""

    def reach(self, interval, sources=()):
        """Do not tell."""

    def _execute(self, sources, alignment_stream, interval):
        self.note(sources, interval)
        before = interval + RelativeTimeInterval(-self.seconds, 0)
        for timestamp, value in sources[0].window(before, force_calculation=True):
            if timestamp in interval:
                yield StreamInstance(timestamp, value)


class Total(_Noting, AggregateTool):
    """Adds up all streams of a plate."""

    def __init__(self, aggregation_meta_data, mark=""):
        super().__init__(mark=mark, aggregation_meta_data=aggregation_meta_data)

    def _execute(self, sources, alignment_stream, interval):
        self.note(sources, interval, alignment_stream)
        yield from added(sources, interval)

    def reach(self, interval, sources=()):
        """Need just the interval."""
        return interval


class Pick(_Noting, SelectorTool):
    """Takes the streams of one value of the selected tag, or all of them."""

    def __init__(self, selector_meta_data=None, data=None, mark=""):
        super().__init__(mark=mark, selector_meta_data=selector_meta_data, data=data)

    def _execute(self, sources, interval):
        self.note(sources, interval)
        pair = (self.selector_meta_data, self.data)
        for source in sources:
            own = source.stream_id.meta_data
            if self.data is None or pair in own:
                left = tuple(each for each in own if self.data is None or each != pair)
                for instance in source.window(interval, force_calculation=True):
                    yield StreamMetaInstance(instance, left)


class Split(_Noting, MultiOutputTool):
    """Gives each item of a dict to the plate value of its key."""

    def _execute(self, source, splitting_stream, interval, meta_data_id, output_plate_values):
        values = ", ".join(map(data_of, output_plate_values))
        self.note([source], interval, splitting_stream, f" onto {meta_data_id}: {values}")
        for timestamp, value in source.window(interval, force_calculation=True) if source else ():
            for key, each in value.items():
                yield StreamMetaInstance(StreamInstance(timestamp, each), (meta_data_id, key))

    def reach(self, interval, sources=()):
        """Need just the interval."""
        return interval


class Find(_Noting, PlateCreationTool):
    """Finds the plate values that its source holds, or those given."""

    def __init__(self, names=(), mark=""):
        super().__init__(mark=mark, names=names)

    def _execute(self, source, interval):
        self.note([source], interval)
        found = source.window(interval, force_calculation=True).values() if source else self.names
        for name in found:
            yield StreamMetaInstance(StreamInstance(interval.end, None), name)


def added(sources, interval):
    """Return the sum of what streams hold at each time that all of them have."""
    known = [dict(source.window(interval, force_calculation=True).items()) for source in sources]
    for timestamp in known[0] if known else ():
        if all(timestamp in each for each in known):
            yield StreamInstance(timestamp, sum(each[timestamp] for each in known))


def label(stream):
    """Return what a stream is called in notes: ``raw[1.a]``."""
    data = data_of(stream.stream_id.meta_data)
    return f"{stream.stream_id.name}[{data}]" if data else stream.stream_id.name


def data_of(value):
    """Return the data of a plate value: ``1.a``."""
    return ".".join(data for _, data in value or ())


def span(interval):
    """Return an interval in seconds: ``(0, 10]``."""
    start, end = ((moment - START).total_seconds() for moment in (interval.start, interval.end))
    return f"({start:g}, {end:g}]"


def fill(node, *values):
    """Write values to each stream of a node, at 1, 2, 3, … seconds, as by hand."""
    for stream in node:
        write(stream, dict(enumerate(values, start=1)))


def held(node):
    """Return the values that each stream of a node holds."""
    return {data_of(key): [value for _, value in stored(node.streams[key])] for key in node.streams}


def marked(node):
    """Return what of each stream of a node is calculated."""
    return {
        data_of(key): " ".join(map(span, stream.calculated_intervals))
        for key, stream in node.streams.items()
    }


def arrows(factor):
    """Return what each call of a factor reads and computes: ``raw[1], by[1] -> sink[1.a]``."""
    return [
        f"{', '.join(map(label, call.sources))} -> {', '.join(map(label, call.sinks))}".strip()
        for call in factor.calls()
    ]
