# %% [markdown]
# # Real-time streams
#
# You will read the sensors of this machine, receive what others send over MQTT, and ask an HTTP
# API that sometimes fails. You will see what becomes of readings that come late, or twice.

# %%
import json
import textwrap
import time
from datetime import datetime, timedelta, timezone
from statistics import fmean

import matplotlib.pyplot as plt
from matplotlib.dates import DateFormatter

from hyperstream import HyperStream, StreamId, TimeInterval
from hyperstream.utils import utcnow

hs = HyperStream(file_logger=False)
memory = hs.channel_manager.memory
sensors = hs.plugins.sensors.tools

# %% [markdown]
# The plugin `sensors` lies in `docs/tutorials/plugins/sensors`: two tools, and a broker and an
# API to try things with.
#
# ## This machine
#
# The tool `machine` measures the load of the processors, the memory in use, and how many bytes
# went through the networks. It measures *now*, and stamps what it finds with the end of the
# interval.

# %%
load = memory.get_or_create_stream("load")
machine = sensors.machine()

began = last = utcnow()
for second in range(12):
    time.sleep(0.4)
    if 4 <= second < 8:
        sum(n * n for n in range(3_000_000))  # something to measure
    now = utcnow()
    machine.execute(sources=[], sink=load, interval=TimeInterval(last, now))
    last = now

measured = load.window(TimeInterval(began, last)).items()
print(len(measured), "measurements, the last one is", measured[-1].value)

# %%
seconds = [(timestamp - began).total_seconds() for timestamp, _ in measured]
figure, axes = plt.subplots(figsize=(7, 2.5))
for name in ("cpu", "memory"):
    axes.plot(seconds, [value[name] for _, value in measured], marker="o", label=name)
axes.set(xlabel="seconds", ylabel="%", title="This machine", ylim=(0, 105))
axes.legend();

# %% [markdown]
# Most tools promise more than this one. They compute the same again, whenever they are asked, and
# an interval gives the same in one piece or in two. **The past cannot be measured again**, so
# here:
#
# - an interval that ended long ago gives nothing, and that is final;
# - what you purge is lost.
#
# Keep such a stream in the database, `hs.channel_manager.mongo`, and let everything else be
# computed from it.

# %%
yesterday = TimeInterval(began - timedelta(days=1), began - timedelta(hours=23))
machine.execute(sources=[], sink=load, interval=yesterday)
load.window(yesterday).items()

# %% [markdown]
# The bytes are counted since the machine was started. How many came in each second is for a
# second tool to say, which looks at two measurements at a time.

# %%
def bytes_a_second(measurements):
    """Return what came in between the first and the last of some measurements."""
    measurements = list(measurements)
    if len(measurements) < 2:
        return []  # which means: no value
    (start, first), (end, last) = measurements[0], measurements[-1]
    seconds = (end - start).total_seconds()
    return round((last["received"] - first["received"]) / seconds)


windows = memory.get_or_create_stream("windows of two seconds")
rate = memory.get_or_create_stream("rate")
rest = TimeInterval(began + timedelta(seconds=2), last)
hs.tools.sliding_window(lower=-2.0, increment=1.0).execute([], windows, rest)
hs.tools.sliding_apply(func=bytes_a_second).execute([windows, load], rate, rest)
rate.window(rest).values()

# %% [markdown]
# ## Sensors that send: MQTT
#
# With MQTT, sensors *publish* to a *broker*, and whoever is interested *subscribes*. Here is a
# broker, a real mosquitto. If there is none on your machine, this cell says how to install one.

# %%
from local_broker import LocalBroker

broker = LocalBroker()

# %% [markdown]
# An `MQTTChannel` turns topics into streams. What stands in braces is the meta data of the
# stream. A decoder says where value and time are in a message.

# %%
from hyperstream.channels.mqtt_channel import MQTTChannel
from hyperstream.channels.mqtt_payloads import JSONDecoder
from hyperstream.channels.mqtt_topics import Subscription

temperature = Subscription(
    "house/{house}/resident/{resident}/temp", JSONDecoder(value="celsius", timestamp="at")
)
house = MQTTChannel("house", [temperature], broker=broker.address)
hs.channel_manager.add_channel(house)

house.start()
house.wait_until_subscribed(10)

# %% [markdown]
# And here is a sensor. It says when it has measured, so that nothing depends on how long the
# message is on its way. At service level (`qos`) 1 the broker confirms what it has got.

# %%
import paho.mqtt.client as mqtt

