"""Does every executor give the same bits for every op?

    python -m checks.skew_matrix

Each op is run by the reference, by the host, on a Beam worker, in tf.data, eagerly in
Keras, in a tf.function, under XLA where it can be, and in a SavedModel at batches of 1,
2, 7, 17 and 1024 rows. The values are random bits, log-normal numbers, every boundary
with its neighbours, odd text, and instants around clock changes; see `skew_values`.

The host computes all rows; every other executor is compared with it. The reference, a
row at a time in Python, runs on the first rows, which hold all boundaries; a SavedModel
is called a limited number of times. A cell is how much differs, of how many values:
bits of accepted rows, and rows that one refuses and the other does not, or refuses for
another reason. Exits with 1 if anything differs.
"""

import argparse
import pickle
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

import pyarrow as pa

from checks import executors
from checks.executors import Result, SavedPlans
from checks.skew_case import SkewCase
from checks.skew_cases import CASES
from featurekit.plan.graph import Plan
from featurekit.plan.serialize import plan_from_proto, plan_to_proto

_BY_NAME = {op.name: case for op, case in CASES.items()}
NAMES = tuple(_BY_NAME)
SIZES = (1, 2, 7, 17, 1024)
BUNDLES = 3


@dataclass(frozen=True)
class Effort:
    """How much is computed.

    Args:
        numbers: Rows of ops that read no text.
        texts: Rows of ops that read text.
        reference: Rows that the reference computes.
        calls: Batches that one SavedModel runs at one size.
        seed: Of the values.
    """

    numbers: int = 2**20
    texts: int = 2**17
    reference: int = 2**15
    calls: int = 2**17
    seed: int = 0

    def batch(self, case: SkewCase) -> pa.RecordBatch:
        """The rows of a case."""
        return case.batch(self.texts if case.has_text else self.numbers, self.seed)


@dataclass(frozen=True)
class Cell:
    """One op on one executor.

    Args:
        op: Its name.
        executor: Its name.
        values: How many values were compared.
        differing: How many bits differ, and rows are judged otherwise.
    """

    op: str
    executor: str
    values: int
    differing: int


def matrix(
    effort: Effort, folder: Path, chosen: Iterable[str] = NAMES
) -> Iterator[Cell]:
    """The cells of some ops, op by op; writes models and batches to the folder."""
    cases = {name: case for name, case in _BY_NAME.items() if name in chosen}
    plans = {name: case.plan for name, case in cases.items()}
    saved = SavedPlans(plans, folder / "model")
    workers = on_beam(
        {name: (plans[name], effort.batch(case)) for name, case in cases.items()},
        folder,
    )
    for name, case in cases.items():
        batch = effort.batch(case)
        wanted = executors.host(plans[name], batch)
        found = {"Beam": workers[name]}
        runs = _runs(case, plans[name], partial(saved.run, name), effort)
        found |= {executor: run(batch) for executor, run in runs.items()}
        for executor, result in found.items():
            differing = result.differences(wanted.first(len(result.rejecting)))
            yield Cell(name, executor, result.values, differing)


def _runs(
    case: SkewCase, plan: Plan, saved: Callable[..., Result], effort: Effort
) -> dict[str, Callable[[pa.RecordBatch], Result]]:
    """The executors of one plan, by name."""
    found: dict[str, Callable[[pa.RecordBatch], Result]] = {
        "reference": lambda rows: executors.reference(
            plan, rows.slice(0, effort.reference)
        ),
        "tf.data": partial(executors.tf_data, plan),
        "eager": partial(executors.keras_eager, plan),
        "function": partial(executors.tf_function, plan),
    }
    if case.xla:
        found["XLA"] = partial(executors.tf_function, plan, xla=True)
    for size in SIZES:
        found[f"saved {size}"] = partial(_in_calls, saved, size, effort.calls)
    return found


def _in_calls(
    saved: Callable[..., Result], size: int, calls: int, rows: pa.RecordBatch
) -> Result:
    return saved(rows.slice(0, calls * size), size=size)


def on_beam(
    work: Mapping[str, tuple[Plan, pa.RecordBatch]], folder: Path
) -> dict[str, Result]:
    """Runs plans on the workers of one pipeline, each in bundles of rows.

    A plan travels as protobuf; rows and results are files, as in a conversion.
    """
    # Loaded here: worker processes of other checks need no Beam.
    import apache_beam as beam
    from apache_beam.options.pipeline_options import PipelineOptions

    elements = []
    for name, (plan, batch) in work.items():
        rows = folder / f"{name}.arrow"
        with pa.ipc.new_file(rows, batch.schema) as file:
            file.write_batch(batch)
        size = -(-batch.num_rows // BUNDLES)
        for start in range(0, batch.num_rows, size):
            elements.append((plan_to_proto(plan), str(rows), start, size))
    # Without a place for it, DirectRunner would first try to download a server.
    options = PipelineOptions(["--runner=DirectRunner", "--prism_location=none"])
    with beam.Pipeline(options=options) as pipeline:
        _ = pipeline | beam.Create(elements) | beam.Reshuffle() | beam.MapTuple(_work)
    return {name: executors.join(list(_parts(folder, name))) for name in work}


def _work(plan: bytes, rows: str, start: int, size: int) -> None:
    with pa.memory_map(rows) as file:
        batch = pa.ipc.open_file(file).get_batch(0).slice(start, size)
        found = executors.host(plan_from_proto(plan), batch)
    Path(f"{rows}.{start}.pickle").write_bytes(pickle.dumps(found))


def _parts(folder: Path, name: str) -> Iterator[Result]:
    files = folder.glob(f"{name}.arrow.*.pickle")
    for file in sorted(files, key=lambda one: int(one.suffixes[-2][1:])):
        found: Result = pickle.loads(file.read_bytes())
        yield found


def _print(cells: Iterator[Cell]) -> int:
    """Prints a line for each cell as it comes; gives all that differs."""
    line = "{:<18}  {:<10}  {:>12}  {:>10}"
    print(line.format("op", "executor", "values", "differing"))
    differing = values = 0
    for cell in cells:
        shown = (f"{cell.values:,}", f"{cell.differing:,}")
        print(line.format(cell.op, cell.executor, *shown), flush=True)
        differing += cell.differing
        values += cell.values
    print(line.format("all", "", f"{values:,}", f"{differing:,}"))
    return differing


def main() -> int:
    """Runs the check."""
    default = Effort()
    parser = argparse.ArgumentParser(
        prog="python -m checks.skew_matrix",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    for name, text in (
        ("numbers", "rows of ops that read no text"),
        ("texts", "rows of ops that read text"),
        ("reference", "rows that the reference computes"),
        ("calls", "calls of a SavedModel at one batch size"),
        ("seed", "seed of the values"),
    ):
        parser.add_argument(
            f"--{name}", type=int, default=getattr(default, name), help=text
        )
    parser.add_argument("--ops", nargs="+", choices=NAMES, default=NAMES, help="of all")
    given = vars(parser.parse_args())
    chosen = given.pop("ops")
    effort = Effort(**given)
    started = time.perf_counter()
    with TemporaryDirectory() as folder:
        differing = _print(matrix(effort, Path(folder), chosen))
    print(f"seed {effort.seed}, {time.perf_counter() - started:.0f} s")
    return int(differing > 0)


if __name__ == "__main__":
    raise SystemExit(main())
