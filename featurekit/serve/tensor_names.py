"""The names of columns as tensors."""

import re
from collections.abc import Iterable

from featurekit.errors import ArtifactError
from featurekit.spec.inputs import Input

_ODD = re.compile(r"[^A-Za-z0-9_]|^[^A-Za-z]")


def tensor_names(inputs: Iterable[Input]) -> dict[str, str]:
    """The names of the columns in a signature: their own if those are identifiers.

    Other characters become their code point, as in "_20_" for a space.

    Raises:
        ArtifactError: Two columns would have one name.

    Example:
        >>> tensor_names([Input("age", "int64"), Input("tail num", "string")])
        {'age': 'age', 'tail num': 'tail_20_num'}
    """
    found: dict[str, str] = {}
    for one in inputs:
        name = _ODD.sub(lambda odd: f"_{ord(odd[0]):x}_", one.name)
        if name.startswith("_"):
            name = f"column{name}"
        if name == "self":  # an argument of TensorFlow's own
            name = "column_self"
        if name in found.values():
            raise ArtifactError(
                "two columns have the same name in a signature",
                code="NAME_COLLISION",
                column=one.name,
                got=name,
                hint="rename the column",
            )
        found[one.name] = name
    return found
