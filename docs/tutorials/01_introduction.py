# %% [markdown]
# # Introduction
#
# You will learn what streams, channels, time intervals and tools are, and what it means that
# everything is computed once. The data are weekly measurements of carbon dioxide on a mountain in
# Hawaii ([source](data.md)).

# %%
from datetime import datetime, timedelta

import matplotlib.pyplot as plt

from hyperstream import HyperStream, StreamId, TimeInterval
from hyperstream.itertools2 import online_average

hs = HyperStream(file_logger=False)
hs

# %% [markdown]
# `HyperStream()` reads `hyperstream_config.json` in the working directory. It starts a database of
# its own when one is first needed, unless the configuration names a MongoDB server.
#
# ## Time intervals
#
# An interval **does not include its start and does include its end**. So neighbouring intervals,
# such as this hour and the next one, share no moment, and none lies between them.

# %%
noon = datetime(2026, 1, 1, 12)
hour = TimeInterval(noon, noon + timedelta(hours=1))
print(hour)
print("12:00 is inside:", hour.start in hour)
print("13:00 is inside:", hour.end in hour)

# %% [markdown]
# All times are UTC, in milliseconds. A `datetime` without a time zone is taken as UTC.
#
# ## Channels and streams
#
# A *stream* is a series of values, each with a timestamp. It lives in a *channel*: `memory`
# forgets everything when the program ends, `mongo` is the database. A stream has a name and, if
# you like, meta data: together they are its `StreamId`.

# %%
memory = hs.channel_manager.memory
mongo = hs.channel_manager.mongo
ticks = memory.get_or_create_stream(StreamId("ticks", {"every": "15 minutes"}))
ticks

# %% [markdown]
# ## Tools
#
# A *tool* computes a stream, its *sink*, from others, its *sources*, over an interval. The clock
# needs no source.

# %%
clock = hs.tools.clock(stride=timedelta(minutes=15))
clock.execute(sources=[], sink=ticks, interval=hour)
for timestamp in ticks.window(hour).timestamps():
    print(timestamp)

# %% [markdown]
# `ticks.window(hour)` is a view on what the stream holds in that hour. As the interval includes
# its end, there is 13:00, and no 12:00.
#
# ## Measurements
#
# The plugin `data_importers` has tools that read files. Its `csv_reader` gives the numbers of each
# row as a list.

# %%
all_years = TimeInterval(datetime(1958, 1, 1), datetime(2002, 1, 1))

rows = memory.get_or_create_stream("rows")
reader = hs.plugins.data_importers.tools.csv_reader(filename="data/co2.csv")
reader.execute(sources=[], sink=rows, interval=all_years)
rows.window(all_years).head(3)

# %% [markdown]
# Tools are chained by using the sink of one as the source of the next. Here `slice` takes the
# first number of each list. The sink is in the database this time.

# %%
co2 = mongo.get_or_create_stream(StreamId("co2", {"place": "Mauna Loa"}))
hs.tools.slice(index=0).execute(sources=[rows], sink=co2, interval=all_years)
co2.window(all_years)

# %%
fig, ax = plt.subplots(figsize=(9, 3.5))
co2.window(all_years).plot(ax=ax)
ax.set(title="Carbon dioxide on Mauna Loa", ylabel="ppm")
plt.show()

# %% [markdown]
# ## Windows
#
# Plants make it go down each summer. To see the trend, take the mean of each twelve months.
# `sliding_window` says over what: every four weeks, a window of the year before. `sliding_apply`
# applies a function to what lies in each of these windows.

# %%
since_1959 = TimeInterval(datetime(1959, 4, 1), datetime(2002, 1, 1))
year = timedelta(days=365)

windows = memory.get_or_create_stream("windows")
tool = hs.tools.sliding_window(
    first=datetime(1959, 4, 1), lower=-year, upper=0, increment=timedelta(weeks=4)
)
tool.execute(sources=[], sink=windows, interval=since_1959)

trend = mongo.get_or_create_stream(StreamId("trend", {"place": "Mauna Loa"}))
mean = hs.tools.sliding_apply(func=online_average)
mean.execute(sources=[windows, co2], sink=trend, interval=since_1959)

fig, ax = plt.subplots(figsize=(9, 3.5))
co2.window(since_1959).plot(ax=ax, color="lightgray", label="each week")
trend.window(since_1959).plot(ax=ax, label="mean of a year")
ax.set(title="Carbon dioxide on Mauna Loa", ylabel="ppm")
ax.legend()
plt.show()

# %% [markdown]
# ## Computed once
#
# A stream remembers which intervals have been calculated.

# %%
print(trend.calculated_intervals)

# %% [markdown]
# Whoever asks for an interval causes only that part to be computed that is missing. To see this,
# let a function count how often it is called.

# %%
calls = 0


def added_by_people(ppm):
    global calls
    calls += 1
    return ppm - 280  # what there was before factories


added = mongo.get_or_create_stream("added")
added.purge()  # forget what an earlier run of this notebook has computed
tool = hs.tools.apply(func=added_by_people)

for first, last in [(1960, 1970), (1960, 1970), (1965, 1980)]:
    calls = 0
    asked = TimeInterval(datetime(first, 1, 1), datetime(last, 1, 1))
    tool.execute(sources=[co2], sink=added, interval=asked)
    print(f"{first} to {last}: {calls:3} calls, {len(added.window(asked).values()):3} values")

# %% [markdown]
# The first time, all weeks are computed; the second time, none; the third time, only those since
# 1970. This holds in other processes, too, and after a crash: an interval counts as calculated
# when all of its data are in the database, and not before.
#
# ## What stays
#
# `HyperStream.reset()` ends the HyperStream of this process, as the end of a program does. In a
# new one, the streams in the database are there with what they remember. Those in memory are gone.

# %%
HyperStream.reset()
hs = HyperStream(file_logger=False)

for channel in (hs.channel_manager.memory, hs.channel_manager.mongo):
    print(channel.channel_id, "has", ", ".join(map(str, channel.streams)) or "nothing")

# %%
co2 = hs.channel_manager.mongo.get_or_create_stream(StreamId("co2", {"place": "Mauna Loa"}))
print(co2.calculated_intervals)

# %% [markdown]
# ## pandas
#
# A window becomes a pandas table, for everything that pandas does well.

# %%
table = co2.window(all_years).to_pandas()
table.head()

# %%
table["value"].resample("10YS").agg(["min", "mean", "max"]).round(1)

# %%
HyperStream.reset()

# %% [markdown]
# ## Where to go next
#
# - [Your own tools](02_your_own_tools.ipynb): a function of yours as a tool that others can use.
# - [Stream composition](03_stream_composition.ipynb): chains of tools, and data that come late.
# - [Workflows](05_workflows.ipynb): the same for many streams at once.
