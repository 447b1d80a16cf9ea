"""Plates of countries and their cities, and managers of plates, each as in a process of its own."""

from __future__ import annotations

from hyperstream.workflow.meta_data_manager import MetaDataManager
from hyperstream.workflow.plate_manager import PlateManager

COUNTRIES = {"UK": ["London", "Bristol"], "NZ": ["Auckland"], "AQ": []}


def managed(catalogue):
    """Return the plates of a catalogue, as a process of its own would see them."""
    return PlateManager(MetaDataManager(catalogue), catalogue)


def made_manager(catalogue):
    """Make a manager with meta data of countries and cities."""
    manager = managed(catalogue)
    for country, cities in COUNTRIES.items():
        manager.meta_data_manager.insert(
            tag="country", identifier=f"country_{country}", parent="root", data=country
        )
        manager.meta_data_manager.insert_many(
            ("city", f"country_{country}", city) for city in cities
        )
    return manager


def made_countries(manager):
    """Make the plate of all countries."""
    return manager.create_plate(
        plate_id="C",
        description="Countries",
        meta_data_id="country",
        values=[],
        complement=True,
        parent_plate=None,
    )


def made_cities(manager):
    """Make the plate of all cities, below that of all countries, which is there."""
    return manager.create_plate("C.C", "Cities", "city", [], True, parent_plate="C")
