"""featurekit: declare features once.

A FeatureSpec says what; `analyze` measures the data; `compile(spec, stats)` gives a
Plan, a short list of typed ops; a backend runs a Plan on a batch of columns.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from featurekit._version import __version__ as __version__

if TYPE_CHECKING:
    from featurekit import models as models
    from featurekit import serve as serve
    from featurekit.backends import keras as keras
    from featurekit.embedding_rows import row_map as row_map
    from featurekit.embedding_rows import warm_start as warm_start
    from featurekit.embedding_vectors import given_vectors as given_vectors
    from featurekit.io.dataset import load as load
    from featurekit.io.vectors_file import read_vectors as read_vectors
    from featurekit.io.verify import verify as verify
    from featurekit.io.vocabulary_file import read_vocabulary as read_vocabulary
    from featurekit.io.vocabulary_file import write_vocabulary as write_vocabulary
    from featurekit.jobs.analyze import analyze as analyze
    from featurekit.jobs.convert import convert as convert
    from featurekit.jobs.preview import preview as preview
    from featurekit.plan.feature_targets import feature_targets as feature_targets
    from featurekit.plan.growth import grow as grow
    from featurekit.plan.id_meanings import id_meanings as id_meanings
    from featurekit.plan.lower import compile_spec as compile
    from featurekit.plan.model_inputs import model_inputs as model_inputs
    from featurekit.plan.model_inputs import suggest_dim as suggest_dim
    from featurekit.plan.model_outputs import model_outputs as model_outputs
    from featurekit.plan.stats import Stats as Stats
    from featurekit.serve.certificate import certify as certify
    from featurekit.serve.drift.offline import drift as drift
    from featurekit.serve.export import export as export
    from featurekit.serve.onnx.export import export_onnx as export_onnx
    from featurekit.serve.preprocessor import Preprocessor as Preprocessor
    from featurekit.serve.scorer import Scorer as Scorer
    from featurekit.spec.columns import boolean as boolean
    from featurekit.spec.columns import chance as chance
    from featurekit.spec.columns import cross as cross
    from featurekit.spec.columns import image as image
    from featurekit.spec.columns import integer as integer
    from featurekit.spec.columns import integers as integers
    from featurekit.spec.columns import join as join
    from featurekit.spec.columns import mask_features as mask_features
    from featurekit.spec.columns import maximum as maximum
    from featurekit.spec.columns import minimum as minimum
    from featurekit.spec.columns import numeric as numeric
    from featurekit.spec.columns import numerics as numerics
    from featurekit.spec.columns import sequence as sequence
    from featurekit.spec.columns import string as string
    from featurekit.spec.columns import strings as strings
    from featurekit.spec.columns import timestamp as timestamp
    from featurekit.spec.columns import vector as vector
    from featurekit.spec.columns import where as where
    from featurekit.spec.feature_spec import FeatureSpec as FeatureSpec
    from featurekit.spec.packing import packing as packing
    from featurekit.spec.splits import key_split as key_split
    from featurekit.spec.splits import time_split as time_split
    from featurekit.spec.windows import windows as windows

# Name: where it is defined. Loaded on first use, so that the import stays light.
_LAZY = {
    "FeatureSpec": "featurekit.spec.feature_spec:FeatureSpec",
    "Preprocessor": "featurekit.serve.preprocessor:Preprocessor",
    "Scorer": "featurekit.serve.scorer:Scorer",
    "Stats": "featurekit.plan.stats:Stats",
    "analyze": "featurekit.jobs.analyze:analyze",
    "binary": "featurekit.spec.columns:binary",
    "boolean": "featurekit.spec.columns:boolean",
    "boxes": "featurekit.spec.columns:boxes",
    "certify": "featurekit.serve.certificate:certify",
    "compile": "featurekit.plan.lower:compile_spec",
    "convert": "featurekit.jobs.convert:convert",
    "cross": "featurekit.spec.columns:cross",
    "drift": "featurekit.serve.drift.offline:drift",
    "export": "featurekit.serve.export:export",
    "export_onnx": "featurekit.serve.onnx:export_onnx",
    "grow": "featurekit.plan.growth:grow",
    "feature_targets": "featurekit.plan.feature_targets:feature_targets",
    "given_vectors": "featurekit.embedding_vectors:given_vectors",
    "id_meanings": "featurekit.plan.id_meanings:id_meanings",
    "image": "featurekit.spec.columns:image",
    "integer": "featurekit.spec.columns:integer",
    "integers": "featurekit.spec.columns:integers",
    "join": "featurekit.spec.columns:join",
    "keras": "featurekit.backends.keras",
    "key_split": "featurekit.spec.splits:key_split",
    "load": "featurekit.io.dataset:load",
    "maximum": "featurekit.spec.columns:maximum",
    "minimum": "featurekit.spec.columns:minimum",
    "model_inputs": "featurekit.plan.model_inputs:model_inputs",
    "model_outputs": "featurekit.plan.model_outputs:model_outputs",
    "models": "featurekit.models",
    "numeric": "featurekit.spec.columns:numeric",
    "preview": "featurekit.jobs.preview:preview",
    "numerics": "featurekit.spec.columns:numerics",
    "read_vectors": "featurekit.io.vectors_file:read_vectors",
    "read_vocabulary": "featurekit.io.vocabulary_file:read_vocabulary",
    "row_map": "featurekit.embedding_rows:row_map",
    "sequence": "featurekit.spec.columns:sequence",
    "serve": "featurekit.serve",
    "string": "featurekit.spec.columns:string",
    "tensor": "featurekit.spec.columns:tensor",
    "strings": "featurekit.spec.columns:strings",
    "suggest_dim": "featurekit.plan.model_inputs:suggest_dim",
    "time_split": "featurekit.spec.splits:time_split",
    "timestamp": "featurekit.spec.columns:timestamp",
    "vector": "featurekit.spec.columns:vector",
    "verify": "featurekit.io.verify:verify",
    "where": "featurekit.spec.columns:where",
    "chance": "featurekit.spec.columns:chance",
    "mask_features": "featurekit.spec.columns:mask_features",
    "packing": "featurekit.spec.packing:packing",
    "windows": "featurekit.spec.windows:windows",
    "warm_start": "featurekit.embedding_rows:warm_start",
    "write_vocabulary": "featurekit.io.vocabulary_file:write_vocabulary",
}
__all__ = sorted(_LAZY)


def __getattr__(name: str) -> Any:
    if name not in _LAZY:
        raise AttributeError(f"module 'featurekit' has no attribute {name!r}")
    module, _, attribute = _LAZY[name].partition(":")
    value = import_module(module)
    if attribute:
        value = getattr(value, attribute)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return [*__all__, "__version__"]
