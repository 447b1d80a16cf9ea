# %% [markdown]
# # Your own tools
#
# You will write a tool, try it, find out whether it keeps what every tool promises, make it part
# of a plugin, and give it a second version. The data are four years of weather in Seattle
# ([source](data.md)).

# %%
import shutil
from datetime import datetime
from pathlib import Path
from textwrap import fill

import matplotlib.pyplot as plt
import pandas as pd

from hyperstream import (
    AggregateTool,
    HyperStream,
    MultiOutputTool,
    StreamInstance,
    StreamMetaInstance,
    TimeInterval,
    TimeIntervals,
    Tool,
)
from hyperstream.testing import check_tool, try_aggregate_tool, try_multi_output_tool, try_tool

hs = HyperStream(file_logger=False)
memory = hs.channel_manager.memory

four_years = TimeInterval(datetime(2011, 12, 31), datetime(2015, 12, 31))
table = pd.read_csv("data/seattle_weather.csv", index_col="date", parse_dates=True)
weather = memory.get_or_create_stream("weather")
weather.from_pandas(table)
weather.calculated_intervals = TimeIntervals([four_years])
weather.window(four_years).first().value

# %% [markdown]
# Each value is a dict, with temperatures in °C and rain in mm. Saying that the stream is
# calculated tells others that all data of these years are there.
#
# ## Often a function is enough
#
# The tool `apply` calls a function of yours with each value.


# %%
def mean(day):
    return (day["coldest"] + day["warmest"]) / 2


temperature = memory.get_or_create_stream("temperature")
hs.tools.apply(func=mean).execute(sources=[weather], sink=temperature, interval=four_years)
temperature.window(four_years)

# %% [markdown]
# ## A tool
#
# A tool is a class. It has a name, parameters, and versions, and others can use it. This one says
# how many degrees a day is too cold, which tells how much heating is needed.
#
# - The parameters are those of `__init__`, and are handed on to `super().__init__`.
# - `_execute` yields a `StreamInstance` for each result within the interval.
# - It reads its sources by `window(interval, force_calculation=True)`: then whatever is missing
#   there is computed first.


# %%
class DegreeDays(Tool):
    def __init__(self, base=18.0):
        super().__init__(base=base)
        self.base_temperature = base

    def _execute(self, sources, alignment_stream, interval):
        for timestamp, day in sources[0].window(interval, force_calculation=True):
            yield StreamInstance(timestamp, max(0.0, self.base_temperature - mean(day)))


try_tool(DegreeDays(base=18), [{"coldest": 2, "warmest": 8}, {"coldest": 15, "warmest": 25}])

# %% [markdown]
# `try_tool` gives a tool some values, for the seconds 1, 2, 3, …, and returns what it makes of
# them. Now for real:

# %%
heating = memory.get_or_create_stream("heating")
DegreeDays(base=18).execute(sources=[weather], sink=heating, interval=four_years)

fig, ax = plt.subplots(figsize=(9, 3))
heating.window(four_years).plot(ax=ax, linewidth=0.8)
ax.set(title="How much too cold Seattle was", ylabel="degrees below 18 °C")
plt.show()

# %% [markdown]
# ## What every tool promises
#
# An interval may be computed at once, or piece by piece, in any order and in several processes.
# The result must be the same. So a tool must not carry anything from one call to the next, and not
# depend on where an interval begins. `check_tool` finds out. Here is a tool that breaks the
# promise.


# %%
class TotalRain(Tool):
    def _execute(self, sources, alignment_stream, interval):
        total = 0.0
        for timestamp, day in sources[0].window(interval, force_calculation=True):
            total += day["rain"]
            yield StreamInstance(timestamp, total)


week = TimeInterval(datetime(2012, 1, 1), datetime(2012, 1, 8))
days = [tuple(instance) for instance in weather.window(week)]
try:
    check_tool(TotalRain, [days], week)
except AssertionError as error:
    print(fill(str(error), width=90))

# %% [markdown]
# Its total begins at 0 wherever an interval begins. The way out is to say over what to sum:
# `sliding_apply` and `relative_window` read as far back as their windows reach.
#
# Our own tool is fine, as silence says:

# %%
found = check_tool(DegreeDays, [days], week)

