# %% [markdown]
# # Stream composition
#
# You will put tools together: one after the other, beside each other, over windows, and across
# channels. Then data come late, and you will see what is computed again. The data are four years
# of weather in Seattle ([source](data.md)).

# %%
from datetime import datetime, timedelta
from statistics import fmean
from textwrap import fill

import matplotlib.pyplot as plt
import pandas as pd

from hyperstream import DuplicateInstanceError, HyperStream, StreamId, TimeInterval, TimeIntervals
from hyperstream.itertools2 import online_average, online_sum

hs = HyperStream(file_logger=False)
memory = hs.channel_manager.memory
mongo = hs.channel_manager.mongo

start = datetime(2011, 12, 31)
four_years = TimeInterval(start, datetime(2015, 12, 31))
table = pd.read_csv("data/seattle_weather.csv", index_col="date", parse_dates=True)
table.head()

# %% [markdown]
# ## The measurements
#
# They go into a stream in memory, a dict for each day. In March 2013 the line to the station was
# down, let us say: these two weeks will come later.

# %%
gap = slice("2013-03-04", "2013-03-17")
late = table[gap]

weather = memory.get_or_create_stream("weather")
weather.from_pandas(table.drop(late.index))
weather.calculated_intervals = TimeIntervals([four_years])

# %% [markdown]
# ## One after the other
#
# `component` takes the rain out of each dict. `sliding_window` gives the weeks, and
# `sliding_apply` adds up the rain of each. The sums go into the database, everything else stays in
# memory. Tools do not care where their streams live.

# %%
rain = memory.get_or_create_stream("rain")
weeks = memory.get_or_create_stream("weeks")
week = timedelta(days=7)
rain_of_week = mongo.get_or_create_stream(StreamId("rain_of_week", {"place": "Seattle"}))
rain_of_week.purge()  # forget what an earlier run of this notebook has computed

first_year = TimeInterval(start, datetime(2012, 12, 31))
tool = hs.tools.component(key="rain")
tool.execute(sources=[weather], sink=rain, interval=first_year)
tool = hs.tools.sliding_window(first=start, lower=-week, upper=0, increment=week)
tool.execute(sources=[], sink=weeks, interval=first_year)
tool = hs.tools.sliding_apply(func=online_sum)
tool.execute(sources=[weeks, rain], sink=rain_of_week, interval=first_year)

rain_of_week.window(first_year)

# %% [markdown]
# ## Asking the last one is enough
#
# So far the first year is computed. Each stream knows by now which tool computes it, and from
# what. A view with `force_calculation=True` has computed whatever is missing, all the way up.

# %%
view = rain_of_week.window(four_years, force_calculation=True)
print("weeks:", len(view.values()))
for stream in (rain, weeks, rain_of_week):
    print(stream, stream.calculated_intervals)

# %% [markdown]
# Without `force_calculation`, a view gives what is there, and warns where that is not all. Nothing
# is computed by just looking.
#
# ## Beside each other
#
# Streams with equal meta data tags belong together. Here are two temperatures of each day, and
# `aggregate`, which applies a function to what several streams have at one time.

# %%
temperatures = []
for kind in ("coldest", "warmest"):
    stream = memory.get_or_create_stream(StreamId("temperature", {"kind": kind}))
    hs.tools.component(key=kind).execute(sources=[weather], sink=stream, interval=four_years)
    temperatures.append(stream)

mean = memory.get_or_create_stream("mean_temperature")
tool = hs.tools.aggregate(func=fmean, aggregation_meta_data="kind")
tool.execute(sources=temperatures, sink=mean, interval=four_years)
mean.window(four_years)

# %% [markdown]
# ## Windows
#
# | tool | gives |
# |---|---|
# | `sliding_window` | a window at equal distances, whatever the data |
# | `aligning_window` | a window around each instance of a source |
# | `relative_window` | at each tick, the data before it as a list |
#
# With `aligning_window`, each day gets the mean of the thirty days up to it.

# %%
month = memory.get_or_create_stream("month")
smooth = memory.get_or_create_stream("smooth_temperature")
tool = hs.tools.aligning_window(lower=-timedelta(days=30), upper=0)
tool.execute(sources=[mean], sink=month, interval=four_years)
tool = hs.tools.sliding_apply(func=online_average)
tool.execute(sources=[month, mean], sink=smooth, interval=four_years)

fig, ax = plt.subplots(figsize=(9, 3.5))
mean.window(four_years).plot(ax=ax, color="lightgray", label="each day")
smooth.window(four_years).plot(ax=ax, label="mean of thirty days")
ax.set(title="Seattle", ylabel="temperature (°C)")
ax.legend()
plt.show()

