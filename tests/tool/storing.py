"""Parameters of a tool in their stored form, for tests."""

from __future__ import annotations

import bson

from hyperstream.models import ToolModel
from hyperstream.storage.mongo.codec import CODEC_OPTIONS
from hyperstream.tool import BaseTool, Tool


class Anything(Tool):
    """Takes any parameters."""


def document(**parameters):
    """Return the document of a tool as the database gives it."""
    model = Anything(**parameters).get_model()
    model.validate()
    return bson.decode(bson.encode(model.to_mongo(), codec_options=CODEC_OPTIONS))


def loaded(found):
    """Return the parameters of a document."""
    model = ToolModel._from_son(found)
    return BaseTool.parameters_from_model(model.parameters, model.name)


def first(found):
    """Return the stored form of the only parameter."""
    return found["parameters"][0]
