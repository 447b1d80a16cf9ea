"""A process of its own: ``python -m tests.workflow.process define CONFIG``.

With ``define`` it defines workflows, stores them and executes them; with ``load`` it has nothing
but what is stored. Both print what the nodes hold, as JSON.
"""

from __future__ import annotations

import json
import sys
from datetime import datetime, timedelta
from operator import attrgetter

import numpy as np

from hyperstream import HyperStream
from hyperstream._time import UTC
from hyperstream.testing.times import over
from hyperstream.time_interval import TimeIntervals

TEN = over(0, 10)
FACTOR = 3
CITIES = {"plate_id": "C.C", "meta_data_id": "city"}


def tripled(value):
    """Give three times a value, by a global variable."""
    return FACTOR * value


def shifted_by(offset):
    """Return a closure."""
    return lambda value: value + offset


def define(hs):
    """Define and store two workflows: one finds the cities that the other works on."""
    countries = [("country", "root", country) for country in ("UK", "NZ")]
    hs.plate_manager.meta_data_manager.insert_many(countries)
    hs.plate_manager.create_plate("C", "Countries", "country", complement=True)
    find(hs).execute(TEN)
    with hs.create_workflow("use", "Use cities", "me", "", online=True) as workflow:
        use(hs, workflow)
    hs.workflow_manager.commit_all()
    hs.workflow_manager.set_all_requested_intervals(TimeIntervals([TEN]))
    hs.workflow_manager.execute_all()


def find(hs):
    """Define a workflow that creates a plate."""
    workflow = hs.create_workflow("find", "Find cities", "me", "", online=True)
    clock = workflow.create_node("clock", "memory")
    names = workflow.create_node("names", "mongo")
    workflow.create_factor(hs.tools.clock(stride=5.0), None, clock)
    workflow.create_factor(hs.tools.apply(lambda time: f"city {time.second}"), [clock], names)
    workflow.create_node_creation_factor(
        hs.tools.meta_instance(func=attrgetter("value")),
        names,
        {**CITIES, "parent_plate": "C", "use_provided_values": True},
    )
    return workflow


def use(hs, workflow):
    """Define a workflow with parameters of all kinds."""
    countries, cities = hs.plate_manager["C"], hs.plate_manager["C.C"]
    memory, mongo = hs.channel_manager.memory, hs.channel_manager.mongo
    factors = hs.factors
    ticks = workflow.create_node("ticks", mongo)
    seconds = workflow.create_node("seconds", memory)
    by_country = workflow.create_node("by_country", memory, [countries])
    raw = workflow.create_node("raw", mongo, [cities])
    tripled_raw = workflow.create_node("tripled", memory, [cities])
    noted = workflow.create_node("noted", mongo, [cities])
    total = workflow.create_node("total", mongo, [countries])
    ticks[None] = factors.clock(None, first=datetime(2020, 1, 1), stride=timedelta(seconds=2))
    seconds[None] = factors.apply(
        [ticks], func=lambda time: {"UK": {"5": time.second}, "NZ": {"5": 0}}
    )
    for country in countries:
        by_country[country] = factors.splitter_of_dict(seconds, mapping={"UK": "UK", "NZ": "NZ"})
        for city in cities[country]:
            raw[city] = factors.splitter_of_dict(by_country[country], mapping={"5": "city 5"})
            tripled_raw[city] = factors.apply([raw[city]], func=tripled)
            noted[city] = hs.plugins.more.factors.noted(
                [tripled_raw[city]],
                version="1.0.0",
                shift=shifted_by(5),
                names={"a", "b", "c"},
                spans=TimeIntervals([over(0, 1), over(2, 3)]),
                span=over(0, 1),
                weights=np.arange(3.0),
                start=datetime(2020, 1, 1, tzinfo=UTC),
                pause=timedelta(minutes=1),
            )
        total[country] = factors.aggregate([raw], func=sum, aggregation_meta_data="city")


def load(hs):
    """Compute all workflows that are stored anew."""
    for workflow in hs.workflow_manager.workflows.values():
        for node in workflow.nodes.values():
            node.purge()
    hs.workflow_manager.execute_all()


def shown(hs):
    """Return what all nodes hold, and why workflows cannot be loaded."""
    held = {}
    for workflow in hs.workflow_manager.workflows.values():
        for node in workflow.nodes.values():
            for value, stream in node.streams.items():
                instances = [(str(each.timestamp), str(each.value)) for each in stream.window(TEN)]
                held[f"{workflow.workflow_id} {node.node_id} {value}"] = instances
    return {"held": held, "failed": {k: str(e) for k, e in hs.workflow_manager.failed.items()}}


if __name__ == "__main__":
    made = HyperStream(file_logger=False, console_logger=False, config_filename=sys.argv[2])
    {"define": define, "load": load}[sys.argv[1]](made)
    sys.stdout.write(json.dumps(shown(made)))
