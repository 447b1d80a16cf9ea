"""A workflow over plates: temperature and rain of cities, of their countries, and of the world.

``python examples/climate/workflow.py`` defines the workflow and stores it, or loads it where that
has been done, computes what is missing, and prints the last year. README.md explains it.
"""

from __future__ import annotations

import sys
from datetime import datetime, timedelta
from pathlib import Path
from statistics import fmean

from hyperstream import UTC, HyperStream, TimeInterval, Workflow
from hyperstream.itertools2 import online_average
from hyperstream.workflow import Node, Plate

HERE = Path(__file__).resolve().parent
CONFIG = HERE.parents[1] / "hyperstream_config.json"
DATA = HERE / "data"
WORKFLOW = "climate"
CITIES = {
    "CA": ("London", "Toronto", "Vancouver"),
    "GB": ("Cardiff", "Edinburgh", "London"),
    "NZ": ("Auckland", "Christchurch", "Wellington"),
}
# An interval includes its end and not its start, and a month is stamped with its end: so January
# 2022 is stamped 1 February, and is the first month in here.
ALL_YEARS = TimeInterval(datetime(2022, 1, 1, tzinfo=UTC), datetime(2025, 1, 1, tzinfo=UTC))
LAST_YEAR = TimeInterval(datetime(2024, 1, 1, tzinfo=UTC), ALL_YEARS.end)


def end_of_month(text: str) -> datetime:
    """Turn a month as it is in the files, "2022-01", into the first moment of the next one."""
    start = datetime.strptime(text, "%Y-%m").replace(tzinfo=UTC)
    return (start + timedelta(days=31)).replace(day=1)


def cities_of(row: dict[str, float | None]) -> dict[str, dict[str, float | None]]:
    """Turn {"London min": 3.0, …} into {"London": {"min": 3.0, …}, …}, without gaps."""
    cities: dict[str, dict[str, float | None]] = {}
    for column, number in row.items():
        city, what = column.rsplit(" ", 1)
        cities.setdefault(city, {})[what] = number
    return {city: reading for city, reading in cities.items() if None not in reading.values()}


def mean_temperature(reading: dict[str, float]) -> float:
    """Return the mean of minimum and maximum."""
    return (reading["min"] + reading["max"]) / 2


def create_plates(hs: HyperStream) -> tuple[Plate, Plate]:
    """Make the plates of the countries and of the cities in each, unless they are there already."""
    plates, tree = hs.plate_manager, hs.plate_manager.meta_data_manager
    for country, cities in CITIES.items():
        tree.insert_many([("country", "root", country)])
        tree.insert_many(("city", f"country_{country}", city) for city in cities)
    if "country" not in plates:
        plates.create_plate("country", "Countries", "country", complement=True)
    if "country.city" not in plates:
        plates.create_plate(
            "country.city", "Cities", "city", complement=True, parent_plate="country"
        )
    return plates["country"], plates["country.city"]


def define(
    hs: HyperStream, *, inputs: str = "mongo", results: str = "mongo", data: Path = DATA
) -> Workflow:
    """Define the workflow.

    Parameters
    ----------
    hs : HyperStream
        With the plugins `data_importers` and `example`.
    inputs, results : str
        The channels for what the files say, and for what is computed from that.
    data : Path
        The folder of the files, one for each country.
    """
    countries, cities = create_plates(hs)
    with hs.create_workflow(WORKFLOW, "Climate", "examples", "Temperature and rain") as workflow:
        reading = read_files(hs, workflow, countries, cities, inputs, data)
        temperature, ratio = compute_cities(hs, workflow, countries, cities, results, reading)
        compute_averages(hs, workflow, countries, results, temperature, ratio)
    return workflow


