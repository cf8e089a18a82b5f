"""The skew matrix, on some thousand values for each op."""

from pathlib import Path

import pytest

pytestmark = [pytest.mark.tensorflow, pytest.mark.beam]
pytest.importorskip("tensorflow")
pytest.importorskip("apache_beam")

from checks.skew_cases import CASES  # noqa: E402
from checks.skew_matrix import SIZES, Effort, matrix  # noqa: E402
from featurekit.plan import ops  # noqa: E402

EXECUTORS = {"Beam", "reference", "tf.data", "eager", "function", "XLA"}
EFFORT = Effort(numbers=4000, texts=2000, reference=1500, calls=60)


def test_every_op_has_an_entry_that_uses_it() -> None:
    assert set(CASES) == set(ops.OPS)
    for op, case in CASES.items():
        assert op in {type(node.op) for node in case.plan.nodes}


def test_every_executor_gives_the_same_bits_for_every_op(tmp_path: Path) -> None:
    cells = list(matrix(EFFORT, tmp_path))
    wrong = [cell for cell in cells if cell.differing or not cell.values]
    assert not wrong
    compared = {(cell.op, cell.executor) for cell in cells}
    saved = {f"saved {size}" for size in SIZES}
    for op, case in CASES.items():
        wanted = EXECUTORS | saved if case.xla else (EXECUTORS | saved) - {"XLA"}
        assert {name for found, name in compared if found == op.name} == wanted


@pytest.mark.parametrize("op", CASES, ids=lambda op: op.name)
def test_many_rows_are_accepted(op: type[ops.Op]) -> None:
    """A row that is refused compares no value."""
    from checks.executors import host

    case = CASES[op]
    found = host(case.plan, case.batch(4000, seed=1))
    assert (found.rejecting == found.nodes).mean() > 0.2
