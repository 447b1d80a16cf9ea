"""Stored meta data: the tree whose nodes are the values of plates."""

from __future__ import annotations

from mongoengine import Document

from hyperstream.models.base import stored_in, text


class MetaDataModel(Document):
    """A node of the meta data tree; `parent` is the identifier of its parent, or ``root``."""

    tag = text(required=True)
    data = text(required=True)
    parent = text(required=True, default="root")

    meta = stored_in("meta_data", {"fields": ["tag", "data", "parent"], "unique": True})

    @property
    def identifier(self) -> str:
        """The path from the root, joined by dots.

        Examples
        --------
        >>> MetaDataModel(tag="resident", data="2", parent="house_1").identifier
        'house_1.resident_2'
        """
        own = f"{self.tag}_{self.data}"
        return own if self.parent == "root" else f"{self.parent}.{own}"

    def to_dict(self) -> dict[str, str]:
        """Return what a node of the tree is made from."""
        return {
            "tag": self.tag,
            "data": self.data,
            "identifier": self.identifier,
            "parent": self.parent,
        }
