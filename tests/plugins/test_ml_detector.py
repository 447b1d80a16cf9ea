"""The anomaly detector of the plugin ml, against its definition and against scikit-learn's."""

from __future__ import annotations

import re
from datetime import datetime

import numpy as np
import pytest
from sklearn.covariance import ShrunkCovariance

from hyperstream.testing import try_tool
from hyperstream.utils.errors import ToolExecutionError
from tests.plugins import make

EPOCH = datetime(1970, 1, 1)
# Dependent features, and not normally distributed.
ROWS = np.random.default_rng(1).exponential(size=(400, 4)) @ np.triu(np.ones((4, 4)))


def detected(rows, **parameters):
    """Return what a detector gives, a list of dicts."""
    tool = make("ml", "anomaly_detector", **{"first": EPOCH, "warm_up": 20, **parameters})
    return list(try_tool(tool, list(rows)).values())


def test_a_score_is_a_distance_from_all_rows_before():
    """As scikit-learn computes it with the same shrinkage, for each feature."""
    found = detected(ROWS[:60], shrinkage=0.1)
    assert ["score" in value for value in found] == [False] * 20 + [True] * 40
    for number in range(20, 60):
        reference = ShrunkCovariance(shrinkage=0.1).fit(ROWS[:number])
        distance = reference.mahalanobis(ROWS[number : number + 1])[0]
        assert found[number]["score"] == pytest.approx(distance / 4)


def test_with_forgetting_new_rows_weigh_more():
    """A row weighs (1 - forgetting) of the one after it, once there are enough of them."""
    forgetting = 0.05
    last = detected(ROWS[:200], forgetting=forgetting)[-1]["model"]
    weights = np.array([max(1 / n, forgetting) for n in range(1, 201)])
    weights *= np.append(np.cumprod((1 - weights)[:0:-1])[::-1], 1)
    assert np.allclose(last["mean"], np.average(ROWS[:200], axis=0, weights=weights))
    covariance = np.cov(ROWS[:200].T, aweights=weights, bias=True)
    assert np.allclose(last["covariance"], covariance)


def test_a_usual_row_has_a_score_of_about_one():
    """On average, whatever the distribution; and few have much more."""
    scores = np.array([value["score"] for value in detected(ROWS)[200:]])
    assert scores.mean() == pytest.approx(1, abs=0.15)
    assert np.mean(scores > 10) <= 1 / 10


def test_a_table_is_scored_before_it_is_learned():
    """All of its rows by what was learned from those before it."""
    rows = [ROWS[:30], ROWS[30:40]]
    found = detected(rows)
    one_by_one = detected(ROWS[:40])
    assert "score" not in found[0]
    assert found[1]["score"].shape == (10,)
    assert found[1]["score"][0] == pytest.approx(one_by_one[30]["score"])
    assert found[1]["rows"] == 40
    assert np.array_equal(found[1]["model"]["mean"], one_by_one[-1]["model"]["mean"])


def test_an_anomaly_is_not_learned():
    """What is above the threshold leaves the model as it is."""
    strange = ROWS[:60].copy()
    strange[50, 2] = 1000
    found = detected(strange, threshold=50)
    assert [number for number in range(20, 60) if found[number]["anomaly"]] == [50]
    assert found[50]["anomaly"] is True
    assert found[50]["rows"] == found[49]["rows"] == 50
    assert np.array_equal(found[50]["model"]["mean"], found[49]["model"]["mean"])
    [table] = detected([strange[:50], strange[50:]], threshold=50)[1:]
    assert table["anomaly"].tolist() == [True] + [False] * 9
    assert table["rows"] == 59


def test_without_a_threshold_everything_is_learned():
    """And nothing is called an anomaly."""
    found = detected(ROWS[:60])
    assert found[-1]["rows"] == 60
    assert "anomaly" not in found[-1]


def test_what_never_varied_is_infinitely_far_when_it_does():
    """And not far at all when it does not."""
    found = detected([5.0] * 25 + [5.5])
    assert found[24]["score"] == 0.0
    assert found[25]["score"] == np.inf


def test_a_feature_that_does_not_vary_is_no_trouble():
    """The shrinkage gives it a variance."""
    rows = np.column_stack([ROWS[:40], np.ones(40)])
    scores = [value["score"] for value in detected(rows)[20:]]
    assert np.isfinite(scores).all()


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"forgetting": 1}, "The forgetting must be at least 0 and less than 1: 1."),
        ({"forgetting": -0.1}, "The forgetting must be at least 0 and less than 1: -0.1."),
        ({"shrinkage": 0}, "The shrinkage must be more than 0 and at most 1: 0."),
        ({"shrinkage": 1.5}, "The shrinkage must be more than 0 and at most 1: 1.5."),
        ({"warm_up": 1}, "The warm-up must be at least 2 rows, not 1."),
        ({"threshold": 0}, "The threshold must be more than 0, not 0."),
    ],
)
def test_a_parameter_has_its_limits(parameters, message):
    """It is said when the tool is made."""
    with pytest.raises(ValueError, match=re.escape(message)):
        make("ml", "anomaly_detector", first=EPOCH, **parameters)


def test_rows_have_the_same_features():
    """Otherwise it says at which time they have not."""
    with pytest.raises(ToolExecutionError, match="it has 1 features; before, rows had 2"):
        detected([[1, 2], [1]])
