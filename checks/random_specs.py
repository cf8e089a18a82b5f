"""Do all executors agree on random specs and random tables?

    python -m checks.random_specs --cases 10000

A case has up to 30 source columns and 30 features: crosses of crosses, of buckets, of
scaled numbers; and rows with nulls, NaN, infinities, empty and odd text, in slices,
chunks and dictionaries. The table is read as any other source, in several tasks. All
executors have to agree with the reference on the bits of every value, and on the node
that refuses a row. Graphs take long to trace, so they run on every tenth case, and a
SavedModel on every hundredth.

A case that fails is made small, and printed as the code that makes it. Exits with 1.
"""

import argparse
import time
import traceback
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import pyarrow as pa

import featurekit as fk
from checks import executors
from checks.executors import Result, SavedPlans
from checks.random_cases import RandomCase, random_case
from featurekit.errors import StatisticsError
from featurekit.io.adapter import open_source
from featurekit.plan.graph import Plan
from featurekit.plan.lower import compile_spec

ROWS_PER_TASK = 11
SAVED_SIZE = 3
PROGRESS = 500
SHRINK_SECONDS = 60


@dataclass(frozen=True)
class Rows:
    """The rows of a case, as casting leaves them.

    Args:
        parts: By task, in the layout of the source.
        whole: All of them, as plain columns.
    """

    parts: list[pa.RecordBatch]
    whole: pa.RecordBatch


def read(spec: fk.FeatureSpec, table: pa.Table) -> Rows:
    """Reads the table as a job does."""
    dtypes = {one.name: one.dtype for one in spec.inputs}
    zones = {one.name: one.time_zone for one in spec.inputs if one.time_zone}
    tasks = open_source(table).plan_tasks(rows_per_task=ROWS_PER_TASK)
    parts = [part for task in tasks for part in task.read(dtypes, zones)]
    if not parts:
        [task] = open_source(_one_row(table)).plan_tasks()
        parts = [part.slice(0, 0) for part in task.read(dtypes, zones)]
    plain = pa.Table.from_batches([_decoded(part) for part in parts])
    columns = [column.combine_chunks() for column in plain.columns]
    return Rows(parts, pa.RecordBatch.from_arrays(columns, names=plain.column_names))


def _one_row(table: pa.Table) -> pa.Table:
    return pa.table(
        {n: pa.nulls(1, table.schema.field(n).type) for n in table.column_names}
    )


def _decoded(batch: pa.RecordBatch) -> pa.RecordBatch:
    columns = [
        one.dictionary_decode() if isinstance(one, pa.DictionaryArray) else one
        for one in batch.columns
    ]
    return pa.RecordBatch.from_arrays(columns, names=batch.schema.names)


def compiled(spec: fk.FeatureSpec, table: pa.Table) -> Plan | None:
    """The plan, learned from the table; None where there is nothing to learn from."""
    stats = fk.analyze(spec, table, workers=1, on_bad_row="dead_letter")
    try:
        return compile_spec(spec, stats)
    except StatisticsError as error:
        if error.code != "STATS_EMPTY":
            raise
        return None


def _saved(plan: Plan, rows: Rows) -> Result:
    with TemporaryDirectory() as folder:
        saved = SavedPlans({"plan": plan}, Path(folder) / "model")
        return saved.run("plan", rows.whole, size=SAVED_SIZE)


Run = Callable[[Plan, Rows], Result]
RUNS: dict[str, tuple[int, Run]] = {
    "host": (1, lambda plan, rows: executors.host(plan, rows.whole)),
    "host by task": (
        1,
        lambda plan, rows: executors.join(
            [executors.host(plan, part) for part in rows.parts]
        ),
    ),
    "eager": (1, lambda plan, rows: executors.keras_eager(plan, rows.whole)),
    "function": (10, lambda plan, rows: executors.tf_function(plan, rows.whole)),
    "tf.data": (10, lambda plan, rows: executors.tf_data(plan, rows.whole, size=5)),
    "SavedModel": (100, _saved),
}
"""The executors; each runs on every n-th case."""
_NEED_ROWS = ("tf.data", "SavedModel")


@dataclass(frozen=True)
class Compared:
    """One executor on one case.

    Args:
        executor: Its name.
        rows: How many rows were compared.
        accepted: How many of them the reference accepts.
        values: How many values were compared.
        differing: How many bits differ, and rows are judged otherwise.
    """

    executor: str
    rows: int
    accepted: int
    values: int
    differing: int


def compare(case: RandomCase, index: int) -> Iterator[Compared]:
    """Runs the case on every executor whose turn it is."""
    spec, table = case.make()
    plan = compiled(spec, table)
    if plan is None:
        return
    rows = read(spec, table)
    wanted = executors.reference(plan, rows.whole)
    accepted = int((wanted.rejecting == wanted.nodes).sum())
    for name, (every, run) in RUNS.items():
        if index % every or (name in _NEED_ROWS and not rows.whole.num_rows):
            continue
        found = run(plan, rows)
        yield Compared(
            name,
            len(found.rejecting),
            accepted,
            found.values,
            found.differences(wanted),
        )


def attempt(case: RandomCase, index: int) -> tuple[list[Compared], str]:
    """What the executors give, and what is wrong with it; empty if nothing is."""
    try:
        found = list(compare(case, index))
    except Exception:
        return [], traceback.format_exc()
    return found, ", ".join(one.executor for one in found if one.differing)


def shrink(case: RandomCase, index: int) -> RandomCase:
    """A case that fails with fewer features and rows; found in limited time."""
    end = time.monotonic() + SHRINK_SECONDS
    while time.monotonic() < end:
        smaller = next((one for one in case.smaller() if attempt(one, index)[1]), None)
        if smaller is None:
            return case
        case = smaller
    return case


def run(seed: int, first: int, cases: int) -> int:
    """Runs cases and prints a table; gives how many fail."""
    totals: dict[str, Counter[str]] = {name: Counter() for name in RUNS}
    failed = 0
    for done in range(cases):
        index = first + done
        case = random_case(seed, index)
        found, wrong = attempt(case, index)
        for one in found:
            counts = {"rows": one.rows, "accepted": one.accepted,
                      "values": one.values, "differing": one.differing}  # fmt: skip
            totals[one.executor].update(cases=1, **counts)
        if wrong:
            failed += 1
            print(f"case {index} of seed {seed} fails: {wrong}; smaller:")
            print(shrink(case, index).code, flush=True)
        if (done + 1) % PROGRESS == 0:
            print(f"{done + 1:,} cases, {failed} fail", flush=True)
    _print_totals(totals)
    return failed


def _print_totals(totals: Mapping[str, Counter[str]]) -> None:
    line = "{:<12}  {:>7}  {:>9}  {:>9}  {:>11}  {:>9}"
    names = ("cases", "rows", "accepted", "values", "differing")
    print(line.format("executor", *names))
    for executor, total in totals.items():
        print(line.format(executor, *(f"{total[name]:,}" for name in names)))


def main() -> int:
    """Runs the check."""
    parser = argparse.ArgumentParser(
        prog="python -m checks.random_specs",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--cases", type=int, default=10_000)
    parser.add_argument("--first", type=int, default=0, help="index of the first case")
    parser.add_argument("--seed", type=int, default=0)
    given = parser.parse_args()
    started = time.perf_counter()
    failed = run(given.seed, given.first, given.cases)
    seconds = time.perf_counter() - started
    print(f"{failed} of {given.cases:,} cases fail; seed {given.seed}, {seconds:.0f} s")
    return int(failed > 0)


if __name__ == "__main__":
    raise SystemExit(main())