# %% [markdown]
# ## Aligning
#
# To relate two streams they must have the same timestamps. The temperature of each week has those
# of the rain: both are computed over the same windows. `aligned_merge` makes one stream of them,
# and leaves out what only one of them has.

# %%
mean_of_week = memory.get_or_create_stream("mean_of_week")
tool = hs.tools.sliding_apply(func=online_average)
tool.execute(sources=[weeks, mean], sink=mean_of_week, interval=four_years)

both = memory.get_or_create_stream("both")
tool = hs.tools.aligned_merge(names=["rain", "temperature"])
tool.execute(sources=[rain_of_week, mean_of_week], sink=both, interval=four_years)

frame = both.window(four_years).to_pandas()
fig, ax = plt.subplots(figsize=(6, 4))
points = ax.scatter(frame["temperature"], frame["rain"], c=frame.index.month, cmap="twilight", s=18)
ax.set(xlabel="temperature of the week (°C)", ylabel="rain of the week (mm)", title="Seattle")
fig.colorbar(points, label="month", ticks=range(1, 13))
plt.show()

# %% [markdown]
# ## Splitting
#
# A tool with many outputs divides a stream. `splitter` looks at one element of each dict, and
# gives the rest to the stream that belongs to it.

# %%
kinds = ["drizzle", "fog", "rain", "snow", "sun"]
outputs = {kind: memory.get_or_create_stream(StreamId("days", {"weather": kind})) for kind in kinds}
hs.tools.splitter(element="weather", mapping={kind: kind for kind in kinds}).execute(
    source=weather,
    splitting_stream=None,
    sinks=list(outputs.values()),
    interval=four_years,
    meta_data_id="weather",
    output_plate_values=kinds,
)
for kind, stream in outputs.items():
    print(f"{len(stream.window(four_years).values()):4} days of {kind}")

# %% [markdown]
# The stream of each value of `weather` is what a *plate* is made of. In
# [workflows](05_workflows.ipynb), plates save you such lists and dicts.
#
# ## Late data
#
# The two weeks that were missing arrive. They are written like all others.

# %%
spring = TimeInterval(datetime(2013, 1, 31), datetime(2013, 4, 30))
before = rain_of_week.window(spring).to_pandas()

weather.from_pandas(late)
for stream in (rain, rain_of_week, smooth):
    missing = TimeIntervals([spring]) - stream.calculated_intervals
    print(f"{stream!s:34} is void from {missing.start:%d %B} to {missing.end:%d %B}")

# %% [markdown]
# What was computed from these two weeks does not count as calculated any more, in all streams down
# to the database: the rain of these days, the weeks that have a part in them, the thirty days that
# reach back to them. All else is as it was. Who asks now has just that computed anew.

# %%
after = rain_of_week.window(spring, force_calculation=True).to_pandas()

fig, ax = plt.subplots(figsize=(9, 3))
ax.bar(after.index, after["value"], width=5, label="with the late data")
ax.bar(before.index, before["value"], width=5, label="without")
ax.set(title="Seattle, spring 2013", xlabel="week up to", ylabel="rain (mm)")
ax.legend()
plt.show()

# %% [markdown]
# ## Corrections
#
# A stream never changes what it holds in silence: another value at the same time is an error.

# %%
day = datetime(2013, 3, 20)
corrected = {**table.loc[day].to_dict(), "rain": 25.0}
try:
    weather.writer([(day, corrected)])
except DuplicateInstanceError as error:
    print(fill(str(error), width=90))

# %% [markdown]
# So remove the old value, and write the new one. This counts as late data: the week with that day
# is computed again.


# %%
def change_of(before):
    now = rain_of_week.window(spring, force_calculation=True).to_pandas()
    return (now - before).query("value != 0")


weather.purge((day - timedelta(days=1), day))
weather.writer([(day, corrected)])
change_of(after)

# %% [markdown]
# Where nothing is written, say what has changed by `invalidate`: after you have removed data, or
# when a file that a tool has read was corrected.

# %%
weather.purge((day - timedelta(days=1), day))
weather.invalidate((day - timedelta(days=1), day))
change_of(after)

# %%
HyperStream.reset()

# %% [markdown]
# ## Where to go next
#
# - [Real-time streams](04_real_time_streams.ipynb): data that arrive just now.
# - [Workflows](05_workflows.ipynb): the same chain of tools for many streams.
