"""The classifier of the plugin ml, against a plain loop over scikit-learn's."""

from __future__ import annotations

import re
from datetime import datetime, timedelta

import numpy as np
import pytest
from sklearn import linear_model, naive_bayes
from sklearn.datasets import load_digits

from hyperstream.channels import DatabaseChannel, MemoryChannel
from hyperstream.client import Client
from hyperstream.storage.mongo import MongoStorage
from hyperstream.stream import StreamInstance
from hyperstream.testing import try_tool
from hyperstream.time_interval import TimeInterval
from hyperstream.utils.errors import ToolExecutionError
from tests.plugins import make

FIRST = datetime(2020, 1, 1)
EPOCH = datetime(1970, 1, 1)
DATA, TARGET = load_digits(return_X_y=True)
SIZE = 20
TABLES = 15
CLASSIFIERS = {
    "BernoulliNB": {"binarize": 8},
    "CategoricalNB": {"min_categories": 17},
    "ComplementNB": {},
    "GaussianNB": {"var_smoothing": 0.01},
    "MultinomialNB": {"alpha": 0.5},
    "Perceptron": {"penalty": "l2"},
    "SGDClassifier": {"loss": "log_loss", "penalty": "elasticnet", "random_state": 3},
}


def span(start, end):
    """Return the interval that holds the tables from one up to, without, another one."""
    second = timedelta(seconds=1)
    return TimeInterval(FIRST + (start - 1) * second, FIRST + (end - 1) * second)


EVERYTHING = span(0, TABLES)


@pytest.fixture(params=["memory", "mongo"])
def channel(request):
    """Give a channel, in memory and in the database."""
    if request.param == "memory":
        yield MemoryChannel("memory")
        return
    client = Client(request.getfixturevalue("mongo_config"))
    yield DatabaseChannel("mongo", MongoStorage(client))
    client.disconnect()


def tables():
    """Give tables of digits."""
    for start in range(0, TABLES * SIZE, SIZE):
        yield DATA[start : start + SIZE], TARGET[start : start + SIZE]


def filled(channel):
    """Return a stream of tables, one a second."""
    source = channel.create_stream("tables")
    source.writer(
        [
            StreamInstance(FIRST + timedelta(seconds=n), {"data": data, "target": target})
            for n, (data, target) in enumerate(tables())
        ]
    )
    return source


@pytest.mark.parametrize("name", CLASSIFIERS)
def test_the_stream_gives_what_a_plain_loop_gives(channel, name):
    """To the last bit, also where it goes on from what is stored."""
    options = CLASSIFIERS[name]
    source, sink = filled(channel), channel.create_stream("sink")
    parameters = {"first": FIRST, "estimator": name, "classes": list(range(10))}
    for start in range(0, TABLES, 4):
        tool = make("ml", "classifier", **parameters, options=options)
        tool.execute([source], sink, span(start, min(start + 4, TABLES)))
    module = linear_model if hasattr(linear_model, name) else naive_bayes
    seed = {"random_state": 0} if name == "Perceptron" else {}
    plain = getattr(module, name)(**{**seed, **options})
    found = sink.window(EVERYTHING).values()
    for number, (data, target) in enumerate(tables()):
        value = found[number]
        if number:
            predicted = plain.predict(data)
            assert np.array_equal(value["prediction"], predicted)
            assert value["accuracy"] == np.mean(predicted == target)
        plain.partial_fit(data, target, classes=np.arange(10))
        assert value["rows"] == SIZE * (number + 1)
        for attribute, learned in value["model"].items():
            assert np.array_equal(learned, getattr(plain, attribute)), attribute
    assert "classes_" in found[-1]["model"]
    assert "prediction" not in found[0]
    assert found[-1]["accuracy"] > 0.5


def test_rows_are_predicted_one_by_one():
    """With plain classes, numbers or texts; numbers stay numbers."""
    for classes in (["down", "up"], [0, 1]):
        rows = [{"data": [n % 2, 1], "target": classes[n % 2]} for n in range(6)]
        tool = make("ml", "classifier", first=EPOCH, estimator="BernoulliNB", classes=classes)
        last = try_tool(tool, rows)[6]
        assert last["prediction"] == classes[1]
        assert type(last["prediction"]) is type(classes[1])
        assert last["accuracy"] == 1.0


