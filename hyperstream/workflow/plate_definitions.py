"""What is said of a plate when it is made; refused where no plate can be made of it."""

from __future__ import annotations

from collections.abc import Iterable

from hyperstream.models import PlateDefinitionModel, problems
from hyperstream.utils.errors import PlateDefinitionError
from hyperstream.utils.text import brief


def listed(plate_id: str, values: Iterable[str] | None) -> list[str]:
    """Return the values that a plate lists; None stands for none.

    Raises
    ------
    PlateDefinitionError
        They are one text instead of several, or not texts.

    Examples
    --------
    >>> listed("H", ("1", "2")), listed("H", None)
    (['1', '2'], [])
    """
    if values is None:
        return []
    if isinstance(values, str) or not isinstance(values, Iterable):
        raise PlateDefinitionError(
            f"Plate {plate_id!r}: the values are a list of texts such as ['1', '2'], not "
            f"{brief(values)}.",
            plate_id=plate_id,
        )
    found = list(values)
    for value in found:
        if not isinstance(value, str):
            raise PlateDefinitionError(
                f"Plate {plate_id!r}: a value is a text such as '1', not {brief(value)}.",
                plate_id=plate_id,
            )
    return found


def yes_or_no(plate_id: str, complement: object) -> bool:
    """Return whether a plate has all values but those listed.

    Raises
    ------
    PlateDefinitionError
        That is neither True nor False: it may be the parent plate, which comes after it.

    Examples
    --------
    >>> yes_or_no("H", False)
    False
    """
    if complement not in (True, False, None):
        raise PlateDefinitionError(
            f"Plate {plate_id!r}: complement is True or False, not {brief(complement)}; a parent "
            "plate is given after it, or as parent_plate=….",
            plate_id=plate_id,
        )
    return bool(complement)


def check(definition: PlateDefinitionModel) -> None:
    """Refuse what no plate can be made of.

    Raises
    ------
    PlateDefinitionError
        A text is empty or longer than 512 characters, or there are neither values nor
        `complement`.
    """
    plate_id = definition.plate_id
    problem = problems(definition)
    if problem:
        raise PlateDefinitionError(
            f"Plate {plate_id!r} is defined wrongly ({problem}); names, values and descriptions "
            "are texts of 1 to 512 characters.",
            plate_id=plate_id,
        )
    if not definition.values and not definition.complement:
        raise PlateDefinitionError(
            f"Plate {plate_id!r}: {PlateDefinitionError.message}. List values, or say "
            "complement=True for all that there are.",
            plate_id=plate_id,
        )
