"""The names of a model's outputs, where the model gives none."""

from collections.abc import Mapping
from typing import Any


def named_outputs(outputs: Any) -> dict[str, Any]:
    """The outputs by name: "output", or "output_0" and so on of several.

    Example:
        >>> named_outputs([3, 4])
        {'output_0': 3, 'output_1': 4}
    """
    if isinstance(outputs, Mapping):
        return dict(outputs)
    if isinstance(outputs, list | tuple):
        return {f"output_{index}": one for index, one in enumerate(outputs)}
    return {"output": outputs}
