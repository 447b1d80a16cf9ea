"""Names of classes and files lead to each other."""

from __future__ import annotations

import pytest

from hyperstream import utils
from hyperstream.utils.utils import camel_to_snake, snake_to_camel


@pytest.mark.parametrize(
    ("camel", "snake"),
    [
        ("Clock", "clock"),
        ("SlidingApply", "sliding_apply"),
        ("RelativeApply2", "relative_apply2"),
        ("AggregateIntoDictAndApply", "aggregate_into_dict_and_apply"),
    ],
)
def test_a_tools_class_and_file_lead_to_each_other(camel, snake):
    """The names of the built-in tools translate both ways."""
    assert camel_to_snake(camel) == snake
    assert snake_to_camel(snake) == camel


def test_an_abbreviation_is_one_word():
    """Capitals in a row stay together."""
    assert camel_to_snake("MyCSVReader") == "my_csv_reader"


def test_the_package_hands_on_its_helpers():
    """Every name that the package offers is there."""
    assert all(hasattr(utils, name) for name in utils.__all__)