def test_rows_without_target_are_predicted_only():
    """And nothing is said before anything was learned."""
    known = [{"data": [n % 2, 1], "target": n % 2} for n in range(4)]
    tool = make("ml", "classifier", first=EPOCH, estimator="BernoulliNB", classes=[0, 1])
    found = try_tool(tool, [{"data": [1, 1]}, *known, {"data": [1, 1]}])
    assert list(found) == [2, 3, 4, 5, 6]
    assert found[6]["prediction"] == 1
    assert "accuracy" not in found[6]
    assert found[6]["rows"] == found[5]["rows"] == 4


def test_lists_of_rows_are_taken_as_tables():
    """As sliding_listify gives them."""
    rows = [{"data": [n % 2, 1], "target": n % 2} for n in range(4)]
    tool = make("ml", "classifier", first=EPOCH, estimator="BernoulliNB", classes=[0, 1])
    found = try_tool(tool, [rows, rows[2:]])
    assert found[2]["prediction"].tolist() == [0, 1]
    assert [value["rows"] for value in found.values()] == [4, 6]


def test_what_is_stored_is_not_changed_later():
    """The classifier goes on in arrays of its own."""
    rows = [{"data": [n % 3, 1], "target": n % 2} for n in range(9)]
    tool = make("ml", "classifier", first=EPOCH, estimator="SGDClassifier", classes=[0, 1])
    found = try_tool(tool, rows)
    again = try_tool(tool, rows[:5])
    assert np.array_equal(found[5]["model"]["coef_"], again[5]["model"]["coef_"])
    assert not np.array_equal(found[5]["model"]["coef_"], found[9]["model"]["coef_"])


def test_a_model_holds_only_arrays_numbers_and_texts():
    """No object of scikit-learn is stored."""
    rows = [{"data": [n % 3, 1], "target": n % 2} for n in range(3)]
    tool = make("ml", "classifier", first=EPOCH, estimator="SGDClassifier", classes=[0, 1])
    model = try_tool(tool, rows)[3]["model"]
    assert {"coef_", "intercept_", "classes_", "t_"} <= set(model)
    assert {type(value) for value in model.values()} <= {np.ndarray, int, float}


@pytest.mark.parametrize(
    ("parameters", "error", "message"),
    [
        (
            {"estimator": "RandomForestClassifier"},
            ValueError,
            "There is no classifier 'RandomForestClassifier' here; there are: BernoulliNB,",
        ),
        ({"classes": [1]}, ValueError, "There must be at least two classes, not [1]."),
        ({"options": {"speed": 1}}, TypeError, "speed"),
        (
            {"options": {"random_state": None}},
            ValueError,
            "random_state must be a whole number, not None.",
        ),
        (
            {"options": {"average": True}},
            ValueError,
            "average cannot be used: its state cannot be stored as arrays.",
        ),
    ],
)
def test_a_wrong_classifier_is_an_error(parameters, error, message):
    """It is said when the tool is made."""
    right = {"first": FIRST, "estimator": "SGDClassifier", "classes": [0, 1]}
    with pytest.raises(error, match=re.escape(message)):
        make("ml", "classifier", **{**right, **parameters})


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ({"data": [1, 1], "target": 7}, "its target 7 is none of the classes"),
        ({"data": [1, 1, 1], "target": 1}, "3 features, but MultinomialNB is expecting 2"),
        ({"data": [-1, 1], "target": 1}, "Negative values"),
    ],
)
def test_what_it_cannot_learn_from_is_an_error(row, message):
    """It names the time, and what scikit-learn says."""
    tool = make("ml", "classifier", first=EPOCH, estimator="MultinomialNB", classes=[0, 1])
    with pytest.raises(ToolExecutionError, match=r"00:00:02\.000Z cannot be used") as caught:
        try_tool(tool, [{"data": [1, 2], "target": 1}, row])
    assert message in str(caught.value)
