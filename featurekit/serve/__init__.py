"""Serving: a model and its preprocessing in one folder that proves itself.

Loaded on first use: importing a name loads TensorFlow.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from featurekit.serve.certificate import Certificate as Certificate
    from featurekit.serve.export_report import ExportReport as ExportReport
    from featurekit.serve.served_model import ServedModel as ServedModel
    from featurekit.serve.served_model import load_model as load_model

_LAZY = {
    "Certificate": "certificate",
    "ExportReport": "export_report",
    "ServedModel": "served_model",
    "load_model": "served_model",
}
__all__ = sorted(_LAZY)


def __getattr__(name: str) -> Any:
    if name not in _LAZY:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(load_serving(_LAZY[name]), name)


def load_serving(module: str) -> Any:
    """Imports a module of this package.

    Raises:
        MissingDependencyError: TensorFlow is not installed.
    """
    from featurekit.errors import MissingDependencyError

    try:
        import_module("tensorflow")
    except ImportError as error:
        raise MissingDependencyError("tensorflow", "serve") from error
    return import_module(f"{__name__}.{module}")
