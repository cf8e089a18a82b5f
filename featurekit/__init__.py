"""featurekit: declare features once.

A FeatureSpec says what; `analyze` measures the data; `compile(spec, stats)` gives a
Plan, a short list of typed ops; a backend runs a Plan on a batch of columns.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from featurekit._version import __version__ as __version__

if TYPE_CHECKING:
    from featurekit.spec.columns import cross as cross
    from featurekit.spec.columns import integer as integer
    from featurekit.spec.columns import numeric as numeric
    from featurekit.spec.columns import string as string
    from featurekit.spec.columns import timestamp as timestamp
    from featurekit.spec.feature_spec import FeatureSpec as FeatureSpec
    from featurekit.spec.splits import key_split as key_split
    from featurekit.spec.splits import time_split as time_split

_LAZY = {
    "FeatureSpec": "featurekit.spec.feature_spec",
    "cross": "featurekit.spec.columns",
    "integer": "featurekit.spec.columns",
    "key_split": "featurekit.spec.splits",
    "numeric": "featurekit.spec.columns",
    "string": "featurekit.spec.columns",
    "time_split": "featurekit.spec.splits",
    "timestamp": "featurekit.spec.columns",
}
__all__ = sorted(_LAZY)  # noqa: PLE0605


def __getattr__(name: str) -> Any:
    if name not in _LAZY:
        raise AttributeError(f"module 'featurekit' has no attribute {name!r}")
    value = getattr(import_module(_LAZY[name]), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return [*__all__, "__version__"]
