# %% [markdown]
# # Workflows
#
# You will define a computation once, for all cities of all countries, execute it, look at it,
# store it, and run it from another program. The data are temperatures of nine cities in Canada,
# Mexico and the United States, every six hours in February 2014 ([source](data.md)).

# %%
import shutil
from collections import Counter
from datetime import datetime, timedelta
from pathlib import Path
from statistics import fmean

import matplotlib.pyplot as plt

from hyperstream import HyperStream, TimeInterval
from hyperstream.itertools2 import online_average

hs = HyperStream(file_logger=False)
session = hs.new_session()  # keeps a history of what is computed

# So that this notebook begins anew, also where it was run before.
if "weather" in hs.workflow_manager.workflows:
    for node in hs.workflow_manager.workflows["weather"].nodes.values():
        node.purge()
    hs.workflow_manager.delete_workflow("weather")
files = Path("output/north_america")
shutil.rmtree(files, ignore_errors=True)
shutil.copytree("data/north_america", files)

print(*(files / "CA.csv").read_text().splitlines()[:3], sep="\n")

# %% [markdown]
# ## Plates
#
# A *plate* repeats a part of a workflow, as a loop does. What it repeats for is in a tree of *meta
# data*: here countries, and cities below them.

# %%
cities = {
    "CA": ["Toronto", "Vancouver", "Winnipeg"],
    "MX": ["Mexico City", "Monterrey", "Mérida"],
    "US": ["Denver", "Miami", "Vancouver"],
}
plates = hs.plate_manager
tree = plates.meta_data_manager
tree.insert_many(("country", "root", country) for country in cities)
tree.insert_many(
    ("city", f"country_{country}", city) for country, names in cities.items() for city in names
)

# %% [markdown]
# The plate `country` has three values, and `country.city`, which is below it, has nine. There are
# two Vancouvers: a value of `country.city` is a country and a city.

# %%
if "country.city" not in plates:
    plates.create_plate("country", "Countries", "country", complement=True)
    plates.create_plate("country.city", "Cities", "city", complement=True, parent_plate="country")
country_plate, city_plate = plates["country"], plates["country.city"]
city_plate

# %% [markdown]
# ## Nodes and factors
#
# A *node* is one stream for each value of its plates. A *factor* computes a node from other nodes
# by a tool, once for each value: `node[value] = hs.factors.tool(...)`. A node below a country
# reads the stream of its country.
#
# All streams are in the database here. A day ends at 18:00 UTC, which is noon in the middle of the
# continent.

# %%
five_days = TimeInterval(datetime(2014, 2, 23, 18), datetime(2014, 2, 28, 18))
day = timedelta(days=1)


def swing(instances):
    """How far it is from the coldest to the warmest."""
    values = [instance.value for instance in instances]
    return max(values) - min(values) if values else 0.0


with hs.create_workflow("weather", "Weather", "tutorial", "Temperatures of cities") as workflow:
    row = workflow.create_node("row", "mongo", [country_plate])
    temperature = workflow.create_node("temperature", "mongo", [city_plate])
    days = workflow.create_node("days", "mongo")
    mean = workflow.create_node("mean", "mongo", [city_plate])
    range_of_day = workflow.create_node("range_of_day", "mongo", [city_plate])
    country_mean = workflow.create_node("country_mean", "mongo", [country_plate])
    continent_mean = workflow.create_node("continent_mean", "mongo")

    days[None] = hs.factors.sliding_window(
        sources=None, first=five_days.start, lower=-day, upper=0, increment=day
    )
    for country in country_plate:
        row[country] = hs.factors.csv_multi_reader(
            source=None, filename_template="output/north_america/{}.csv"
        )
        for city in city_plate[country]:
            temperature[city] = hs.factors.splitter_of_dict(
                source=row[country],
                mapping={name: name for each in cities.values() for name in each},
            )
            mean[city] = hs.factors.sliding_apply(
                sources=[days, temperature[city]], func=online_average
            )
            range_of_day[city] = hs.factors.sliding_apply(
                sources=[days, temperature[city]], func=swing
            )
        country_mean[country] = hs.factors.aggregate(
            sources=[mean], func=fmean, aggregation_meta_data="city"
        )
    continent_mean[None] = hs.factors.aggregate(
        sources=[country_mean], func=fmean, aggregation_meta_data="country"
    )

