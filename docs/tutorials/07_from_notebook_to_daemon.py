# %% [markdown]
# # From notebook to daemon
#
# You will define a workflow in this notebook, hand it to the online engine, which is a program of
# its own, watch what that does, stop it, and read what it has computed.

# %%
import atexit
import math
import signal
import subprocess
import sys
import time
import urllib.request
from datetime import timedelta
from pathlib import Path
from statistics import fmean

import matplotlib.pyplot as plt
from matplotlib.dates import DateFormatter

from hyperstream import HyperStream, TimeInterval
from hyperstream.online_engine import engine_status

hs = HyperStream(file_logger=False)

# So that this notebook begins anew, also where it was run before.
if "pendulum" in hs.workflow_manager.workflows:
    for node in hs.workflow_manager.workflows["pendulum"].nodes.values():
        node.purge()
    hs.workflow_manager.delete_workflow("pendulum")

# %% [markdown]
# ## An online workflow
#
# A clock ticks twice a second, a pendulum swings once in ten, and over the last five seconds the
# mean is taken. `online=True` says that this is to be kept computed up to now.

# %%
def angle(tick):
    """Return where the pendulum is, in degrees."""
    return 10 * math.sin(2 * math.pi * tick.timestamp() / 10)


def mean(instances):
    """Return the mean of the values."""
    return fmean(value for _, value in instances)


with hs.create_workflow("pendulum", "Pendulum", "you", "A swing", online=True) as workflow:
    tick = workflow.create_node("tick", "mongo")
    swing = workflow.create_node("swing", "mongo")
    window = workflow.create_node("window", "mongo")
    smooth = workflow.create_node("smooth", "mongo")

    tick[None] = hs.factors.clock(sources=None, stride=0.5)
    swing[None] = hs.factors.apply(sources=[tick[None]], func=angle)
    window[None] = hs.factors.sliding_window(sources=None, lower=-5.0, upper=0.0, increment=0.5)
    smooth[None] = hs.factors.sliding_apply(sources=[window[None], swing[None]], func=mean)

# %% [markdown]
# Until now it is in this notebook only. `commit_workflow` stores the definition in the database,
# with the two functions, which are signed with your key. Nothing else is needed elsewhere.

# %%
hs.workflow_manager.commit_workflow("pendulum")

# %% [markdown]
# ## The engine
#
# The section `online_engine` of `hyperstream_config.json` says how it runs: each second it asks
# for what lies between 60 seconds ago and one second ago.

# %%
hs.config.online_engine

# %% [markdown]
# In a terminal you would type
#
# ```console
# hyperstream engine run --workflow pendulum --metrics-port 0 --history
# ```
#
# `--metrics-port` lets it tell how it gets on, at a free port here; `--history` keeps a record of
# each call of a tool. This notebook starts it by itself. It ends with the notebook, if not
# before.

# %%
arguments = ["--workflow", "pendulum", "--metrics-port", "0", "--history"]
program = [sys.executable, "-m", "hyperstream"]
log = Path("output/engine.log")
log.parent.mkdir(exist_ok=True)
with log.open("w") as errors:
    engine = subprocess.Popen([*program, "engine", "run", *arguments], stderr=errors)
atexit.register(engine.kill)


def wait_until(condition):
    """Wait until something is true, while the engine runs."""
    while not condition():
        if engine.poll() is not None:
            raise RuntimeError(log.read_text())
        time.sleep(0.1)


def show(text):
    """Print lines of a log, without date, level and the name of the module."""
    for line in text.splitlines():
        print(line[11:19], line.partition(": ")[2])


wait_until(lambda: log.read_text().count("completed in") >= 4)
show(log.read_text())

# %% [markdown]
# The first request is the whole minute. After that, each one goes on from where the last has
# ended.
#
# ## Watching it
#
# How far the workflow is stands in the database. So you can ask from anywhere:

# %%
print(subprocess.check_output([*program, "engine", "status"], text=True))

# %% [markdown]
# or in a program,

# %%
def state():
    """Return how the workflow gets on."""
    return next(each for each in engine_status(hs) if each.workflow_id == "pendulum")


found = state()
print("completed up to", found.interval.end, "by", found.engine)

# %% [markdown]
# Prometheus collects the metrics. This is what it reads:

# %%
address = log.read_text().partition("Metrics are at ")[2].split()[0]
with urllib.request.urlopen(address) as answer:
    metrics = answer.read().decode()
for line in metrics.splitlines():
    if line.startswith("hyperstream_"):
        print(line)

# %% [markdown]
# ## Reading what it computes
#
# The streams are in the database, and so are the marks of what is calculated. Reading waits for
# nothing, and computes nothing.

# %%
end = state().interval.end
last_minute = TimeInterval(end - timedelta(seconds=60), end)

figure, axes = plt.subplots(figsize=(7, 3))
for node in (swing, smooth):
    items = node.streams[None].window(last_minute).items()
    axes.plot(*zip(*items), ".-", label=node.node_id)
axes.set(xlabel="time (UTC)", ylabel="degrees", title="The last minute")
axes.xaxis.set_major_formatter(DateFormatter("%H:%M:%S"))
axes.legend(loc="upper right");

# %% [markdown]
# ## Stopping it
#
# SIGTERM is what `systemd` sends, or `kill`. The engine ends what it is doing, gives the workflow
# back, and exits with code 0.

# %%
engine.send_signal(signal.SIGTERM)
print("exit code", engine.wait(30))
show("\n".join(log.read_text().splitlines()[-2:]))

# %% [markdown]
# Time goes on without it. When the next engine starts, it goes on from where the last one was:
# nothing is left out, and nothing is computed twice. `--once` does that, and ends.

# %%
stopped = state().interval.end
time.sleep(3)
once = [*program, "engine", "run", "--once", "--history"]
show(subprocess.run(once, check=True, capture_output=True, text=True).stderr)

# %%
print("stopped at", stopped)
smooth.streams[None].calculated_intervals

# %% [markdown]
# ## Who was it?
#
# Each of the two engines had a session, with a history. So it can be said of each piece of a
# stream which process has computed it, when, with which tool, and from what.

# %%
around = TimeInterval(stopped - timedelta(seconds=2), stopped + timedelta(seconds=2))
for piece in hs.provenance(smooth.streams[None], around):
    print(piece.interval.humanized, "by", piece.tool, "in", str(piece.session_id)[:8])

# %%
for session in hs.sessions:
    written = sum(each.document_count for each in session.history)
    print(str(session.session_id)[:8], f"began {session.start:%H:%M:%S}: {written} instances")

# %% [markdown]
# ## As a service
#
# On a server you would let `systemd` start the engine, and start it again after a reboot or a
# crash. [The online engine](../online_engine.md) has the file for that, says what happens when
# the database is away, a workflow fails or a second engine is started, and explains all options.

# %%
# This database is the notebook's own. So that nothing executes the workflow any more:
hs.workflow_manager.delete_workflow("pendulum")

# %% [markdown]
# ## Where to go next
#
# - [The online engine](../online_engine.md): options, failures, `systemd`, metrics.
# - [Real-time streams](04_real_time_streams.ipynb): where the data may come from.
# - [Houses and MQTT](../../examples/mqtt_house/README.md): an online workflow on what sensors
#   send.