def read_files(
    hs: HyperStream, workflow: Workflow, countries: Plate, cities: Plate, channel: str, data: Path
) -> Node:
    """Read a file for each country, and split its rows into a stream for each city."""
    row = workflow.create_node("row", channel, [countries])
    by_city = workflow.create_node("by_city", channel, [countries])
    reading = workflow.create_node("reading", channel, [cities])
    for country in countries:
        row[country] = hs.plugins.data_importers.factors.csv_multi_reader(
            source=None, filename_template=str(data / "{}.csv"), datetime_parser=end_of_month
        )
        by_city[country] = hs.factors.apply(sources=[row[country]], func=cities_of)
        for city in cities[country]:
            reading[city] = hs.factors.splitter_of_dict(
                source=by_city[country],
                mapping={name: name for names in CITIES.values() for name in names},
            )
    return reading


def compute_cities(
    hs: HyperStream,
    workflow: Workflow,
    countries: Plate,
    cities: Plate,
    channel: str,
    reading: Node,
) -> tuple[Node, Node]:
    """Compute the mean temperature of each city, and its ratio to the rain."""
    temperature = workflow.create_node("temperature", channel, [cities])
    # A ratio to no rain is none: months without any are left out of it.
    wet = workflow.create_node("wet", channel, [cities])
    rain = workflow.create_node("rain", channel, [cities])
    ratio = workflow.create_node("ratio", channel, [cities])
    for country in countries:
        for city in cities[country]:
            temperature[city] = hs.factors.apply(sources=[reading[city]], func=mean_temperature)
            wet[city] = hs.factors.component_filter(
                sources=[reading[city]], key="rain", values=[0.0], complement=True
            )
            rain[city] = hs.factors.component(sources=[wet[city]], key="rain")
            ratio[city] = hs.plugins.example.factors.aligned_correlation(
                sources=[temperature[city], rain[city]]
            )
    return temperature, ratio


def compute_averages(
    hs: HyperStream,
    workflow: Workflow,
    countries: Plate,
    channel: str,
    temperature: Node,
    ratio: Node,
) -> None:
    """Compute the averages of each country, of the world, and of the world over a year."""
    for name, of_city in (("temperature", temperature), ("ratio", ratio)):
        of_country = workflow.create_node(f"country_{name}", channel, [countries])
        of_world = workflow.create_node(f"world_{name}", channel)
        for country in countries:
            of_country[country] = hs.factors.aggregate(
                sources=[of_city], func=fmean, aggregation_meta_data="city"
            )
        of_world[None] = hs.factors.aggregate(
            sources=[of_country], func=fmean, aggregation_meta_data="country"
        )
    # Each month, the mean of the twelve months up to then: what is not calculated yet of the
    # eleven before is computed, too.
    world = workflow.nodes["world_temperature"]
    year = workflow.create_node("year", channel)
    of_year = workflow.create_node("year_temperature", channel)
    year[None] = hs.factors.aligning_window(sources=[world], lower=-timedelta(days=365), upper=0)
    of_year[None] = hs.factors.sliding_apply(sources=[year, world], func=online_average)


def report(workflow: Workflow) -> None:
    """Print a row for each month of the last year."""
    nodes = workflow.nodes
    countries = nodes["country_temperature"]
    columns = {dict(stream.stream_id.meta_data)["country"]: stream for stream in countries}
    columns["world"] = nodes["world_temperature"].streams[None]
    columns["12 months"] = nodes["year_temperature"].streams[None]
    columns["°C per mm"] = nodes["world_ratio"].streams[None]
    print("month  ", *(f"{name:>9}" for name in columns))
    for row in zip(*(stream.window(LAST_YEAR) for stream in columns.values()), strict=True):
        month = row[0].timestamp - timedelta(days=1)
        print(f"{month:%Y-%m}", *(f"{instance.value:9.2f}" for instance in row))


def main(config: str | Path = CONFIG) -> None:
    """Run the example, with a configuration that names the two plugins."""
    with HyperStream(config_filename=config, file_logger=False) as hs:
        if WORKFLOW in hs.workflow_manager.workflows:
            workflow = hs.workflow_manager.workflows[WORKFLOW]
        else:
            workflow = define(hs)
            hs.workflow_manager.commit_workflow(WORKFLOW)
        workflow.execute(ALL_YEARS)
        report(workflow)
        print(f"Executions of tools: {len(hs.current_session.history)}")


if __name__ == "__main__":
    main(*sys.argv[1:])
