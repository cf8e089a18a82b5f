"""The whole path on the 336,776 flights of 2013: `python -m examples.flights.run`."""

import argparse
import json
import os
from pathlib import Path
from typing import Any

# TensorFlow reports on the processor; the demo has its own output.
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import featurekit as fk
from examples.flights.records import prepare
from examples.flights.report import Stages, auc_table

Scores = dict[str, tuple[float | None, float]]


def learn(
    stages: Stages, args: argparse.Namespace, records: Path
) -> tuple[Any, tuple[float | None, float]]:
    """Trains the transformer; returns it and its areas under the ROC curve."""
    parts = ("train", "validation") if args.fit_october else ("train",)
    with stages.stage("train the transformer") as (stage, step):
        # Imported here: TensorFlow takes seconds, which belong to this stage.
        from examples.flights.train import model_auc, train

        stage.rows_in = count_rows(records, *parts)

        def show(done: int, total: int, loss: float) -> None:
            step(done, total, f"loss {loss:.4f}")

        model = train(
            records,
            parts,
            epochs=args.epochs,
            seed=args.seed,
            max_rows=args.max_rows,
            on_batch=show,
        )
        stage.note = f"{model.count_params():,} weights, {args.epochs} epochs"
    with stages.stage("evaluate the transformer") as (stage, _):
        stage.rows_in = count_rows(records, "test")
        october = None
        if not args.fit_october:
            october = model_auc(model, records, "validation")
        return model, (october, model_auc(model, records, "test"))


def count_rows(records: Path, *splits: str) -> int:
    """The records of some parts of a dataset."""
    return sum(fk.load(records, split=name).num_rows for name in splits)


def compare(
    stages: Stages, spec: fk.FeatureSpec, flights: Path, records: Path, *, refit: bool
) -> Scores:
    """Trains and tests the baselines."""
    from examples.flights.baselines import gradient_boosting, logistic_regression

    rows = count_rows(records, "train")
    scores: Scores = {}
    with stages.stage("logistic regression") as (stage, step):
        found = logistic_regression(records, step, refit=refit)
        stage.rows_in, stage.note = rows, f"chosen: {found.setting}"
        scores["logistic regression"] = (found.validation, found.test)
    with stages.stage("gradient boosting") as (stage, step):
        found = gradient_boosting(flights, spec, step, refit=refit)
        stage.rows_in, stage.note = rows, f"chosen: {found.setting}"
        scores["gradient boosting"] = (found.validation, found.test)
    return scores


def serve(
    stages: Stages, model: Any, spec: fk.FeatureSpec, output: Path
) -> dict[str, Any]:
    """Exports the model, loads it again, and asks it."""
    from examples.flights.serving import ask, export_model

    flights, target = output / "flights.parquet", output / "served" / "1"
    with stages.stage("export") as (stage, _):
        report = export_model(model, output / "records", flights, target)
        stage.bytes = report.bytes
        stage.note = f"{report.golden_rows} golden rows agree"
    with stages.stage("load the export, ask it") as (stage, _):
        request, late = ask(target, spec, flights)
        stage.rows_in = stage.rows_out = 1
    shown = {name: values[0] for name, values in request.items()}
    stages.console.print("request:", shown)
    stages.console.print(f"answer: late by more than 15 minutes with {late:.1%}")
    return {"probability": late}


def main() -> None:
    """Runs all stages, and prints the tables and one line of JSON."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--output", type=Path, default=Path("build/flights"))
    parser.add_argument("--epochs", type=int, default=3)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--max-rows", type=int, help="rows to train on")
    parser.add_argument(
        "--fit-october",
        action="store_true",
        help="fit all models to the validation month too, before the test",
    )
    args = parser.parse_args()
    stages = Stages()
    flights, records = args.output / "flights.parquet", args.output / "records"
    spec = prepare(stages, flights, records)
    model, found = learn(stages, args, records)
    scores = {
        **compare(stages, spec, flights, records, refit=args.fit_october),
        "transformer": found,
    }
    request = serve(stages, model, spec, args.output)
    stages.console.print(stages.table())
    stages.console.print(auc_table(scores))
    auc = {
        name: {"validation": validation, "test": test}
        for name, (validation, test) in scores.items()
    }
    seconds = round(sum(one.seconds for one in stages.done), 2)
    figures = {"stages": stages.as_dicts(), "seconds": seconds, "auc": auc, **request}
    print(json.dumps(figures))


if __name__ == "__main__":
    main()
