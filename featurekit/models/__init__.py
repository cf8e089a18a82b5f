"""Keras models over the features of a spec; loaded on first use."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from featurekit.models.costs import count_flops as count_flops
    from featurekit.models.from_spec import label_loss as label_loss
    from featurekit.models.masked_feature_model import (
        MaskedFeatureModel as MaskedFeatureModel,
    )
    from featurekit.models.moe_classifier import MoEClassifier as MoEClassifier
    from featurekit.models.skill import masked_skill as masked_skill
    from featurekit.models.tabular_transformer import (
        TabularTransformer as TabularTransformer,
    )

_LAZY = {
    "MaskedFeatureModel": "masked_feature_model",
    "MoEClassifier": "moe_classifier",
    "TabularTransformer": "tabular_transformer",
    "count_flops": "costs",
    "label_loss": "from_spec",
    "masked_skill": "skill",
}
__all__ = sorted(_LAZY)


def __getattr__(name: str) -> Any:
    if name not in _LAZY:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_LAZY[name]}"), name)