workflow

# %% [markdown]
# In the picture nodes are round, factors are square, and plates are boxes around what they repeat
# (`workflow.to_graphviz()` is the picture alone). A factor that cannot be, such as one that gives
# a city to a country without saying how, is an error in its line.
#
# ## Execute

# %%
workflow.execute(five_days)
print("executions of tools:", len(session.history))
workflow.execute(five_days)
print("and after the second time:", len(session.history))

# %% [markdown]
# ## Results
#
# A node can be plotted, with a line for each value of its plates, and becomes a pandas table, with
# a column for each.

# %%
fig, ax = plt.subplots(figsize=(9, 4))
temperature.plot(five_days, ax=ax)
ax.set(title="Nine cities", ylabel="temperature (°C)")
plt.show()

# %%
mean.to_pandas(five_days).round(1)

# %%
country_mean.to_pandas(five_days).round(1)

# %%
fig, ax = plt.subplots(figsize=(9, 3.5))
country_mean.plot(five_days, ax=ax, marker="o")
continent_mean.plot(five_days, ax=ax, color="black", marker="o")
ax.set(title="Means of a day", ylabel="temperature (°C)")
ax.legend(loc="center left", bbox_to_anchor=(1, 0.5))
plt.show()

# %% [markdown]
# ## Store it, and run it elsewhere
#
# `commit_workflow` stores the definition in the database, with the function `swing`, which is
# signed by a key of yours.

# %%
hs.workflow_manager.commit_workflow("weather")

# %% [markdown]
# Another program needs nothing but the database. Here it is the command line. Everything is there
# already, so that nothing is computed.

# %%
# !hyperstream workflows list
# !hyperstream workflows run weather --from 2014-02-23T18:00 --to 2014-02-28T18:00
# !hyperstream streams tail mongo:continent_mean

# %% [markdown]
# In Python it is `hs.workflow_manager.workflows["weather"].execute(interval)`.
#
# ## Compute a day again
#
# It turns out that Denver's thermometer was wrong in the morning of 26 February. The file is
# corrected. `recompute` forgets what was computed from an interval, and computes it anew.

# %%
file = files / "US.csv"
file.write_text(file.read_text().replace("2014-02-26T06:00Z,-13.55", "2014-02-26T06:00Z,-8.00"))

before = mean.to_pandas(five_days)
count = len(session.history)
workflow.recompute(TimeInterval(datetime(2014, 2, 25, 18), datetime(2014, 2, 26, 18)))

done = Counter((entry.tool, entry.interval.humanized) for entry in session.history[count:])
for (tool, interval), times in done.items():
    print(f"{times:2} × {tool:16} {interval}")
change = mean.to_pandas(five_days) - before
change.loc[:, (change != 0).any()].round(2)

# %% [markdown]
# What has windows is computed again up to a day later, as windows reach back a day. Nothing else
# is.

# %% [markdown]
# ## Where does a number come from?
#
# The history of sessions knows which tool produced what, with which parameters, and from which
# streams. Here it tells of three pieces, as the one in the middle was computed later than the
# others.

# %%
for made in hs.provenance(continent_mean.streams[None], five_days):
    print(made.interval.humanized, "by", made.tool, made.version)
    for source in made.sources:
        print("    from", source)

# %%
HyperStream.reset()

# %% [markdown]
# ## Where to go next
#
# - [Online learning](06_online_learning.ipynb): models that learn from a stream.
# - [From notebook to daemon](07_from_notebook_to_daemon.ipynb): a workflow that is kept up to date
#   by itself.
# - [The climate example](../../examples/climate/README.md): a workflow in a file, with more tools,
#   month by month.
