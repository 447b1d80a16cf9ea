"""``hyperstream plates``: the plates that are stored."""

from __future__ import annotations

from argparse import Namespace
from typing import Any

from hyperstream.cli.output import cell, page, show, table
from hyperstream.cli.system import storage
from hyperstream.utils.text import plural
from hyperstream.workflow import MetaDataManager, PlateManager
from hyperstream.workflow.plate import Plate


def run(options: Namespace) -> None:
    """Do what ``hyperstream plates`` was asked to.

    Parameters
    ----------
    options : argparse.Namespace
        The options of the command line.
    """
    with storage(options) as stored:
        catalogue = stored.catalogue
        manager = PlateManager(MetaDataManager(catalogue), catalogue)
        if options.action == "list":
            _list(options, manager)
        else:
            _show(options, manager[options.id])


def _list(options: Namespace, manager: PlateManager) -> None:
    plates = [manager.plates[plate_id] for plate_id in sorted(manager.plates)]
    data = [{**_facts(plate), "unusable": None} for plate in plates]
    data += [{"id": key, "unusable": str(error)} for key, error in sorted(manager.failed.items())]
    rows = [
        (each["id"], each.get("parent"), each.get("tag"), _size(each), _about(each))
        for each in data
    ]
    head = ("plate", "parent", "tag", "values", "description")
    show(options, data, table(head, rows, right="values"))


def _show(options: Namespace, plate: Plate) -> None:
    facts = _facts(plate)
    values = [dict(value) for value in plate.values]
    names = [", ".join(f"{tag}={data}" for tag, data in value) for value in plate.values]
    lines = page(
        [
            ("plate", plate.plate_id),
            ("description", plate.description),
            ("parent", facts["parent"]),
            ("tag", plate.meta_data_id),
            ("has", _which(plate)),
            (plural(plate.cardinality, "value"), names),
        ]
    )
    data = {**facts, "listed": list(plate.listed), "values": values}
    show(options, data, lines)


def _which(plate: Plate) -> str:
    listed = ", ".join(plate.listed)
    if plate.complement:
        return f"all but {listed}" if listed else "all that there are"
    return listed


def _facts(plate: Plate) -> dict[str, Any]:
    return {
        "id": plate.plate_id,
        "description": plate.description,
        "parent": None if plate.parent is None else plate.parent.plate_id,
        "tag": plate.meta_data_id,
        "complement": plate.complement,
        "cardinality": plate.cardinality,
    }


def _size(facts: dict[str, Any]) -> str:
    return cell(facts.get("cardinality"))


def _about(facts: dict[str, Any]) -> str:
    if facts["unusable"] is not None:
        return f"not usable: {facts['unusable']}"
    return cell(facts["description"])
