"""How instances become columns of a table."""

from __future__ import annotations

import pytest

from hyperstream.storage.batch import Batch
from hyperstream.stream.columns import are_flat, column_names, columns_of


@pytest.mark.parametrize(
    ("values", "flat"),
    [
        ([], True),
        ([{}, {"a": 1}], True),
        ([{"a": 1}, None], False),
        ([{1: 1}], False),
        ([{"timestamp": 1}], False),
    ],
)
def test_dicts_with_text_as_keys_are_flat(values, flat):
    """Save for the key that the column of times needs."""
    assert are_flat(values) is flat


def test_names_are_in_order_of_first_appearance():
    """Over all batches; other values than dicts, or dicts without keys, have none."""
    dicts = [Batch.of([1], [{"b": 1}]), Batch.of([2, 3], [{"a": 1}, {"b": 2}])]
    assert column_names(dicts) == ["b", "a"]
    assert column_names([*dicts, Batch.of([4], [1.5])]) is None
    assert column_names([*dicts, Batch.of([4], [1.5]).part(0, 0)]) == ["b", "a"]
    assert column_names([Batch.of([1], [{}])]) is None
    assert column_names([]) is None


def test_a_batch_is_divided_into_columns():
    """One for each name, or the values as they are."""
    batch = Batch.of([1, 2], [{"a": 1}, {"b": 2}])
    assert list(columns_of(batch, ["b", "a"])) == [("b", [None, 2]), ("a", [1, None])]
    assert list(columns_of(batch, None)) == [("value", batch.values)]
