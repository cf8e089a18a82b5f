"""What the transformer is compared with: same columns, same rows, same label.

The logistic regression reads the records, ids as one-hot vectors: every feature as the
transformer gets it. Gradient boosting reads the raw columns, since trees need neither
scales nor filled gaps. Both choose their settings on the validation month.
"""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow.parquet as pq
from sklearn.compose import make_column_transformer
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder

import featurekit as fk
from examples.flights.spec import LATE, NEW_YORK
from examples.flights.train import read_parts

PARTS = ("train", "validation", "test")
STRENGTHS = (0.001, 0.01, 0.1, 1.0)
FORESTS: tuple[dict[str, Any], ...] = (
    {"learning_rate": 0.1, "max_iter": 100},
    {
        "learning_rate": 0.05,
        "max_iter": 200,
        "max_features": 0.3,
        "min_samples_leaf": 200,
    },
)

Part = tuple[Any, npt.NDArray[np.int64]]
OnFit = Callable[[int, int], None]
"""Called after each fitted setting with settings done, and settings in all."""


@dataclass(frozen=True, slots=True)
class Score:
    """The setting that was chosen, and its areas under the ROC curve.

    Args:
        setting: The best on the validation part.
        validation: Of the model fitted to the training part.
        test: Of the same, or of one fitted to both parts, if that was asked for.
    """

    setting: dict[str, Any]
    validation: float
    test: float


def logistic_regression(records: Path, on_fit: OnFit, *, refit: bool) -> Score:
    """One-hot ids and standardized numbers, as the records hold them."""
    data = {}
    for name in PARTS:
        features, label = read_parts(records, name)
        data[name] = pd.DataFrame(features), label
    ids = [column.name for column in fk.load(records).columns if column.num_ids]
    encode = OneHotEncoder(handle_unknown="ignore")
    candidates = []
    for strength in STRENGTHS:
        encoder = make_column_transformer(
            (encode, [name for name in ids if name != "label"]), remainder="passthrough"
        )
        fit = LogisticRegression(C=strength, max_iter=1000)
        candidates.append(({"C": strength}, make_pipeline(encoder, fit)))
    return _choose(candidates, data, on_fit, refit=refit)


def gradient_boosting(
    flights: Path, spec: fk.FeatureSpec, on_fit: OnFit, *, refit: bool
) -> Score:
    """Trees over the raw columns, with categories as categories."""
    frame = pq.read_table(flights).to_pandas()
    frame = frame[frame["arr_delay"].notna()]
    local = frame["time_hour"].dt.tz_convert(NEW_YORK)
    label = (frame["arr_delay"] >= LATE).to_numpy(np.int64)
    columns = [one.name for one in spec.serving_inputs if one.name != "time_hour"]
    inputs = frame[columns].assign(hour=local.dt.hour, weekday=local.dt.day_of_week)
    for one in spec.serving_inputs:
        if one.dtype in ("string", "int64"):
            inputs[one.name] = inputs[one.name].astype("category")
    month = local.dt.month.to_numpy()
    of_part = {"train": month < 10, "validation": month == 10, "test": month > 10}
    data = {name: (inputs[rows], label[rows]) for name, rows in of_part.items()}
    candidates = [
        (
            setting,
            HistGradientBoostingClassifier(
                categorical_features="from_dtype", random_state=0, **setting
            ),
        )
        for setting in FORESTS
    ]
    return _choose(candidates, data, on_fit, refit=refit)


def _choose(
    candidates: list[tuple[dict[str, Any], Any]],
    data: dict[str, Part],
    on_fit: OnFit,
    *,
    refit: bool,
) -> Score:
    """Fits all, and tests the one that is best on the validation part."""
    found = []
    for _, model in candidates:
        model.fit(*data["train"])
        found.append((_auc(model, data["validation"]), len(found)))
        on_fit(len(found), len(candidates))
    best, index = max(found)
    setting, model = candidates[index]
    if refit:
        both = [data["train"], data["validation"]]
        model.fit(
            pd.concat([inputs for inputs, _ in both]),
            np.concatenate([label for _, label in both]),
        )
    return Score(setting, best, _auc(model, data["test"]))


def _auc(model: Any, part: Part) -> float:
    inputs, label = part
    return float(roc_auc_score(label, model.predict_proba(inputs)[:, 1]))
