"""A classifier that learns from a stream."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import numpy as np
from feature_rows import Rows
from fitted_classifiers import learned, make, teach
from sequential_tool import SequentialTool, Step


class Classifier(SequentialTool):
    """Predict what rows are, and learn from each what it was, by scikit-learn.

    One source of rows, such as those of dataset, or of tables of rows, such as those of minibatch:
    dicts ``{"data": array, "target": …}``. Each is predicted first and learned from afterwards
    (``partial_fit``), so that the predictions tell how good the classifier is with rows that it has
    not seen. Where there is no target, it only predicts.

    The output holds dicts at the same times:

    - ``prediction``: the class of the row, or an array of classes for a table;
    - ``accuracy``: the share of right ones, 0.0 to 1.0; only with targets;
    - ``rows``: how many rows it has learned from;
    - ``model``: what it has learned, as arrays under the names of scikit-learn, such as ``coef_``.

    Before it has learned anything it cannot predict: then the first two are missing.

    The model is stored with each instance; so give it tables of rows where it is large.

    It needs the package scikit-learn: ``pip install 'hyperstream[ml]'``.

    Parameters
    ----------
    first : datetime
        Where the first row lies that counts (naive means UTC); the model at any time has learned
        from all rows since then.
    estimator : str
        The class of scikit-learn: SGDClassifier, Perceptron, GaussianNB, MultinomialNB,
        BernoulliNB, ComplementNB or CategoricalNB. (GaussianNB wants tables of some rows, for
        it divides by the variances of the first.)
    classes : sequence
        All classes that there may be: numbers or texts.
    options : dict, optional
        Parameters of the estimator. Its ``random_state`` is 0 if it is not given.

    Raises
    ------
    MissingExtraError
        The package scikit-learn is not there.
    TypeError
        The estimator has no such parameter.
    ValueError
        There is no such estimator, or there are no two classes.

    References
    ----------
    Gama, J., Sebastião, R., Rodrigues, P. P. (2013). On evaluating stream learning algorithms.
    Machine Learning 90, 317-346. (On testing before training.)

    Examples
    --------
    >>> from hyperstream.testing import try_tool
    >>> rows = [{"data": [n % 2, 1], "target": n % 2} for n in range(4)]
    >>> found = try_tool(Classifier(datetime(1970, 1, 1), "BernoulliNB", classes=[0, 1]), rows)
    >>> [value.get("prediction") for value in found.values()], found[4]["rows"]
    ([None, 0, 0, 1], 4)
    """

    def __init__(
        self,
        first: datetime,
        estimator: str,
        classes: Sequence[Any],
        options: Mapping[str, Any] | None = None,
    ) -> None:
        super().__init__(first, estimator=estimator, classes=classes, options=options)
        self._classes = np.unique(np.asarray(classes))
        if len(self._classes) < 2:  # noqa: PLR2004 - otherwise there is nothing to tell apart
            raise ValueError(f"There must be at least two classes, not {classes!r}.")
        make(estimator, options or {})

    def _begin(self) -> Step:
        return self._step(self._made(), rows_before=0)

    def _go_on(self, value: Any) -> Step:
        return self._step(teach(self._made(), value["model"]), rows_before=value["rows"])

    def _made(self) -> Any:
        return make(self.estimator, self.options or {})

    def _step(self, classifier: Any, rows_before: int) -> Step:
        learned_from = rows_before

        def step(value: Any) -> dict[str, Any] | None:
            nonlocal learned_from
            rows = Rows.of(value)
            self._check(rows)
            result = _tested(classifier, rows) if learned_from else {}
            if rows.target is not None:
                classifier.partial_fit(rows.data, rows.target, classes=self._classes)
                learned_from += len(rows)
            if not learned_from:
                return None
            return {**result, "rows": learned_from, "model": learned(classifier)}

        return step

    def _check(self, rows: Rows) -> None:
        unknown = [] if rows.target is None else np.setdiff1d(rows.target, self._classes).tolist()
        if unknown:
            raise ValueError(f"its target {unknown[0]!r} is none of the classes")


def _tested(classifier: Any, rows: Rows) -> dict[str, Any]:
    with np.errstate(divide="ignore"):  # the logarithm of 0, for a class that did not occur yet
        predicted = classifier.predict(rows.data)
    result = {"prediction": rows.each(predicted)}
    if rows.target is not None:
        result["accuracy"] = float(np.mean(predicted == rows.target))
    return result
