"""Random specs on random tables: some of them, each time others."""

import os

import pytest

pytestmark = pytest.mark.tensorflow
pytest.importorskip("tensorflow")

from checks import random_specs  # noqa: E402
from checks.executors import Result  # noqa: E402
from checks.random_cases import random_case  # noqa: E402
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


def test_a_case_that_fails_is_made_small_and_printed_as_code(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from checks.executors import host

    def wrong(plan: Plan, rows: random_specs.Rows) -> Result:
        """Loses a bit of the third row, or of the first where there is no third."""
        found = host(plan, rows.whole)
        rejecting = found.rejecting.copy()
        rejecting[-1:] ^= 1
        return Result(rejecting, found.outputs, found.nodes)

    monkeypatch.setattr(random_specs, "RUNS", {"host": (1, wrong)})
    index = next(at for at in range(50) if len(random_case(3, at).features) > 3)
    while random_case(3, index).rows < 3:
        index += 1
    assert random_specs.run(3, index, 1) == 1
    shown = capsys.readouterr().out
    assert f"case {index} of seed 3 fails" in shown
    code = shown[shown.index("import featurekit") : shown.index("executor ")]
    made: dict[str, object] = {}
    exec(code, made)
    assert len(made["spec"].features) == 1  # type: ignore[attr-defined]
    assert made["table"].num_rows == 1  # type: ignore[attr-defined]
