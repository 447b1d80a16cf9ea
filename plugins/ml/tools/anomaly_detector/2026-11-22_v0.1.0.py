"""How unusual the rows of a stream are."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import numpy as np
from feature_rows import Rows
from numpy.typing import NDArray
from sequential_tool import SequentialTool, Step


@dataclass
class Usual:
    """What rows are usual: mean and covariance of those seen so far, or lately.

    Parameters
    ----------
    rows : int
        How many rows it was learned from.
    mean : numpy.ndarray
        One number a feature.
    covariance : numpy.ndarray
        Of the features.
    """

    rows: int
    mean: NDArray[np.float64]
    covariance: NDArray[np.float64]

    def scores(self, data: NDArray[np.float64], shrinkage: float) -> NDArray[np.float64]:
        """Return the score of each row."""
        features = len(self.mean)
        variance = np.trace(self.covariance) / features
        off = data - self.mean
        if variance == 0:  # all rows were the same
            return np.where(off.any(axis=1), np.inf, 0.0)
        shrunk = (1 - shrinkage) * self.covariance + shrinkage * variance * np.eye(features)
        distances: NDArray[np.float64] = (off * np.linalg.solve(shrunk, off.T).T).sum(axis=1)
        return distances / features

    def learn(self, row: NDArray[np.float64], forgetting: float) -> None:
        """Learn from a row; the first ones weigh the same."""
        self.rows += 1
        weight = max(1 / self.rows, forgetting)
        off = row - self.mean
        self.mean = self.mean + weight * off
        self.covariance = (1 - weight) * (self.covariance + weight * np.outer(off, off))


class AnomalyDetector(SequentialTool):
    """Say of rows how far they lie from the usual, which is learned from the stream.

    One source of rows, or of tables of rows: dicts ``{"data": array}``, where targets are not
    looked at, or arrays or numbers alone. Each is scored first and learned from afterwards. What
    is learned are the mean and the covariance of the features. A row's score is the square of its
    Mahalanobis distance from the mean, divided by the number of features. Whatever the
    distribution, usual rows have a score of about 1 on average (less with more shrinkage), and at
    most 1 in k of them scores more than k.

    The output holds dicts at the same times:

    - ``score``: that of the row, or an array of scores for a table;
    - ``anomaly``: whether it is above the threshold, or an array of that; only with a threshold;
    - ``rows``: how many rows it has learned from;
    - ``model``: ``mean`` and ``covariance`` as arrays.

    During the warm-up the first two are missing. The features should have scales that are alike.

    The model is stored with each instance; so give it tables of rows where there are many features.

    Parameters
    ----------
    first : datetime
        Where the first row lies that counts (naive means UTC); the model at any time has learned
        from all rows since then.
    forgetting : float
        What a new row weighs against all before, 0 to 1, such as 0.001 to remember about the last
        1000 rows. With 0 all rows weigh the same for ever.
    shrinkage : float
        More than 0, up to 1: the share of the covariance that is replaced by equal variances, so
        that it can be inverted also where there are few rows, or features that do not vary.
    warm_up : int
        How many rows to learn from before the first one is scored.
    threshold : float, optional
        The score above which a row is an anomaly, which is not learned from. None: every row is
        learned from.

    Raises
    ------
    ValueError
        A parameter is not within its limits.

    References
    ----------
    Finch, T. (2009). Incremental calculation of weighted mean and variance. University of
    Cambridge. (The updates.)

    Ledoit, O., Wolf, M. (2004). A well-conditioned estimator for large-dimensional covariance
    matrices. Journal of Multivariate Analysis 88, 365-411. (The shrinkage.)

    Navarro, J. (2016). A very simple proof of the multivariate Chebyshev's inequality.
    Communications in Statistics 45, 3458-3463. (What a score means.)

    Examples
    --------
    >>> from hyperstream.testing import try_tool
    >>> detector = AnomalyDetector(datetime(1970, 1, 1), warm_up=4, threshold=10)
    >>> found = try_tool(detector, [20, 21, 20, 19, 20, 25])
    >>> found[5]["score"], found[5]["anomaly"], round(found[6]["score"], 3), found[6]["anomaly"]
    (0.0, False, 62.5, True)
    """

    def __init__(
        self,
        first: datetime,
        forgetting: float = 0.0,
        shrinkage: float = 0.01,
        warm_up: int = 100,
        threshold: float | None = None,
    ) -> None:
        super().__init__(
            first,
            forgetting=forgetting,
            shrinkage=shrinkage,
            warm_up=warm_up,
            threshold=threshold,
        )
        if not 0 <= forgetting < 1:
            raise ValueError(f"The forgetting must be at least 0 and less than 1: {forgetting!r}.")
        if not 0 < shrinkage <= 1:
            raise ValueError(f"The shrinkage must be more than 0 and at most 1: {shrinkage!r}.")
        if warm_up < 2:  # noqa: PLR2004 - there is no variance before
            raise ValueError(f"The warm-up must be at least 2 rows, not {warm_up!r}.")
        if threshold is not None and not threshold > 0:
            raise ValueError(f"The threshold must be more than 0, not {threshold!r}.")

    def _begin(self) -> Step:
        return self._step(Usual(0, np.zeros(0), np.zeros((0, 0))))

    def _go_on(self, value: Any) -> Step:
        model = value["model"]
        return self._step(Usual(value["rows"], model["mean"], model["covariance"]))

    def _step(self, usual: Usual) -> Step:
        def step(value: Any) -> dict[str, Any]:
            rows = Rows.of(value)
            features = rows.data.shape[1]
            if usual.rows == 0:
                usual.mean, usual.covariance = np.zeros(features), np.zeros((features, features))
            if len(usual.mean) != features:
                raise ValueError(f"it has {features} features; before, rows had {len(usual.mean)}")
            result = self._scored(usual, rows) if usual.rows >= self.warm_up else {}
            strange = np.atleast_1d(result.get("anomaly", np.zeros(len(rows), dtype=bool)))
            for row in rows.data[~strange]:
                usual.learn(row, self.forgetting)
            model = {"mean": usual.mean, "covariance": usual.covariance}
            return {**result, "rows": usual.rows, "model": model}

        return step

    def _scored(self, usual: Usual, rows: Rows) -> dict[str, Any]:
        scores = usual.scores(rows.data, self.shrinkage)
        result = {"score": rows.each(scores)}
        if self.threshold is not None:
            result["anomaly"] = rows.each(scores > self.threshold)
        return result