client = mqtt.Client(mqtt.CallbackAPIVersion.VERSION2)
client.connect(broker.address["server"], broker.address["port"])
client.loop_start()


def publish(house, resident, at, celsius):
    """Publish a reading."""
    topic = f"house/{house}/resident/{resident}/temp"
    payload = json.dumps({"celsius": celsius, "at": at.isoformat()})
    client.publish(topic, payload, qos=1).wait_for_publish(10)


noon = datetime(2026, 1, 1, 12, tzinfo=timezone.utc)
ten_minutes = TimeInterval(noon, noon + timedelta(minutes=10))
residents = {("1", "ann"): 20.0, ("1", "bob"): 21.0, ("2", "eve"): 23.0}
for n in range(1, 31):
    for (number, resident), celsius in residents.items():
        publish(number, resident, noon + timedelta(seconds=20 * n), celsius + n % 7 / 10)


def wait_for(messages):
    """Wait until so many messages have been dealt with."""
    while sum(house.counts.values()) - house.counts["received"] < messages:
        time.sleep(0.01)


wait_for(90)
house.counts

# %% [markdown]
# The streams were made by themselves, when their first message came.

# %%
print(*house.find_streams(), sep="\n")

# %%
ann = house.find_stream(name="temp", resident="ann")
for timestamp, value in ann.window(ten_minutes, force_calculation=True).head(3):
    print(timestamp, value)

# %% [markdown]
# Nobody can say of a sensor that nothing more will come. So these streams have no calculated
# intervals. Tools get what is there; `force_calculation=True` says that you want that, too.
#
# The mean of each minute is computed from what has arrived.

# %%
minutes = memory.get_or_create_stream("minutes")
means = memory.get_or_create_stream(StreamId("mean", {"resident": "ann"}))


def mean(readings):
    """Return the mean of readings, and how many these are."""
    values = [value for _, value in readings]
    return {"celsius": round(fmean(values), 2), "readings": len(values)}


each_minute = hs.tools.sliding_window(lower=-60.0, upper=0.0, increment=60.0)
mean_of_each = hs.tools.sliding_apply(func=mean)


def show():
    """Compute what is missing, and show it."""
    each_minute.execute(sources=[], sink=minutes, interval=ten_minutes)
    mean_of_each.execute(sources=[minutes, ann], sink=means, interval=ten_minutes)
    for timestamp, value in means.window(ten_minutes).head(4):
        print(f"{timestamp:%H:%M}", value)


show()

# %% [markdown]
# ### Late, and twice
#
# A reading of 12:02:30 comes now. The minute to which it belongs is void, and no other.

# %%
publish("1", "ann", noon + timedelta(minutes=2, seconds=30), 30.0)
wait_for(91)
print(*means.calculated_intervals, sep="\n")

# %%
show()

# %% [markdown]
# Whoever has to be sure that a message has arrived may send it twice. The second one is known by
# its time, and changes nothing. One that says something else about the same time is logged and
# left out: what is stored is never overwritten.

# %%
publish("1", "ann", noon + timedelta(minutes=2, seconds=30), 30.0)
publish("1", "ann", noon + timedelta(minutes=2, seconds=30), 31.0)
wait_for(93)
print(house.counts)
show()

# %% [markdown]
# The broker keeps messages while nobody receives, from the first subscription on. They come as
# soon as somebody does.

# %%
house.stop()
publish("2", "eve", noon + timedelta(minutes=9, seconds=50), 25.0)

house.start()
wait_for(1)
eve = house.find_stream(name="temp", resident="eve")
for timestamp, value in eve.window(ten_minutes, force_calculation=True).tail(2):
    print(timestamp, value)

# %%
house.stop()
client.disconnect()
client.loop_stop()
broker.stop()

# %% [markdown]
# In a workflow, a node of the channel `house` is made of such streams, and the online engine
# receives for it: [a whole example](../../examples/mqtt_house/README.md).
#
# ## An API that is asked: HTTP
#
# Public APIs give weather, earthquakes or prices of electricity to whoever asks. The tool
# `http_poll` asks for an interval. What it needs to know are the address and where in the answer
# times and values are. For the earthquakes of the US Geological Survey it would be
#
# ```python
# sensors.http_poll(
#     url="https://earthquake.usgs.gov/fdsnws/event/1/query"
#     "?format=geojson&minmagnitude=5&starttime={start}&endtime={end}",
#     records="features", timestamp="properties.time", unit="ms", value="properties.mag",
# )
# ```
#
# and for the temperature in Bristol, by Open-Meteo,
#
# ```python
# sensors.http_poll(
#     url="https://archive-api.open-meteo.com/v1/archive?latitude=51.45&longitude=-2.59"
#     "&hourly=temperature_2m&start_date={start:%Y-%m-%d}&end_date={end:%Y-%m-%d}",
#     records="hourly", timestamp="time", value="temperature_2m",
# )
# ```
#
# Here the API is a small server in a thread of this notebook, so that it fails when we want it
# to.

