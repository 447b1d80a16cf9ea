"""Classifiers of scikit-learn, and what they have learned as plain arrays."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from typing import Any

import numpy as np

from hyperstream.utils.errors import MissingExtraError

try:
    from sklearn import linear_model, naive_bayes
except ImportError:  # said where a classifier is made, so that the tool can be listed without
    linear_model = naive_bayes = None

LINEAR = ("Perceptron", "SGDClassifier")
BAYES = ("BernoulliNB", "CategoricalNB", "ComplementNB", "GaussianNB", "MultinomialNB")
_PLAIN = (bool, int, float, str, type(None))


def make(name: str, parameters: Mapping[str, Any]) -> Any:
    """Make a classifier that has learned nothing yet.

    Parameters
    ----------
    name : str
        The class: one of `LINEAR` and `BAYES`.
    parameters : dict
        Of its constructor. Where chance plays a role and no ``random_state`` is given, it is 0.

    Raises
    ------
    MissingExtraError
        The package scikit-learn is not there.
    TypeError
        The class has no such parameter.
    ValueError
        There is no such class; `random_state` is no number, without which results could not be
        repeated; or `average` is asked for.
    """
    if linear_model is None:
        raise MissingExtraError(package="scikit-learn", extra="ml")
    if name not in LINEAR + BAYES:
        known = ", ".join(sorted(LINEAR + BAYES))
        raise ValueError(f"There is no classifier {name!r} here; there are: {known}.")
    found = getattr(linear_model if name in LINEAR else naive_bayes, name)
    made = found(**parameters)
    if parameters.get("average"):
        # It updates arrays under two names, which are two arrays after they were stored.
        raise ValueError("average cannot be used: its state cannot be stored as arrays.")
    if "random_state" in made.get_params():
        seed = parameters.get("random_state", 0)
        if not isinstance(seed, (int, np.integer)):
            raise ValueError(f"random_state must be a whole number, not {seed!r}.")
        made.set_params(random_state=seed)
    return made


def learned(classifier: Any) -> dict[str, Any]:
    """Return what a classifier has learned: arrays, numbers and texts by the names it gives them.

    What it keeps besides, such as the function it minimises, it makes anew from its parameters.
    """
    fresh = vars(type(classifier)(**classifier.get_params()))
    kept = {name: value for name, value in vars(classifier).items() if name not in fresh}
    return {name: copy.deepcopy(value) for name, value in kept.items() if _is_plain(value)}


def teach(classifier: Any, model: Mapping[str, Any]) -> Any:
    """Give a classifier what `learned` has returned; return it."""
    for name, value in model.items():
        setattr(classifier, name, copy.deepcopy(value))
    return classifier


def _is_plain(value: Any) -> bool:
    if isinstance(value, list):
        return all(map(_is_plain, value))
    if isinstance(value, (np.ndarray, np.generic)):
        return not value.dtype.hasobject
    return isinstance(value, _PLAIN)
