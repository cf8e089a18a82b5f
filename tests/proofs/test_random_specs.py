"""Random specs on random tables: some of them, each time others."""

import os
from typing import Any

import numpy as np
import pytest

pytestmark = pytest.mark.tensorflow
pytest.importorskip("tensorflow")

from checks import random_specs  # noqa: E402
from checks.executors import Result, host  # noqa: E402
from checks.random_cases import random_case  # noqa: E402
from featurekit.plan import ops  # noqa: E402
from featurekit.plan.graph import Plan  # noqa: E402

CASES = 40


def test_all_executors_agree(capsys: pytest.CaptureFixture[str]) -> None:
    seed = int.from_bytes(os.urandom(4), "little")
    print(f"python -m checks.random_specs --seed {seed} --cases {CASES}")
    failed = random_specs.run(seed, 0, CASES)
    assert failed == 0, capsys.readouterr().out


def test_cases_are_random_and_the_same_for_a_seed() -> None:
    codes = [random_case(7, index).code for index in range(50)]
    assert codes == [random_case(7, index).code for index in range(50)]
    assert len(set(codes)) == 50
    both = "\n".join(codes)
    for part in (".slice(", "chunked_array", "DictionaryArray", "nan", "None",
                 "fk.cross(fk.cross(", ".one_hot()", ".embedding("):  # fmt: skip
        assert part in both


def test_cases_use_every_op() -> None:
    cases = [random_case(7, index).make() for index in range(150)]
    plans = [random_specs.compiled(spec, table) for spec, table in cases]
    used = {type(node.op) for plan in plans if plan for node in plan.nodes}
    assert used == set(ops.OPS)


def test_a_case_that_fails_is_made_small_and_printed_as_code(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def wrong(plan: Plan, rows: random_specs.Rows) -> Result:
        """The host, with a wrong bit in the first value of every feature."""
        found = host(plan, rows.whole)
        outputs = {name: flipped(array) for name, array in found.outputs.items()}
        return Result(found.rejecting, outputs, found.nodes)

    monkeypatch.setattr(random_specs, "RUNS", {"host": (1, wrong)})
    index = next(at for at in range(100) if is_large(at))
    assert random_specs.run(3, index, 1) == 1
    shown = capsys.readouterr().out
    assert f"case {index} of seed 3 fails: host; smaller:" in shown
    code = shown[shown.index("import featurekit") : shown.index("executor ")]
    made: dict[str, Any] = {}
    exec(code, made)
    assert len(made["spec"].features) == 1
    assert made["table"].num_rows == 1


def test_an_executor_that_raises_is_a_case_that_fails(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def broken(plan: Plan, rows: random_specs.Rows) -> Result:
        raise ZeroDivisionError(len(plan.nodes))

    monkeypatch.setattr(random_specs, "RUNS", {"host": (1, broken)})
    cases = [random_case(3, index).make() for index in range(4)]
    plans = [plan for case in cases if (plan := random_specs.compiled(*case))]
    assert random_specs.run(3, 0, 4) == len(plans) > 0
    shown = capsys.readouterr().out
    assert "ZeroDivisionError" in shown
    assert shown.count("spec = fk.FeatureSpec") == len(plans)


def is_large(index: int) -> bool:
    """Whether a case has several features, and accepts several rows."""
    case = random_case(3, index)
    found = list(random_specs.compare(case, index))  # none if the spec is refused
    return len(case.features) > 3 and bool(found) and found[0].accepted > 2


def flipped(array: np.ndarray) -> np.ndarray:
    changed = array.copy()
    changed.reshape(-1).view(np.uint8)[:1] ^= 1
    return changed