# %% [markdown]
# ## A tool in a plugin
#
# In a notebook, a tool is known to that notebook only. In a *plugin*, a folder that is named in
# `hyperstream_config.json`, workflows and other people find it. The command line makes a plugin to
# begin with, and a tool in it with its test. Both work as they are: replace what they do by what
# you need.

# %%
shutil.rmtree("output/heating", ignore_errors=True)
# !hyperstream init output/heating --plugin heating
# !cd output/heating && hyperstream tools new degree_days --kind tool --plugin heating
# !cd output/heating && hyperstream tools check plugins/heating/tools/degree_days/2*.py

# %% [markdown]
# The name of the file is the date and the version of the tool. The class has the name of the
# folder, in CamelCase.
#
# This folder has a plugin `tutorial`, with our tool as it looks when it is done. Compared to the
# one above it has types, a docstring with an example, and `reach`: which part of its source an
# output depends on. So late data make no more void than they must.

# %%
folder = Path("plugins/tutorial/tools/degree_days")
print((folder / "2026-01-05_v1.0.0.py").read_text())

# %% [markdown]
# HyperStream has it as a function that makes the tool, with the same parameters:

# %%
tool = hs.plugins.tutorial.tools.degree_days(base=18)
print(tool, "version", tool.version)

# %% [markdown]
# ## Versions
#
# That was version 1.1.0, the latest. A tool that gets another meaning gets another file, and the
# one before stays: whoever wants to compute as before asks for its version. The new one has a
# further parameter: on days that are mild enough the heating is off.

# %%
for file in sorted(folder.glob("2*.py")):
    print(file.name)

tools = hs.plugins.tutorial.tools
versions = {
    "1.0.0": tools.degree_days(base=18, version="1.0.0"),
    "1.1.0": tools.degree_days(base=18, limit=15),
}
spring = TimeInterval(datetime(2015, 3, 1), datetime(2015, 6, 30))
fig, ax = plt.subplots(figsize=(9, 3))
for version, tool in versions.items():
    sink = memory.get_or_create_stream(f"heating {version}")
    tool.execute(sources=[weather], sink=sink, interval=four_years)
    sink.window(spring).plot(ax=ax, label=f"version {version}", drawstyle="steps-mid")
ax.set(title="Spring 2015", ylabel="degrees below 18 °C")
ax.legend()
plt.show()

# %% [markdown]
# ## Kinds of tools
#
# | derives from | makes | of |
# |---|---|---|
# | `Tool` | one stream | any number of streams |
# | `AggregateTool` | one stream | the streams of a plate, such as all rooms of a house |
# | `MultiOutputTool` | the streams of a plate | one stream |
# | `SelectorTool` | some of the streams of a plate | these streams |
# | `PlateCreationTool` | the values of a plate | one stream |
#
# Plates are explained in the [tutorial on workflows](05_workflows.ipynb). An aggregate tool gets
# the streams of all plate values as its sources:


# %%
class Range(AggregateTool):
    def _execute(self, sources, alignment_stream, interval):
        by_time = {}
        for source in sources:
            for timestamp, value in source.window(interval, force_calculation=True):
                by_time.setdefault(timestamp, []).append(value)
        for timestamp in sorted(by_time):
            yield StreamInstance(timestamp, max(by_time[timestamp]) - min(by_time[timestamp]))


rooms = {"hall": [20, 21, 22], "attic": [12, 12, 30]}
try_aggregate_tool(Range(aggregation_meta_data="room"), rooms)

# %% [markdown]
# A tool with many outputs says for each instance which plate value it is for:


# %%
class BySeason(MultiOutputTool):
    def _execute(self, source, splitting_stream, interval, meta_data_id, output_plate_values):
        for instance in source.window(interval, force_calculation=True):
            season = "winter" if instance.value < 10 else "summer"
            yield StreamMetaInstance(instance, (meta_data_id, season))


try_multi_output_tool(BySeason(), [5, 25, 7, 18], ["winter", "summer"])

# %%
HyperStream.reset()

# %% [markdown]
# ## Where to go next
#
# - [Stream composition](03_stream_composition.ipynb): chains of tools, and data that come late.
# - [Real-time streams](04_real_time_streams.ipynb): tools that read what arrives just now.
# - [Workflows](05_workflows.ipynb): tools on plates.
