"""An online workflow: temperatures from MQTT, means of each minute, and an alarm for each house.

``python examples/mqtt_house/workflow.py`` defines the workflow and stores it, where that has not
been done, and prints what the online engine has computed of the last minutes. README.md explains
it.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from statistics import fmean

from hyperstream import HyperStream, StreamInstance, TimeInterval, Workflow
from hyperstream.online_engine import engine_status
from hyperstream.workflow import Plate

CONFIG = Path(__file__).resolve().parent / "hyperstream_config.json"
WORKFLOW = "house_temperature"
RESIDENTS = {"1": ("ann", "bob"), "2": ("eve", "tom")}
MINUTE = 60.0
TOO_HOT = 28.0
TEN_MINUTES = timedelta(minutes=10)


def mean(readings: Iterator[StreamInstance]) -> float | list[float]:
    """Return the mean of the values; an empty list, which stands for nothing, if there are none."""
    values = [value for _, value in readings]
    return fmean(values) if values else []


def is_too_hot(temperature: float) -> bool:
    """Tell whether a house is too hot."""
    return temperature > TOO_HOT


def create_plates(hs: HyperStream) -> tuple[Plate, Plate]:
    """Make the plates of the houses and of the residents in each, unless they are there already."""
    plates, tree = hs.plate_manager, hs.plate_manager.meta_data_manager
    for house, residents in RESIDENTS.items():
        tree.insert_many([("house", "root", house)])
        tree.insert_many(("resident", f"house_{house}", resident) for resident in residents)
    if "house" not in plates:
        plates.create_plate("house", "Houses", "house", complement=True)
    if "house.resident" not in plates:
        plates.create_plate(
            "house.resident", "Residents", "resident", complement=True, parent_plate="house"
        )
    return plates["house"], plates["house.resident"]


def define(hs: HyperStream) -> Workflow:
    """Define the workflow.

    Parameters
    ----------
    hs : HyperStream
        With the channel `house`.
    """
    houses, residents = create_plates(hs)
    with hs.create_workflow(
        WORKFLOW, "House temperature", "examples", "Means and alarms", online=True
    ) as workflow:
        # Nothing computes this node: its streams are filled by what comes over MQTT.
        temp = workflow.create_node("temp", "house", [residents])
        minute = workflow.create_node("minute", "mongo")
        of_resident = workflow.create_node("resident_mean", "mongo", [residents])
        of_house = workflow.create_node("house_mean", "mongo", [houses])
        alarm = workflow.create_node("alarm", "mongo", [houses])
        minute[None] = hs.factors.sliding_window(
            sources=None, lower=-MINUTE, upper=0.0, increment=MINUTE
        )
        for house in houses:
            for resident in residents[house]:
                of_resident[resident] = hs.factors.sliding_apply(
                    sources=[minute, temp[resident]], func=mean
                )
            of_house[house] = hs.factors.aggregate(
                sources=[of_resident], func=fmean, aggregation_meta_data="resident"
            )
            alarm[house] = hs.factors.apply(sources=[of_house[house]], func=is_too_hot)
    return workflow


def report(workflow: Workflow, interval: TimeInterval) -> None:
    """Print a row for each minute of an interval, with a mark where the alarm is on."""
    means, alarms = (workflow.nodes[name].streams for name in ("house_mean", "alarm"))
    table = {value: dict(stream.window(interval)) for value, stream in means.items()}
    is_on = {value: dict(stream.window(interval)) for value, stream in alarms.items()}
    print("UTC  ", *(f"  house {house}" for ((_, house),) in table))
    for time in sorted(set().union(*table.values())):
        cells = [
            f"{column[time]:8.2f}{'!' if is_on[value][time] else ' '}"
            if time in column
            else " " * 9
            for value, column in table.items()
        ]
        print(f"{time:%H:%M}", *cells)


def main(config: str | Path = CONFIG) -> None:
    """Run the example."""
    hs = HyperStream(config_filename=config, file_logger=False)
    if WORKFLOW not in hs.workflow_manager.workflows:
        define(hs)
        hs.workflow_manager.commit_workflow(WORKFLOW)
        print(f"Workflow {WORKFLOW} is stored. Now start the engine.")
        return
    [state] = engine_status(hs)
    if state.interval is None:
        print("Nothing is computed yet. Start the engine.")
        return
    end = state.interval.end
    report(hs.workflow_manager.workflows[WORKFLOW], TimeInterval(end - TEN_MINUTES, end))


if __name__ == "__main__":
    main(*sys.argv[1:])