# %%
from local_api import LocalApi

api = LocalApi()
for n in range(1, 61):
    api.readings[noon + timedelta(minutes=n)] = round(20 + n / 30 + n % 5 / 10, 2)

hour = TimeInterval(noon, noon + timedelta(hours=1))
poll = sensors.http_poll(
    url=api.url, records="readings", timestamp="at", value="celsius", tries=3, pause=0.1
)

# %% [markdown]
# ### Failures
#
# A server that is overloaded, a connection that breaks: that may pass. The tool waits and asks
# again, each time longer. Here the third try is answered.

# %%
api.troubles.extend([503, "hang up"])
outside = memory.get_or_create_stream("outside")
poll.execute(sources=[], sink=outside, interval=hour)
print(len(api.asked), "requests,", len(outside.window(hour).values()), "readings")

# %% [markdown]
# If it goes on, the tool gives up. There is one error, which says what was asked for and why
# there is no answer. Nothing is stored and nothing marked as calculated, so that the next request
# begins anew.

# %%
from hyperstream.utils.errors import ToolExecutionError

next_hour = TimeInterval(hour.end, hour.end + timedelta(hours=1))
api.troubles.extend([503, 503, 503])
try:
    poll.execute(sources=[], sink=outside, interval=next_hour)
except ToolExecutionError as error:
    print(textwrap.fill(str(error), 80))
outside.calculated_intervals

# %% [markdown]
# ### Late readings
#
# What was answered is stored, and is not asked for again.

# %%
fives = memory.get_or_create_stream("fives")
smooth = memory.get_or_create_stream("smooth")
hs.tools.sliding_window(lower=-600.0, upper=0.0, increment=300.0).execute([], fives, hour)
smoothed = hs.tools.sliding_apply(func=mean)
smoothed.execute(sources=[fives, outside], sink=smooth, interval=hour)
before = smooth.window(hour).items()

api.asked.clear()
poll.execute(sources=[], sink=outside, interval=hour)
print(len(api.asked), "requests")

# %% [markdown]
# But APIs have late readings, too: a station that was cut off delivers, a value is corrected. So
# look again from time to time. `look_again` compares, and makes void what is not so any more,
# with everything that was computed from it.

# %%
for n in (20, 21, 22):
    api.readings[noon + timedelta(minutes=n)] = 26.0  # corrected
api.readings[noon + timedelta(minutes=22, seconds=30)] = 26.5  # late
poll.look_again(outside, hour)

# %% [markdown]
# The means are taken over ten minutes. So those up to ten minutes later are void, and the rest is
# not.

# %%
print(*smooth.calculated_intervals, sep="\n")

# %%
api.asked.clear()
smoothed.execute(sources=[fives, outside], sink=smooth, interval=hour)
after = smooth.window(hour).items()
print(len(api.asked), "request:", api.asked[0].partition("?")[2])

figure, axes = plt.subplots(figsize=(7, 3))
raw = outside.window(hour).items()
axes.plot(*zip(*raw), ".", color="lightgrey", label="readings")
for label, items in [("means, before", before), ("means, after", after)]:
    axes.plot([t for t, _ in items], [v["celsius"] for _, v in items], "o-", label=label)
axes.set(xlabel="time (UTC)", ylabel="°C", title="Late readings")
axes.xaxis.set_major_formatter(DateFormatter("%H:%M"))
axes.legend();

# %% [markdown]
# Asking for what lies some time ago has the same effect with less work: the online engine asks
# for intervals that end some seconds, or hours, ago, as its configuration says.

# %%
api.stop()

# %% [markdown]
# ## Where to go next
#
# - [Workflows](05_workflows.ipynb): all of this for many streams at once.
# - [From notebook to daemon](07_from_notebook_to_daemon.ipynb): kept computed up to now.
# - [Streams from MQTT](../how_to/mqtt.md): more about topics, decoders and brokers.
# - The tools of this page: `docs/tutorials/plugins/sensors`.
