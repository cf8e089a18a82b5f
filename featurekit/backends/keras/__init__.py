"""Plans as TensorFlow graphs: FeatureLayer, and one Keras layer for each op.

Loaded on first use: importing a name loads TensorFlow.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from featurekit.backends.keras.feature_layer import FeatureLayer as FeatureLayer

_FEATURE_LAYER = ("FeatureLayer", "KerasBackend")
_OP_LAYERS = (
    "Bucketize",
    "CheckRange",
    "ClipValue",
    "CombineIds",
    "CrossHash",
    "ExtractTimePart",
    "FillMissing",
    "HashBucket",
    "IsGreaterEqual",
    "Log1pValue",
    "LookupVocabulary",
    "MinMaxScale",
    "OneHotEncode",
    "ReadColumn",
    "RequirePresent",
    "StandardizeValue",
    "ToFloat32",
    "ToFloat64",
)
_EXPRESSION_LAYERS = (
    "Arithmetic",
    "BucketizeByKey",
    "ChooseNumber",
    "CompareNumbers",
    "HideId",
    "IsMissing",
    "JoinText",
    "LookupNumber",
    "LookupVector",
)
_SPECIAL_VALUE_LAYERS = ("DefaultId", "MarkMissing")
_TEXT_LAYERS = ("MapText", "StripText")
_MODULES = {
    **dict.fromkeys(_FEATURE_LAYER, "feature_layer"),
    **dict.fromkeys(_OP_LAYERS, "op_layers"),
    **dict.fromkeys(_EXPRESSION_LAYERS, "expression_layers"),
    **dict.fromkeys(_SPECIAL_VALUE_LAYERS, "special_value_layers"),
    **dict.fromkeys(_TEXT_LAYERS, "text_layers"),
}
__all__ = sorted(_MODULES)


def __getattr__(name: str) -> Any:
    from featurekit.errors import MissingDependencyError

    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    try:
        import_module("tensorflow")
    except ImportError as error:
        raise MissingDependencyError("tensorflow", "tensorflow") from error
    return getattr(import_module(f"{__name__}.{_MODULES[name]}"), name)
